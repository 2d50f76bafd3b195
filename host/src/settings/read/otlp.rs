//! `otlp` in `telemetry.yaml`: where records of runs are sent.
//!
//! Headers are looked at, but their variables are not filled in here: a machine without the key of a
//! collector must still be able to do everything else, and no secret belongs into the settings.

use std::collections::BTreeMap;

use super::tools::not_expanded;
use super::value;
use crate::model::{Otlp, OtlpEndpoint, OtlpNames, excerpt};
use crate::settings::collector::Collector;
use crate::settings::environment::Environment;
use crate::settings::expand::{NotExpanded, expand};
use crate::settings::yaml::Node;

pub(super) fn read(root: &Node, notes: &mut Collector) -> Option<Otlp> {
    let node = root.get("otlp")?;
    let headers = headers(node, notes);
    let endpoint = endpoint(node, notes)?;
    let words = value::texts(node, "signals");
    let is_sent = |word: &str| words.is_empty() || words.iter().any(|signal| signal == word);
    let names = value::text(node, "names");
    let batch = value::whole(node, "batch").and_then(|n| u32::try_from(n).ok());
    Some(Otlp {
        endpoint,
        headers,
        names: names
            .and_then(|word| OtlpNames::from_word(&word))
            .unwrap_or_default(),
        traces: is_sent("traces"),
        metrics: is_sent("metrics"),
        batch: batch.unwrap_or(Otlp::BATCH),
        timeout: value::duration(node, "timeout").unwrap_or(Otlp::TIMEOUT),
    })
}

fn endpoint(node: &Node, notes: &mut Collector) -> Option<OtlpEndpoint> {
    let written = node.get("endpoint")?;
    let text = written.text().filter(|text| !text.is_empty())?;
    match OtlpEndpoint::parse(text) {
        Ok(endpoint) => {
            if endpoint.is_readable_on_the_way() {
                let message = "What is sent, headers with secrets among it, can be read on its way";
                notes
                    .warning(written.at, "otlp.endpoint", message)
                    .fix("use an address that begins with https://");
            }
            Some(endpoint)
        }
        Err(why) => {
            // Not the text itself: it may hold a password.
            let message = format!("Not the address of a collector: {}", why.problem);
            notes
                .error(written.at, "otlp.endpoint", message)
                .fix(why.fix);
            None
        }
    }
}

fn headers(node: &Node, notes: &mut Collector) -> BTreeMap<String, String> {
    let mut headers = BTreeMap::new();
    for entry in node.get("headers").map(Node::entries).unwrap_or_default() {
        let path = format!("otlp.headers.{}", excerpt(&entry.key));
        let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if entry.key.is_empty() || !entry.key.bytes().all(is_token) {
            let message = format!("'{}' is not the name of a header", excerpt(&entry.key));
            notes
                .error(entry.key_at, &path, message)
                .fix("use letters, digits and dashes");
        }
        let Some(text) = entry.value.text() else {
            continue;
        };
        // Against an environment without variables: what is missing is no mistake, the rest is.
        match expand(text, &Environment::default()) {
            Err(why @ (NotExpanded::BadName(_) | NotExpanded::Unclosed)) => {
                let (message, fix) = not_expanded(&why);
                notes.error(entry.value.at, &path, message).fix(fix);
            }
            Ok(_) | Err(NotExpanded::Unset(_) | NotExpanded::NotText(_)) => {
                headers.insert(entry.key.clone(), text.to_owned());
            }
        }
    }
    headers
}
