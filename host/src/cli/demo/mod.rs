//! `tollgate demo`: a guided first run, on a stand-in tool, in a folder that vanishes.
//!
//! Everything in it is the real thing but the tool: routing, the adapter in its sandbox, a real
//! process, the journal, the index. No network, nothing to install.

use std::path::{Path, PathBuf};

use clap::Parser;

use super::args::{Cli, Command};
use super::failure::{Code, Failure};
use super::screen::Screen;
use super::{exec, stand_in, stats};

const AGENTS: &str = include_str!("agents.yaml");
const TOOLS: &str = include_str!("tools.yaml");
const MODELS: &str = include_str!("models.yaml");
const POLICIES: &str = include_str!("policies.yaml");

/// One step: what it shows, and the command as a person would type it.
struct Scene {
    title: &'static str,
    args: &'static [&'static str],
}

const SCENES: &[Scene] = &[
    Scene {
        title: "1. A request goes to the agent's preferred tool and model.",
        args: &[
            "exec",
            "-a",
            "backend-dev",
            "Review the error handling of the payment service. Look at retries, timeouts, \
             idempotency keys, and what happens when the database is slow, and say which of these \
             would hurt a customer first.",
        ],
    },
    Scene {
        title: "2. A simple task goes to a cheaper model of the same tool.",
        args: &["exec", "-a", "backend-dev", "Name three colours."],
    },
    Scene {
        title: "3. A tool that is not there: the next in the chain takes over, and says so.",
        args: &[
            "exec",
            "-a",
            "architect",
            "Sketch a cache for the search page.",
        ],
    },
    Scene {
        title: "4. Every run is on record, with its tokens and its cost.",
        args: &["stats", "--daily"],
    },
];

/// Play all scenes.
pub(super) fn run(screen: Screen) -> Result<(), Failure> {
    let house = House::build()?;
    screen.say("Tollgate routes agents' requests to LLM tools and keeps the books.");
    screen.say("The tool in this demo is a bundled stand-in; nothing leaves this machine.\n");
    for scene in SCENES {
        screen.say(scene.title);
        screen.say(&format!("   $ tollgate {}", typed(scene.args)));
        house.play(scene)?;
        screen.say("");
    }
    screen.say("Next:");
    screen
        .say("   tollgate init                          write a configuration for your own tools");
    screen.say("   tollgate exec -a architect 'Hello.'    ask one of them");
    Ok(())
}

/// The demo's own folder; removed with the value.
struct House {
    root: PathBuf,
}

impl House {
    fn build() -> Result<Self, Failure> {
        let name = format!("tollgate-demo-{}", uuid::Uuid::now_v7());
        let house = Self {
            root: std::env::temp_dir().join(name),
        };
        house.furnish().map_err(|error| {
            let root = house.root.display();
            Failure::new(
                Code::Io,
                format!("cannot set the demo up in {root}: {error}"),
            )
            .hint("TMPDIR names another place")
        })?;
        Ok(house)
    }

    fn furnish(&self) -> std::io::Result<()> {
        let config = self.root.join("config");
        std::fs::create_dir_all(&config)?;
        let tool = self.root.join(stand_in::NAME);
        link(&std::env::current_exe()?, &tool)?;
        let tools = TOOLS.replace("STAND_IN", &tool.display().to_string());
        for (name, text) in [
            ("agents.yaml", AGENTS),
            ("tools.yaml", tools.as_str()),
            ("models.yaml", MODELS),
            ("policies.yaml", POLICIES),
        ] {
            std::fs::write(config.join(name), text)?;
        }
        Ok(())
    }

    /// Run a scene's command as if it had been typed.
    fn play(&self, scene: &Scene) -> Result<(), Failure> {
        let args = std::iter::once("tollgate").chain(scene.args.iter().copied());
        let mut cli = Cli::try_parse_from(args)
            .map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
        cli.global.config_dir = Some(self.root.join("config"));
        cli.global.state_dir = Some(self.root.join("state"));
        let screen = Screen::new(&cli.global);
        match &cli.command {
            Command::Exec(args) => exec::run(args, &cli.global, screen).map(drop),
            Command::Stats(args) => stats::run(args, &cli.global, screen),
            _ => Ok(()),
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        // Nobody needs it any more; what cannot be removed lies in the temporary folder.
        drop(std::fs::remove_dir_all(&self.root));
    }
}

fn link(program: &Path, name: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(program, name)
}

/// The command as a person would type it, shortened.
fn typed(args: &[&str]) -> String {
    let words: Vec<String> = args
        .iter()
        .map(|arg| {
            if arg.contains(' ') {
                format!("\"{}\"", super::escape::one_line(arg, 50))
            } else {
                (*arg).to_owned()
            }
        })
        .collect();
    words.join(" ")
}
