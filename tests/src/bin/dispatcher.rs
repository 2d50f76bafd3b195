//! A program that uses the library: it hands one prompt over and answers questions about the
//! handle, one a line.
//!
//! Supervisors are started from the running program, so whoever uses the library answers to
//! `__supervise`, as the front door does.

use std::error::Error;
use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tollgate::engine::{
    self, DirectDistributor, Distributor as _, Engine, EngineError, EngineOptions, ExecRequest,
    ExecutionHandle, RouteRequest, SUPERVISE, Submission, Unwatched,
};
use tollgate::model::{Actor, ConfigLoaded, Priority, Source, SystemClock, Via};
use tollgate::settings::{Environment, Overrides, Places, load};

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(SUPERVISE) {
        return tollgate::cli::main();
    }
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn work() -> Result<(), Box<dyn Error>> {
    let environment = Environment::capture()?;
    let places = Places::find(&Overrides::default(), &environment)?;
    let loaded = load(&places, &environment)?;
    let engine = Engine::open(EngineOptions {
        config: ConfigLoaded {
            digest: loaded.settings.digest(),
            files: loaded.files,
        },
        settings: loaded.settings,
        clock: Arc::new(SystemClock),
        env: environment.vars.clone().into_iter().collect(),
        state_dir: places.state_dir,
        cache_dir: places.cache_dir,
        actor: Actor {
            kind: "user".to_owned(),
            name: "dispatcher".to_owned(),
            via: Via::Cli,
        },
    })?;
    let prompt = std::env::args().nth(1).ok_or("no prompt")?;
    let request = ExecRequest {
        route: RouteRequest {
            agent: "dev".to_owned(),
            task_type: None,
            prompt_tokens: None,
            tool: None,
            model: None,
            no_fallback: false,
            closed: Vec::new(),
        },
        prompt: prompt.into(),
        resume: None,
        timeout: None,
        max_cost: None,
        tasks: Vec::new(),
        board: None,
        justification: None,
        consent: tollgate::engine::Consent::default(),
        live_text: false,
        priority: Priority::Normal,
        cwd: environment.cwd,
    };
    let distributor = DirectDistributor(&engine);
    let handle = distributor.dispatch(&Submission::new(request, true))?;
    say(handle.submitted().first.run.as_str())?;
    answer(handle)
}

/// Answer until there are no more questions.
fn answer(handle: Box<dyn ExecutionHandle + '_>) -> Result<(), Box<dyn Error>> {
    let mut handle = Some(handle);
    for question in std::io::stdin().lock().lines() {
        let question = question?;
        let answer = match (question.as_str(), handle.as_ref()) {
            ("drop", _) => {
                handle = None;
                "dropped".to_owned()
            }
            (_, None) => return Err("there is no handle any more".into()),
            ("running", Some(handle)) => handle.is_running()?.to_string(),
            ("output", Some(handle)) => {
                let part = handle.output(Source::Stdout, 0, 1 << 20)?;
                String::from_utf8(part.bytes)?.replace('\n', "|")
            }
            ("cancel", Some(handle)) => format!("{} asked", handle.cancel(false)?.requested.len()),
            ("wait", Some(handle)) => engine::wait(async |_| handle.wait(&mut Unwatched).await)?
                .as_str()
                .to_owned(),
            ("give up waiting", Some(handle)) => give_up(handle.as_ref())?.to_owned(),
            (other, Some(_)) => return Err(format!("no such question: {other}").into()),
        };
        say(&answer)?;
    }
    Ok(())
}

/// Wait for a moment, and let go.
fn give_up(handle: &dyn ExecutionHandle) -> Result<&'static str, EngineError> {
    let mut unwatched = Unwatched;
    let waiting = async { handle.wait(&mut unwatched).await.map(drop) };
    let limit = Duration::from_millis(50);
    let done = engine::wait(async |_| engine::within(limit, waiting).await)?;
    Ok(if done { "done" } else { "gave up" })
}

fn say(line: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}
