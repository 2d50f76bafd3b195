//! `tollgate init`: a configuration for the tools found here.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::settings::{
    FoundTool, Overrides, Places, Template, detect, generate, load, record_trust, write,
};

use super::args::{Global, InitArgs};
use super::failure::{Code, Failure};
use super::open::{self, Ground};
use super::screen::Screen;
use super::table::Table;

/// Write the files and say what was found.
pub(super) fn run(args: &InitArgs, global: &Global, screen: Screen) -> Result<(), Failure> {
    let template = Template::named(&args.template).ok_or_else(|| {
        let all: Vec<_> = Template::ALL.iter().map(|t| t.name()).collect();
        Failure::new(
            Code::Usage,
            format!("there is no template '{}'", args.template),
        )
        .hint(format!("one of: {}", all.join(", ")))
    })?;
    let ground = Ground::find(global)?;
    let folder = target(args, global, &ground);
    let detected = detect(&ground.environment);
    let files = generate(template, &detected);
    write(&folder, &files, args.force)
        .map_err(|error| open::settings(&error, &ground.environment))?;
    trust(&folder, &ground)?;
    keep_state_out_of_git(&folder);
    if screen.json() {
        let tools: Vec<_> = detected
            .tools
            .iter()
            .map(|tool| json!({ "name": tool.name, "program": tool.program, "path": tool.path }))
            .collect();
        let keys: serde_json::Map<_, _> = detected
            .keys
            .iter()
            .map(|(name, set)| ((*name).to_owned(), (*set).into()))
            .collect();
        let names: Vec<_> = files.iter().map(|(name, _)| name).collect();
        screen.document(&json!({
            "config_dir": folder,
            "template": template.name(),
            "files": names,
            "tools": tools,
            "keys": keys,
        }));
        return Ok(());
    }
    let mut table = Table::new(["Looked for", "Status"]);
    for tool in &detected.tools {
        let status = tool.path.as_ref().map_or_else(
            || "❌ not on PATH".to_owned(),
            |path| format!("✅ {}", path.display()),
        );
        table.row([format!("{} ({})", tool.name, tool.program), status]);
    }
    for (name, set) in &detected.keys {
        let status = if *set { "✅ set" } else { "❌ not set" };
        table.row([(*name).to_owned(), status.to_owned()]);
    }
    screen.say(&table.to_string());
    screen.say("");
    let names: Vec<String> = files.iter().map(|(name, _)| name.clone()).collect();
    report_files(&folder, &names, screen);
    next_steps(&folder, &ground, &detected.tools, screen);
    Ok(())
}

/// The record of a project lives beside its configuration and belongs to nobody else.
fn keep_state_out_of_git(folder: &Path) {
    let path = folder.join(".gitignore");
    if folder.ends_with(".tollgate") && !path.exists() {
        // A convenience: without it, git shows the folder, and nothing else goes wrong.
        drop(std::fs::write(path, "/state/\n"));
    }
}

/// What was just written by this command at the user's word needs no second word.
fn trust(folder: &Path, ground: &Ground) -> Result<(), Failure> {
    let overrides = Overrides {
        config_dir: Some(folder.to_owned()),
        state_dir: None,
    };
    let environment = &ground.environment;
    let failed = |error| open::settings(&error, environment);
    let places = Places::find(&overrides, environment).map_err(failed)?;
    let loaded = load(&places, environment).map_err(failed)?;
    record_trust(&places, &loaded).map_err(failed)
}

/// Say which files were written.
pub(super) fn report_files(folder: &Path, files: &[String], screen: Screen) {
    if screen.json() {
        screen.document(&json!({ "config_dir": folder, "files": files }));
        return;
    }
    for name in files {
        screen.result(&folder.join(name).display().to_string());
    }
}

/// Where the files go: where the user says, else a project folder here.
fn target(args: &InitArgs, global: &Global, ground: &Ground) -> PathBuf {
    let cwd = &ground.environment.cwd;
    let named = args
        .output
        .clone()
        .or_else(|| global.config_dir.clone())
        .or_else(|| {
            ground
                .environment
                .get("TOLLGATE_CONFIG_DIR")
                .map(PathBuf::from)
        });
    cwd.join(named.unwrap_or_else(|| PathBuf::from(".tollgate")))
}

fn next_steps(folder: &Path, ground: &Ground, tools: &[FoundTool], screen: Screen) {
    let is_project = folder.ends_with(".tollgate");
    let shown = ground.environment.display(folder);
    if tools.iter().all(|tool| tool.path.is_none()) {
        screen.say("\nNone of these tools is here yet: install one of them, or add your own to tools.yaml.");
    }
    screen.say("\nNext:");
    if is_project {
        screen.say("  tollgate agent list");
        screen.say("  tollgate exec -a architect 'Say hello.'");
    } else {
        screen.say(&format!("  tollgate --config-dir {shown} agent list"));
        screen.say(&format!(
            "  tollgate --config-dir {shown} exec -a architect 'Say hello.'"
        ));
    }
}
