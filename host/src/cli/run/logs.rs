//! `tollgate run logs`: what a run says and does, now or while it goes on.

use std::process::ExitCode;

use crate::cli::args::Global;
use crate::cli::escape::one_line;
use crate::cli::exec;
use crate::cli::failure::{Code, Failure};
use crate::cli::narrate::Narrator;
use crate::cli::open::{self, Ground};
use crate::cli::screen::Screen;
use crate::engine::{self, Desk, Follow, Progress, RawLog, Watcher};
use crate::model::{AttemptRef, Concurrency, InvocationNumber, RunId, Source};

use super::args::{LogsArgs, Stream};
use super::wait::parts;

/// Show them.
pub(super) fn run(args: &LogsArgs, global: &Global, screen: Screen) -> Result<ExitCode, Failure> {
    let ground = Ground::find(global)?;
    let desk = ground.desk()?;
    let limits = ground.limits();
    desk.recover(limits.as_ref())
        .map_err(|error| open::engine(&error))?;
    let known = parts(&desk, &args.run)?;
    let wanted = args.invocation.map_or(known, |one| vec![one]);
    if !wanted.iter().any(|part| has_files(&desk, &args.run, *part)) {
        return Err(not_kept(&args.run));
    }
    let mut shown = 0;
    for part in &wanted {
        show(&desk, (args, *part), limits.as_ref(), screen)?;
        shown = part.0;
    }
    // A workflow adds parts while it goes on.
    while args.follow && args.invocation.is_none() {
        let next = InvocationNumber(shown + 1);
        let more = engine::look_on(desk.next_part(&args.run, next));
        if !more.map_err(|error| open::engine(&error))? {
            break;
        }
        show(&desk, (args, next), limits.as_ref(), screen)?;
        shown = next.0;
    }
    Ok(ExitCode::SUCCESS)
}

/// Show one of its requests.
fn show(
    desk: &Desk,
    (args, part): (&LogsArgs, InvocationNumber),
    limits: Option<&Concurrency>,
    screen: Screen,
) -> Result<(), Failure> {
    let step = desk.view(|ledger| {
        let part = ledger.run(&args.run)?.parts.get(&part.0)?;
        part.step.clone()
    });
    if let Ok(Some(step)) = step {
        screen.say(&format!("-- {step}"));
    } else if part.0 > 1 {
        screen.say(&format!("-- {part}"));
    }
    if let Some(stream) = args.raw {
        return raw(desk, &args.run, part, (stream, args.follow), screen);
    }
    let mut viewer = Viewer {
        screen,
        narrator: Narrator::new(screen, args.run.as_str()),
    };
    let mut follow = Follow {
        run: &args.run,
        invocation: part,
        limits,
        interrupts: None,
    };
    let shown = if args.follow {
        engine::look_on(desk.follow(&mut follow, &mut viewer))
    } else {
        desk.show(&args.run, part, &mut viewer)
    };
    viewer.narrator.end_answer();
    shown.map_err(|error| open::engine(&error))?;
    tell_end(desk, &args.run, part, screen)
}

/// How it ended, once it has: nothing of what went before says so.
fn tell_end(
    desk: &Desk,
    run: &RunId,
    part: InvocationNumber,
    screen: Screen,
) -> Result<(), Failure> {
    let over = desk
        .view(|ledger| ledger.open(run, part).is_none())
        .map_err(|error| open::engine(&error))?;
    let name = AttemptRef {
        run: run.clone(),
        invocation: part,
        number: 1,
    };
    if let Some(report) = desk.report_kept(&name).filter(|_| over) {
        screen.note(&exec::summary(&report));
        let last = report.attempts.last();
        if let Some(why) = last.and_then(|attempt| attempt.failure_message.as_deref()) {
            screen.say(&format!("{}: {}", report.tool, one_line(why, 600)));
        }
    }
    Ok(())
}

/// Shows what is followed; with `--json` one document a line.
struct Viewer {
    screen: Screen,
    narrator: Narrator,
}

impl Watcher for Viewer {
    fn see(&mut self, progress: Progress) {
        if !self.screen.json() {
            self.narrator.see(progress);
        } else if !matches!(progress, Progress::Waiting { .. }) {
            // Invariant: progress is plain data and always serialises.
            let line = serde_json::to_string(&progress).unwrap_or_default();
            self.screen.result(&line);
        }
        leave_if_unread();
    }
}

/// Nobody reads any more: the run goes on, the look at it is over.
fn leave_if_unread() {
    if Screen::reader_gone() {
        std::process::exit(0);
    }
}

fn has_files(desk: &Desk, run: &RunId, part: InvocationNumber) -> bool {
    let waits = desk.view(|ledger| ledger.open(run, part).is_some());
    waits.unwrap_or(false) || desk.has_content(run, part)
}

/// The bytes of every attempt, one after the other.
fn raw(
    desk: &Desk,
    run: &RunId,
    part: InvocationNumber,
    (stream, follow): (Stream, bool),
    screen: Screen,
) -> Result<(), Failure> {
    let source = match stream {
        Stream::Stdout => Source::Stdout,
        Stream::Stderr => Source::Stderr,
    };
    let log = RawLog {
        run,
        invocation: part,
        source,
    };
    let mut show = |bytes: &[u8]| {
        screen.raw(bytes);
        leave_if_unread();
    };
    let shown = if follow {
        engine::look_on(desk.follow_raw(log, &mut show))
    } else {
        desk.show_raw(log, &mut show)
    };
    shown.map_err(|error| open::engine(&error))
}

fn not_kept(run: &RunId) -> Failure {
    Failure::new(
        Code::NotKept,
        format!("nothing that run {run} said is kept"),
    )
    .hint("run submit keeps it until retention_days; exec prints it and keeps nothing")
}
