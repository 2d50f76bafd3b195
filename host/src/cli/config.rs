//! `tollgate config`: check, show, explain, migrate, and trust the configuration.

use serde_json::json;

use crate::settings::{
    Diagnostic, FileKind, Loaded, Template, TrustState, check_trust, masked, migrate, programs,
    record_trust, schema, show, workflow_schema, write,
};

use super::args::{ConfigCommand, Global};
use super::escape;
use super::failure::{Code, Failure};
use super::init;
use super::open::{self, Ground};
use super::policy::check;
use super::screen::Screen;
use super::table::Table;

/// Run one of the commands.
pub(super) fn run(command: &ConfigCommand, global: &Global, screen: Screen) -> Result<(), Failure> {
    match command {
        ConfigCommand::Validate => validate(global, screen),
        ConfigCommand::Init(args) => init::run(args, global, screen),
        ConfigCommand::Show { file } => show_settings(file.as_deref(), global, screen),
        ConfigCommand::Schema { file } => print_schema(file.as_deref(), screen),
        ConfigCommand::Templates => {
            templates(screen);
            Ok(())
        }
        ConfigCommand::Migrate {
            from,
            output,
            force,
        } => {
            let ground = Ground::find(global)?;
            let failed = |error| open::settings(&error, &ground.environment);
            let migration = migrate(from, &ground.environment).map_err(failed)?;
            write(output, &migration.files, *force).map_err(failed)?;
            for note in &migration.notes {
                screen.warn(&note.to_string());
            }
            let names: Vec<String> = migration.files.into_iter().map(|(name, _)| name).collect();
            init::report_files(output, &names, screen);
            Ok(())
        }
        ConfigCommand::Trust => trust(global, screen),
    }
}

/// Mistakes in `what` (`configuration`, `workflow`) as one failure: each with its place, what is
/// allowed, and a fix.
pub(super) fn invalid(what: &str, diagnostics: &[Diagnostic]) -> Failure {
    let errors: Vec<&Diagnostic> = diagnostics.iter().filter(|d| d.is_error()).collect();
    let mut text = String::new();
    for diagnostic in &errors {
        text.push_str(&explain(diagnostic));
        text.push('\n');
    }
    let missing = errors.iter().any(|diagnostic| is_missing_file(diagnostic));
    let mut failure = Failure::new(
        Code::InvalidConfig,
        format!(
            "the {what} has {} mistake{}",
            errors.len(),
            if errors.len() == 1 { "" } else { "s" }
        ),
    );
    failure.report = Some(text.trim_end().to_owned());
    failure.details = Some(Box::new(json!({ "diagnostics": errors })));
    if missing {
        failure.hint("Run 'tollgate init' to create default configuration")
    } else {
        failure
    }
}

/// A file that is not there has no place in it to point at.
fn is_missing_file(diagnostic: &Diagnostic) -> bool {
    diagnostic.line == 0 && diagnostic.message.starts_with("Missing required file")
}

/// One mistake over a few lines.
fn explain(diagnostic: &Diagnostic) -> String {
    let message = escape::one_line(&diagnostic.message, 400);
    if is_missing_file(diagnostic) {
        return format!("❌ {message}\n");
    }
    let mut text = format!("❌ Error in {}: {message}\n", diagnostic.file);
    let place = format!(
        "{}:{}:{}",
        diagnostic.file, diagnostic.line, diagnostic.column
    );
    if diagnostic.line == 0 {
        // The file as a whole.
    } else if diagnostic.path.is_empty() {
        text.push_str(&format!("   at {place}\n"));
    } else {
        text.push_str(&format!(
            "   at {place} ({})\n",
            escape::one_line(&diagnostic.path, 200)
        ));
    }
    if !diagnostic.allowed.is_empty() {
        let allowed = escape::one_line(&diagnostic.allowed.join(", "), 300);
        text.push_str(&format!("   allowed: {allowed}\n"));
    }
    if !diagnostic.fix.is_empty() {
        text.push_str(&format!(
            "   fix: {}\n",
            escape::one_line(&diagnostic.fix, 300)
        ));
    }
    text
}

pub(super) fn validate(global: &Global, screen: Screen) -> Result<(), Failure> {
    let ground = Ground::find(global)?;
    let loaded = ground.load(screen)?;
    let checked = check_policies(&loaded, &ground, screen)?;
    let settings = &loaded.settings;
    let counts = [
        ("Agents", settings.agents.len()),
        ("Tools", settings.tools.len()),
        ("Models", settings.models.len()),
        ("Policies", settings.profiles.len()),
    ];
    if screen.json() {
        let counts: serde_json::Map<_, _> = counts
            .iter()
            .map(|(name, count)| (name.to_lowercase(), (*count).into()))
            .collect();
        screen.document(&json!({
            "valid": true,
            "config_dir": ground.places.config_dir,
            "counts": counts,
            "policies_checked": checked,
            "warnings": loaded.warnings,
        }));
        return Ok(());
    }
    screen.result("✅ Configuration valid");
    let mut table = Table::new(["Component", "Count"]);
    for (name, count) in counts {
        table.row([name.to_owned(), count.to_string()]);
    }
    screen.result(&table.to_string());
    screen.note(&format!(
        "read from {}",
        ground.environment.display(&ground.places.config_dir)
    ));
    Ok(())
}

