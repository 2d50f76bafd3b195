//! The house in which the transcripts of the pages play.
//!
//! Owns a project folder, `claude` and `codex` as stand-ins that print what the real ones print, a
//! collector, and a shell to type into. The shell finds nothing else of the machine's but its basic programs.

use std::borrow::Cow;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::{Command, Stdio};

use tollgate_tests::collector::Collector;
use tollgate_tests::house::{TestHouse, built};

use crate::examples;
use crate::page::{Page, root};

/// What the pages call the home of the person who types.
pub(crate) const HOME: &str = "/home/you";

/// Where the collector of the person who types listens, as the pages tell it.
const COLLECTOR: &str = "localhost:4318";

/// Models of the shipped configuration and what the stand-in's turn costs with each, in dollars:
/// 1,210 input and 96 output tokens at the list prices in `config/models.yaml`.
const CLAUDE: &[(&str, &str)] = &[
    ("claude-opus-5-5", "0.00676"),
    ("claude-sonnet-5-5", "0.00338"),
    ("claude-haiku-5-5", "0.000169"),
];

/// The workflow of the page about runs.
const RELEASE: &str = "name: release-notes
steps:
  - {id: collect, agent: scribe, prompt: List the changes since the last tag.}
  - {id: draft, agent: architect, inputs: [collect], prompt: Write the release notes., output: NOTES.md}
  - {id: check, agent: backend-dev, needs: [collect], prompt: Check the list against the tests.}
";

/// A fresh house for one page.
pub(crate) struct Stage {
    house: TestHouse,
    collector: Collector,
}

impl Stage {
    /// Set it for a page: its configuration, if it shows any, is in the folder `example`.
    pub(crate) fn new(page: &Page) -> Self {
        let house = TestHouse::new();
        let collector = Collector::start();
        let stage = Self { house, collector };
        stage.install();
        examples::write(&stage.house, "home/shop/example", page);
        stage
    }

    /// Type one command into a shell in the project's folder; both streams, as a terminal shows
    /// them.
    pub(crate) fn type_in(&self, command: &str) -> String {
        let house = &self.house;
        let path = house.path("home/.local/bin");
        let collector = self.collector.address().to_string();
        let command = command.replace(COLLECTOR, &collector);
        let output = Command::new("/bin/sh")
            .args(["-c", &format!("exec 2>&1\n{command}")])
            .current_dir(house.path("home/shop"))
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", path.display()))
            .env("HOME", house.path("home"))
            .env("USER", "you")
            .env("TMPDIR", house.path("tmp"))
            // Compiled adapters, shared by all houses of a build.
            .env(
                "TOLLGATE_CACHE_DIR",
                built("host-under-test").with_file_name("test-cache"),
            )
            .stdin(Stdio::null())
            .output()
            .expect("a shell");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let text = house.scrub(&text).replace("HOUSE/home", HOME);
        text.replace(&collector, COLLECTOR)
    }

    fn install(&self) {
        let house = &self.house;
        for folder in ["home/shop", "home/.local"] {
            fs::create_dir_all(house.path(folder)).expect("a folder");
        }
        symlink(house.path("bin"), house.path("home/.local/bin")).expect("a link");
        symlink(built("host-under-test"), house.path("bin/tollgate")).expect("a link");
        for (model, cost) in CLAUDE {
            let turn = recorded("claude")
                .replace("MODEL", model)
                .replace("COST", cost);
            // Where the stand-in looks: a file of the name after `--model`, in its folder.
            house.write(&format!("home/shop/{model}"), turn);
        }
        self.tool("claude", &["{after:--model}".into()]);
        // Codex reports the totals of the session, which grow.
        let turns = ["codex", "codex-resumed"]
            .map(|turn| house.write(&format!("bin/{turn}.jsonl"), recorded(turn)));
        self.tool(
            "codex",
            &turns.each_ref().map(|turn| turn.to_string_lossy()),
        );
        self.program(
            "nightly-audit",
            "cat >/dev/null\necho Looking.\nexec sleep 600\n",
        );
        house.write("home/shop/release.yaml", RELEASE);
        for example in ["report.md", "incident.txt"] {
            let text = format!("# {example}\n\n{}", "A line of notes. ".repeat(400));
            house.write(&format!("home/shop/{example}"), text);
        }
    }

    /// A program that is a shell script.
    fn program(&self, name: &str, script: &str) {
        let path = self
            .house
            .write(&format!("bin/{name}"), format!("#!/bin/sh\n{script}"));
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(path, executable).expect("a program");
    }

    /// A stand-in that reads its prompt and prints a file: the next of `turns` each time, the last
    /// for ever.
    fn tool(&self, name: &str, turns: &[Cow<'_, str>]) {
        let prompt = self.house.path("tmp/prompt");
        let prompt = prompt.to_string_lossy();
        let scripts: Vec<[&str; 4]> = turns
            .iter()
            .map(|turn| ["--echo-stdin-to", &prompt, "--emit-file", turn])
            .collect();
        let scripts: Vec<&[&str]> = scripts.iter().map(<[&str; 4]>::as_slice).collect();
        self.house.tool_scripts(name, &scripts);
    }
}

/// One turn in a tool's own stream format.
fn recorded(tool: &str) -> String {
    let path = root().join(format!("tests/docs/{tool}.jsonl"));
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
