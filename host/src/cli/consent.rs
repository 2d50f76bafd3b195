//! Questions of policies to the person at the terminal, and what was said to them beforehand.
//!
//! The host asks, in its own words and with its own default; a policy's text stands inside them,
//! bounded and made harmless.

use std::fs::File;
use std::io::IsTerminal as _;

use crate::engine::{self, Consent, EngineError};
use crate::model::{PolicySource, Question, Settings};

use super::args::RequestArgs;
use super::escape::one_line;
use super::failure::Failure;
use super::open;
use super::screen::Screen;

/// What the arguments say, and whether somebody can be asked the rest.
pub(super) fn consent(args: &RequestArgs, screen: Screen) -> Consent {
    Consent {
        answer: args.yes.then_some(true),
        attended: attended(screen),
        force: args.force,
    }
}

/// Whether somebody can be asked.
pub(super) fn attended(screen: Screen) -> bool {
    !screen.json() && std::io::stderr().is_terminal() && File::open("/dev/tty").is_ok()
}

/// Do `work`; when it has questions, ask them and do it once more with the answer.
pub(super) fn asking<T>(
    consent: &mut Consent,
    settings: &Settings,
    screen: Screen,
    mut work: impl FnMut(Consent) -> Result<T, EngineError>,
) -> Result<T, Failure> {
    match work(*consent) {
        Err(EngineError::Questions { questions }) => {
            let yes = questions
                .iter()
                .all(|(policy, question)| ask(policy, question, settings, screen));
            consent.answer = Some(yes);
            work(*consent).map_err(|error| open::engine(&error))
        }
        done => done.map_err(|error| open::engine(&error)),
    }
}

fn ask(policy: &str, question: &Question, settings: &Settings, screen: Screen) -> bool {
    let title = one_line(&question.title, 240);
    let entry = settings.chain.iter().find(|entry| entry.name == policy);
    let built_in = entry.is_some_and(|entry| matches!(entry.source, PolicySource::Id(_)));
    // A question is shown however quiet it is to be: nobody can answer what was not asked.
    if built_in {
        screen.prompt(&format!("⚠️  {title}\n"));
    } else {
        screen.prompt(&format!("⚠️  Policy '{policy}' asks: {title}\n"));
    }
    for line in question.detail.lines().filter(|line| !line.is_empty()) {
        // Somebody else's words never look like the host's own line below.
        let mark = if built_in { "" } else { "  | " };
        screen.prompt(&format!("{mark}{}\n", one_line(line, 240)));
    }
    let answer = engine::typed(|| screen.prompt("Proceed? [y/N] "))
        .ok()
        .flatten()
        .unwrap_or_default();
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}
