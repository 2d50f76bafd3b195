//! `tollgate serve`: the dashboard and its API on this machine's loopback address.
//!
//! Binds, hands the web room what it asks, keeps the index and the pages up to date, and tells a
//! collector what ended where one is configured. What is asked over HTTP is answered with the
//! documents that the commands print; what is done is done by what the commands use.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::args::Global;
use super::failure::{Code, Failure};
use super::screen::Screen;
use crate::cli::board::BoardArgs;
use crate::model::{Clock as _, SystemClock, sentence};
use crate::web;

mod asked;
mod board;
mod costs;
mod doing;
mod house;
mod log;
mod metrics;
mod needs;
mod origin;
mod overview;
mod plugins;
mod policies;
mod problem;
mod reading;
mod telling;
mod upkeep;

use house::House;

/// The origin's port.
const PORT: u16 = 8080;

/// The file with the key, in the state directory.
const TOKEN: &str = "serve.token";

/// Events that are kept in memory for pages that come late.
const KEPT: usize = 4_096;

/// Options of `serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(short, long, default_value_t = PORT)]
    pub(crate) port: u16,
    /// Accept this name as well in the Host header, such as a name of a tunnel; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub(crate) host_name: Vec<String>,
    /// Draw a new key; otherwise one of the last 24 hours stays, and open pages go on.
    #[arg(long)]
    pub(crate) new_key: bool,
    #[command(flatten)]
    pub(crate) board: BoardArgs,
}

/// Serve until interrupted.
pub(super) fn run(args: &ServeArgs, global: &Global, screen: Screen) -> Result<ExitCode, Failure> {
    let listener = listen(args.port)?;
    let port = listener.local_addr().map_err(|error| io(&error))?.port();
    let house = Arc::new(House::open(global, &args.board, screen)?);
    let token_path = house.ground.places.state_dir.join(TOKEN);
    let token = if args.new_key {
        web::TokenFile::draw(&token_path)
    } else {
        web::TokenFile::keep(&token_path, SystemClock.now())
    };
    let token =
        token.map_err(|error| Failure::new(Code::Io, format!("failed to {}", sentence(&error))))?;
    announce(port, &token, &token_path, screen);
    let mut options = web::ServeOptions::new(token.token().clone(), Arc::new(SystemClock));
    options.names.clone_from(&args.host_name);
    let service: Arc<dyn web::Service> = Arc::clone(&house) as Arc<dyn web::Service>;
    let hub = Arc::clone(&house.hub);
    let telling = telling::start(&house, screen)?;
    let served = upkeep::run(&house, |shutdown| {
        web::serve(vec![listener], service, hub, options, shutdown)
    });
    telling.end(&house, screen);
    screen.note("stopped; runs go on by themselves");
    served.map(|()| ExitCode::SUCCESS)
}

fn listen(port: u16) -> Result<TcpListener, Failure> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| {
        let failure = Failure::new(
            Code::Io,
            format!("cannot listen on 127.0.0.1:{port}: {error}"),
        );
        match error.kind() {
            std::io::ErrorKind::AddrInUse => failure
                .hint("another program has the port, perhaps another tollgate serve")
                .hint("tollgate serve --port 0 takes a free one"),
            std::io::ErrorKind::PermissionDenied => {
                failure.hint("ports below 1024 need privileges; take a higher one: --port 8080")
            }
            _ => failure,
        }
    })
}

/// The address with its key is the result: it is what a person opens and a script reads.
fn announce(port: u16, token: &web::TokenFile, path: &Path, screen: Screen) {
    let url = format!("http://127.0.0.1:{port}/#k={}", token.token().as_str());
    if screen.json() {
        screen.document(&serde_json::json!({
            "url": url,
            "port": port,
            "token_file": path,
        }));
        return;
    }
    screen.result(&url);
    screen.note(&format!(
        "open it in a browser on this machine; programs find the key in {}",
        path.display()
    ));
    screen.note("Ctrl-C stops the page, not the runs");
}

fn io(error: &std::io::Error) -> Failure {
    Failure::new(Code::Io, error.to_string())
}
