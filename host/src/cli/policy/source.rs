//! Where policies come from and which components answer, in words.

use serde_json::{Value, json};

use crate::cli::escape::one_line;
use crate::engine::Link;
use crate::model::{Digest, Phase, PolicySource};

/// How much of a digest is shown: enough to tell components apart, short enough for a table.
const SHOWN: usize = 12;

/// Where a policy's component comes from.
pub(super) fn source(
    source: &PolicySource,
    display: impl Fn(&std::path::Path) -> String,
) -> String {
    match source {
        PolicySource::Id(id) => format!("built-in {id}"),
        PolicySource::File(path) => one_line(&display(path), 60),
    }
}

/// The beginning of a digest; a dash when nothing answered.
pub(super) fn short(digest: &Digest) -> String {
    let short: String = digest.as_str().chars().take(SHOWN).collect();
    if short.is_empty() {
        "-".to_owned()
    } else {
        one_line(&short, SHOWN)
    }
}

/// Whether a fault of it denies.
pub(super) fn counts(required: bool) -> &'static str {
    if required { "required" } else { "advisory" }
}

/// When it is asked.
pub(super) fn phases(link: &Link) -> Vec<Phase> {
    let all = Phase::ALL.into_iter();
    all.filter(|phase| link.answers_in(*phase)).collect()
}

/// The component that answers, for programs.
pub(super) fn component(link: &Link) -> Value {
    let Ok(plugin) = &link.plugin else {
        return Value::Null;
    };
    let about = plugin.about();
    json!({
        "id": about.id,
        "version": about.version,
        "summary": about.summary,
        "sha256": plugin.digest(),
        "contract": plugin.contract(),
        // The loader refuses a policy that imports anything.
        "imports": [],
    })
}
