//! The front door: from the arguments to a command, and from its result to an exit status.

use std::any::Any;
use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use super::args::{BudgetCommand, Cli, Command, ModelCommand};
use super::failure::{Code, Failure};
use super::screen::Screen;
use super::{
    board, breaker, budget, config, demo, doctor, exec, init, journal, list, policy, prices, run,
    serve, stand_in, stats, supervise, telemetry, why, workflow,
};

/// Run the program on the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    if is_stand_in(args.first()) {
        return stand_in::main();
    }
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error, &args),
    };
    let screen = Screen::new(&cli.global);
    // The hook prints the place of a panic; what the user needs to know comes from here.
    match catch_unwind(AssertUnwindSafe(|| dispatch(&cli, screen))) {
        Ok(Ok(code)) => match Screen::lost() {
            None => code,
            Some(why) => {
                let failure = lost(&why);
                screen.fail(&failure);
                failure.exit_code()
            }
        },
        Ok(Err(failure)) => {
            screen.fail(&failure);
            failure.exit_code()
        }
        Err(panic) => {
            let failure = bug(panic.as_ref());
            screen.fail(&failure);
            failure.exit_code()
        }
    }
}

/// The demo installs this program under another name and is then run as that tool.
fn is_stand_in(program: Option<&OsString>) -> bool {
    program
        .and_then(|path| Path::new(path).file_name())
        .is_some_and(|name| name == stand_in::NAME)
}

fn dispatch(cli: &Cli, screen: Screen) -> Result<ExitCode, Failure> {
    let global = &cli.global;
    let done = |()| ExitCode::SUCCESS;
    match &cli.command {
        Command::Demo => demo::run(screen).map(done),
        Command::Init(args) => init::run(args, global, screen).map(done),
        Command::Exec(args) => exec::run(args, global, screen),
        Command::Run(command) => run::run(command, global, screen),
        Command::Workflow(command) => workflow::run(command, global, screen),
        Command::Why { run } => why::run(run, global, screen).map(done),
        Command::Policy(command) => policy::run(command, global, screen).map(done),
        Command::Budget(BudgetCommand::Show) => budget::show(global, screen).map(done),
        Command::Breaker(command) => breaker::run(command, global, screen).map(done),
        Command::Stats(args) => stats::run(args, global, screen).map(done),
        Command::Config(command) => config::run(command, global, screen).map(done),
        Command::Agent(_) => list::agents(global, screen).map(done),
        Command::Tool(_) => list::tools(global, screen).map(done),
        Command::Model(ModelCommand::List) => list::models(global, screen).map(done),
        Command::Model(ModelCommand::UpdatePrices(args)) => {
            prices::run(args, global, screen).map(done)
        }
        Command::Initiative(command) => board::initiatives(command, global, screen).map(done),
        Command::Task(command) => board::tasks(command, global, screen).map(done),
        Command::Serve(args) => serve::run(args, global, screen),
        Command::Telemetry(command) => telemetry::run(command, global, screen).map(done),
        Command::Journal(command) => journal::run(command, global, screen).map(done),
        Command::Index(_) => journal::rebuild(global, screen).map(done),
        Command::Supervise { state_dir, attempt } => supervise::run(state_dir, attempt).map(done),
        Command::Doctor(args) => doctor::run(*args, global, screen),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "tollgate", &mut script);
            screen.bytes(&script);
            Ok(ExitCode::SUCCESS)
        }
        Command::Version => {
            version(screen);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn version(screen: Screen) {
    let version = env!("CARGO_PKG_VERSION");
    if screen.json() {
        screen.document(&serde_json::json!({ "name": "tollgate", "version": version }));
    } else {
        screen.result(&format!("tollgate {version}"));
    }
}

/// Help and version are answers; anything else that clap says is a usage error.
fn refuse(error: &clap::Error, args: &[OsString]) -> ExitCode {
    if error.use_stderr() && args.iter().any(|arg| arg == "--json") {
        let text = error.render().to_string();
        let message = text.lines().next().unwrap_or_default();
        let message = message.strip_prefix("error: ").unwrap_or(message);
        let failure = Failure::new(Code::Usage, message).hint("see tollgate --help");
        let document = serde_json::to_string_pretty(&failure.document()).unwrap_or_default();
        // Nobody is left to tell when stdout is closed.
        drop(std::io::Write::write_all(
            &mut std::io::stdout(),
            format!("{document}\n").as_bytes(),
        ));
        return failure.exit_code();
    }
    // Printing fails only when the stream is closed.
    drop(error.print());
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

fn lost(why: &str) -> Failure {
    Failure::new(
        Code::Io,
        format!("the result could not be written to standard output: {why}"),
    )
    .hint("what ran is on record; exec --output FILE keeps an answer in a file")
}

fn bug(panic: &(dyn Any + Send)) -> Failure {
    let what = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    Failure::new(Code::Internal, format!("a bug in tollgate: {what}"))
        .hint("the record is safe: whatever was acknowledged is on disk")
        .hint("please report it with the lines above")
}