/// Let every policy check its own configuration, where its component may be loaded. Whether that
/// was done.
fn check_policies(loaded: &Loaded, ground: &Ground, screen: Screen) -> Result<bool, Failure> {
    if loaded.settings.chain.is_empty() {
        return Ok(true);
    }
    let state = check_trust(&ground.places, loaded);
    let state = state.map_err(|error| open::settings(&error, &ground.environment))?;
    if state != TrustState::Trusted {
        screen.note("the policies were not loaded, since this configuration is not trusted");
        return Ok(false);
    }
    check::require(loaded, ground)?;
    Ok(true)
}

fn show_settings(file: Option<&str>, global: &Global, screen: Screen) -> Result<(), Failure> {
    let ground = Ground::find(global)?;
    if let Some(name) = file {
        let kind = kind_of(name)?;
        return print_file(kind, &ground, screen);
    }
    let loaded = ground.load(screen)?;
    if screen.json() {
        screen.document(&json!({
            "config_dir": ground.places.config_dir,
            "state_dir": ground.places.state_dir,
            "cache_dir": ground.places.cache_dir,
            "settings": masked(&loaded.settings),
        }));
        return Ok(());
    }
    screen.note(&format!(
        "settings in force, read from {}",
        ground.environment.display(&ground.places.config_dir)
    ));
    screen.result(show(&loaded).trim_end());
    Ok(())
}

fn print_file(kind: FileKind, ground: &Ground, screen: Screen) -> Result<(), Failure> {
    let folder = &ground.places.config_dir;
    let found = ["yaml", "yml"]
        .iter()
        .map(|ending| folder.join(format!("{}.{ending}", kind.stem())))
        .find(|path| path.is_file());
    let Some(path) = found else {
        return Err(Failure::new(
            Code::NoConfig,
            format!(
                "there is no {}.yaml in {}",
                kind.stem(),
                ground.environment.display(folder)
            ),
        ));
    };
    let bytes = std::fs::read(&path)
        .map_err(|error| Failure::new(Code::Io, format!("{}: {error}", path.display())))?;
    screen.note(&ground.environment.display(&path));
    screen.bytes(&bytes);
    Ok(())
}

/// Workflows have a schema as the files have, and no place of their own.
const WORKFLOW: &str = "workflow";

fn print_schema(file: Option<&str>, screen: Screen) -> Result<(), Failure> {
    let Some(name) = file else {
        let kinds = FileKind::ALL.iter().map(|kind| kind.stem());
        let names: Vec<_> = kinds.chain([WORKFLOW]).collect();
        if screen.json() {
            screen.document(&json!({ "schemas": names }));
            return Ok(());
        }
        for name in names {
            screen.result(name);
        }
        screen.note("tollgate config schema NAME prints one of them");
        return Ok(());
    };
    let text = if name == WORKFLOW {
        workflow_schema()
    } else {
        schema(kind_of(name)?)
    };
    screen.result(text.trim_end());
    Ok(())
}

fn kind_of(name: &str) -> Result<FileKind, Failure> {
    let stem = name.trim_end_matches(".yaml").trim_end_matches(".yml");
    FileKind::ALL
        .into_iter()
        .find(|kind| kind.stem() == stem)
        .ok_or_else(|| {
            let all: Vec<_> = FileKind::ALL.iter().map(|kind| kind.stem()).collect();
            Failure::new(
                Code::Usage,
                format!("there is no configuration file '{name}'"),
            )
            .hint(format!("one of: {}", all.join(", ")))
        })
}

fn templates(screen: Screen) {
    if screen.json() {
        let all: Vec<_> = Template::ALL
            .iter()
            .map(|t| json!({ "name": t.name(), "description": t.description(), "suitable_for": t.suitable_for() }))
            .collect();
        screen.document(&json!({ "templates": all }));
        return;
    }
    let mut table = Table::new(["Template", "Description", "Suitable For"]);
    for template in Template::ALL {
        table.row([
            template.name(),
            template.description(),
            template.suitable_for(),
        ]);
    }
    screen.result(&table.to_string());
    screen.note("tollgate init --template NAME writes one of them");
}

fn trust(global: &Global, screen: Screen) -> Result<(), Failure> {
    let ground = Ground::find(global)?;
    let loaded = ground.load(screen)?;
    let folder = ground.environment.display(&ground.places.config_dir);
    if ground.places.trusted_by_name {
        screen.say(&format!(
            "{folder} is trusted already: it was named, or is your own"
        ));
        return Ok(());
    }
    record_trust(&ground.places, &loaded)
        .map_err(|error| open::settings(&error, &ground.environment))?;
    let programs = programs(&loaded);
    if screen.json() {
        screen.document(&json!({ "trusted": ground.places.config_dir, "programs": programs }));
        return Ok(());
    }
    screen.result(&format!(
        "trusted {folder}; it may run: {}",
        escape::one_line(&programs.join(", "), 1_000)
    ));
    screen.note("a change to any of its files asks again");
    Ok(())
}
