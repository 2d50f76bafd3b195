//! `tollgate doctor`: what is not in order, and mending it.
//!
//! The checks are the engine's; this file adds those on the configuration, which only this floor
//! sees, and shows all of them. It never runs a tool of a configuration that is not trusted.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::engine::{Area, Check, Mended, ToolProbe, Verdict, tool_checks};
use crate::model::{ConfigLoaded, sentence};
use crate::settings::{Loaded, SettingsError, TrustState, check_trust, load};

use super::args::{DoctorArgs, Global};
use super::escape::one_line;
use super::failure::{Code, Failure};
use super::open::{self, Ground};
use super::screen::Screen;

/// The longest line that is shown of a check.
const LINE: usize = 400;

/// Look at everything, and mend it if asked.
pub(super) fn run(args: DoctorArgs, global: &Global, screen: Screen) -> Result<ExitCode, Failure> {
    let ground = Ground::find(global)?;
    let (mut checks, usable) = configuration(&ground);
    let settings = usable.as_ref().map(|loaded| &loaded.settings);
    let examination = ground.examination(settings);
    let mut found = examination.checks();
    let mended = if args.fix {
        examination.mend(&found)
    } else {
        Vec::new()
    };
    if !mended.is_empty() {
        found = examination.checks();
    }
    checks.extend(found);
    checks.extend(
        usable
            .map(|loaded| tools(&ground, loaded))
            .into_iter()
            .flatten(),
    );
    checks.sort_by_key(|check| check.area);

    let failure =
        (count(&checks, Verdict::Problem) > 0).then(|| Failure::new(Code::Unfit, summary(&checks)));
    if screen.json() {
        screen.document(&document(
            &checks,
            args.fix.then_some(&mended),
            failure.as_ref(),
        ));
    } else {
        screen.result(&report(&checks, &mended, screen.quiet()));
    }
    Ok(failure.map_or(ExitCode::SUCCESS, |failure| failure.exit_code()))
}

/// What there is to say about the configuration, and the configuration if it may be used.
fn configuration(ground: &Ground) -> (Vec<Check>, Option<Loaded>) {
    const ID: &str = "configuration";
    let area = Area::Configuration;
    let shown = ground.environment.display(&ground.places.config_dir);
    let loaded = match load(&ground.places, &ground.environment) {
        Ok(loaded) => loaded,
        Err(error) => return (vec![not_loaded(&error, &shown)], None),
    };
    if let Err(failure) = open::require_adapters(&loaded.settings) {
        let message = format!("{shown}: {}", failure.message);
        let check = Check::problem(ID, area, message).fix(failure.hints.join("; "));
        return (vec![check], None);
    }
    let mut checks = vec![match loaded.warnings.len() {
        0 => Check::good(ID, area, format!("{shown}, valid")),
        n => Check::note(
            ID,
            area,
            format!("{shown}, valid, with {}", counted(n, "warning")),
        )
        .fix("tollgate config validate shows them"),
    }];
    let (trust, may_be_used) = trust(ground, &loaded);
    checks.push(trust);
    (checks, may_be_used.then_some(loaded))
}

fn not_loaded(error: &SettingsError, shown: &str) -> Check {
    const ID: &str = "configuration";
    let area = Area::Configuration;
    match error {
        SettingsError::DirectoryMissing { .. } => {
            Check::note(ID, area, format!("there is none in {shown}"))
                .fix("tollgate init writes one for the tools found here")
        }
        SettingsError::Invalid(diagnostics) => {
            let n_errors = diagnostics.iter().filter(|it| it.is_error()).count();
            let message = format!("{shown} has {}", counted(n_errors, "mistake"));
            Check::problem(ID, area, message)
                .fix("tollgate config validate shows each with its place and what to write")
        }
        _ => Check::problem(ID, area, format!("failed to {}", sentence(error)))
            .fix("tollgate config validate says more"),
    }
}

/// Whether programs that it names may be run.
fn trust(ground: &Ground, loaded: &Loaded) -> (Check, bool) {
    const ID: &str = "trust";
    const FIX: &str = "look at it, then run: tollgate config trust";
    let area = Area::Configuration;
    match check_trust(&ground.places, loaded) {
        Ok(TrustState::Trusted) => (Check::good(ID, area, "trusted"), true),
        Ok(TrustState::Untrusted { .. }) => {
            let message = "not trusted yet: nothing that it names is run";
            (Check::note(ID, area, message).fix(FIX), false)
        }
        Ok(TrustState::Changed { .. }) => {
            let message = "it changed since you trusted it: nothing that it names is run";
            (Check::note(ID, area, message).fix(FIX), false)
        }
        Err(error) => {
            let message = format!("failed to {}", sentence(&error));
            (Check::problem(ID, area, message).fix(FIX), false)
        }
    }
}

