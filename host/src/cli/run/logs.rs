//! `tollgate run logs`: what a run says and does, now or while it goes on.

use std::process::ExitCode;

use crate::cli::args::Global;
use crate::cli::failure::{Code, Failure};
use crate::cli::narrate::Narrator;
use crate::cli::open::{self, Ground};
use crate::cli::screen::Screen;
use crate::engine::{self, Desk, Follow, RawLog};
use crate::model::{InvocationNumber, RunId, Source};

use super::args::{LogsArgs, Stream};
use super::wait::parts;

/// Show them.
pub(super) fn run(args: &LogsArgs, global: &Global, screen: Screen) -> Result<ExitCode, Failure> {
    let ground = Ground::find(global)?;
    let desk = ground.desk()?;
    let limits = ground.limits();
    desk.recover(limits.as_ref())
        .map_err(|error| open::engine(&error))?;
    let wanted = match args.invocation {
        Some(one) => vec![one],
        None => parts(&desk, &args.run)?,
    };
    if !wanted.iter().any(|part| has_files(&desk, &args.run, *part)) {
        return Err(not_kept(&args.run));
    }
    for part in wanted {
        if let Some(stream) = args.raw {
            raw(&desk, &args.run, part, (stream, args.follow), screen)?;
            continue;
        }
        let mut narrator = Narrator::new(screen, args.run.as_str());
        let mut follow = Follow {
            run: &args.run,
            invocation: part,
            limits: limits.as_ref(),
            interrupts: None,
        };
        let shown = if args.follow {
            engine::wait(async |_| desk.follow(&mut follow, &mut narrator).await)
        } else {
            desk.show(&args.run, part, &mut narrator)
        };
        narrator.end_answer();
        shown.map_err(|error| open::engine(&error))?;
    }
    Ok(ExitCode::SUCCESS)
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
    let mut show = |bytes: &[u8]| screen.raw(bytes);
    let shown = if follow {
        engine::wait(async |_| desk.follow_raw(log, &mut show).await)
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