fn tools(ground: &Ground, loaded: Loaded) -> Vec<Check> {
    let places = &ground.places;
    // Without a home the cache is in the state directory, where a look leaves nothing.
    let is_apart = !places.cache_dir.starts_with(&places.state_dir);
    tool_checks(&ToolProbe {
        settings: &loaded.settings,
        config: &ConfigLoaded {
            digest: loaded.settings.digest(),
            files: loaded.files,
        },
        env: &ground.variables(),
        cache_dir: is_apart.then(|| places.cache_dir.clone()),
    })
}

fn count(checks: &[Check], verdict: Verdict) -> usize {
    checks.iter().filter(|it| it.verdict == verdict).count()
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// `2 problems, 1 note; tollgate doctor --fix mends 1 of them`.
fn summary(checks: &[Check]) -> String {
    let counts: Vec<String> = [(Verdict::Problem, "problem"), (Verdict::Note, "note")]
        .into_iter()
        .map(|(verdict, what)| (count(checks, verdict), what))
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| counted(n, what))
        .collect();
    if counts.is_empty() {
        return "everything is in order".to_owned();
    }
    let n_fixable = checks.iter().filter(|check| check.fixable).count();
    let fix = match n_fixable {
        0 => String::new(),
        n => format!("; tollgate doctor --fix mends {n} of them"),
    };
    format!("{}{fix}", counts.join(", "))
}

/// For people: a group for each area, a line for each check.
fn report(checks: &[Check], mended: &[Mended], quiet: bool) -> String {
    let mut text = String::new();
    let shown = |check: &&Check| !quiet || check.verdict != Verdict::Good;
    let mut last = None;
    for check in checks.iter().filter(shown) {
        if last != Some(check.area) {
            text.push_str(if last.is_some() { "\n" } else { "" });
            text.push_str(title(check.area));
            text.push('\n');
            last = Some(check.area);
        }
        let word = word(check.verdict);
        text.push_str(&format!("  {word:<9}{}\n", one_line(&check.message, LINE)));
        let fix = check
            .fix
            .as_ref()
            .filter(|_| check.verdict != Verdict::Good);
        if let Some(fix) = fix {
            text.push_str(&format!("  {:<9}fix: {}\n", "", one_line(fix, LINE)));
        }
    }
    if !mended.is_empty() {
        text.push_str("\nMended\n");
        for one in mended {
            let word = if one.done { "done" } else { "failed" };
            text.push_str(&format!("  {word:<9}{}\n", one_line(&one.message, LINE)));
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text + &summary(checks)
}

fn title(area: Area) -> &'static str {
    match area {
        Area::State => "State directory",
        Area::Journal => "Journal",
        Area::Index => "Index",
        Area::Runs => "Runs",
        Area::Files => "Files of runs",
        Area::Processes => "Processes",
        Area::Configuration => "Configuration",
        Area::Tools => "Tools",
        Area::Host => "This machine",
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "ok",
        Verdict::Note => "note",
        Verdict::Problem => "problem",
    }
}

/// For programs; with an error like that of any command when something is wrong.
fn document(checks: &[Check], mended: Option<&Vec<Mended>>, failure: Option<&Failure>) -> Value {
    let mut document = json!({ "healthy": failure.is_none(), "checks": checks });
    if let Some(mended) = mended {
        document["mended"] = json!(mended);
    }
    if let Some(failure) = failure {
        document["error"] = failure.document()["error"].take();
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen() -> Vec<Check> {
        vec![
            Check::good("a", Area::State, "here"),
            Check::problem("b", Area::State, "two\nlines\x1b[2J").fix("do it"),
            Check::note("c", Area::Tools, "there"),
        ]
    }

    #[test]
    fn people_read_words_and_what_to_do() {
        insta::assert_snapshot!(report(&seen(), &[], false), @r"
        State directory
          ok       here
          problem  two lines\u{1b}[2J
                   fix: do it

        Tools
          note     there

        1 problem, 1 note
        ");
        insta::assert_snapshot!(report(&seen(), &[], true), @r"
        State directory
          problem  two lines\u{1b}[2J
                   fix: do it

        Tools
          note     there

        1 problem, 1 note
        ");
    }

    #[test]
    fn when_all_is_well_one_line_says_so() {
        let well = &seen()[..1];
        assert_eq!(report(well, &[], true), "everything is in order");
        assert!(report(well, &[], false).ends_with("\n\neverything is in order"));
    }

    #[test]
    fn what_was_mended_is_told_with_what_was_not() {
        let mended =
            [(true, "removed 1 file"), (false, "failed to open it")].map(|(done, message)| {
                Mended {
                    id: "x",
                    done,
                    message: message.to_owned(),
                }
            });
        let text = report(&seen()[..1], &mended, true);
        insta::assert_snapshot!(text.trim_start(), @r"
        Mended
          done     removed 1 file
          failed   failed to open it

        everything is in order
        ");
    }
}
