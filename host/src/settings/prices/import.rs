//! Price lists in the form of LiteLLM's `model_prices_and_context_window.json`: an object per model,
//! with prices in US dollars per token.
//!
//! <https://github.com/BerriAI/litellm/blob/main/model_prices_and_context_window.json>. Prices pass
//! from the digits in the file to whole micro-dollars per million tokens without a float.

use std::path::Path;

use jiff::Timestamp;

use super::list::{ListedModel, PriceList};
use crate::model::{Price, Prices, excerpt};
use crate::settings::SettingsError;
use crate::settings::decimal::{self, NotExact};
use crate::settings::files::{NotRead, decode, read_bounded};
use crate::settings::shape::NameRule;
use crate::settings::yaml::{self, Content, Node, Position};

/// Largest file that is read; LiteLLM's own has 2 MB.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// Most values in it; LiteLLM's own has a tenth.
const MAX_VALUES: usize = 1_000_000;
/// What is asked in turns; the rest makes pictures, sounds, and vectors.
const MODES: [&str; 2] = ["chat", "responses"];
/// Dollars per token have twelve decimals where dollars per million tokens have six.
const PLACES: i32 = 12;

/// A list of somebody else, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceImport {
    /// The models that can be used.
    pub list: PriceList,
    /// Models that are left out, and why; in the order of names.
    pub left_out: Vec<(String, String)>,
}

/// Read the file at `path`, whose prices hold from `taken` on.
///
/// # Errors
/// [`SettingsError::PriceFile`] with the place in the file when it is not such a list;
/// [`SettingsError::Io`] when it cannot be read.
pub fn import(path: &Path, taken: Timestamp) -> Result<PriceImport, SettingsError> {
    let wrong = |(place, reason): (String, String)| SettingsError::PriceFile {
        path: path.into(),
        place,
        reason,
    };
    let whole = |reason: &str| wrong(("the file".to_owned(), reason.to_owned()));
    let bytes = read_bounded(path, MAX_BYTES).map_err(|e| match e {
        NotRead::NotAFile => whole("it is not a regular file"),
        NotRead::TooLarge => whole("it is larger than 16 MiB"),
        NotRead::Io(e) => SettingsError::io("read", path)(e),
    })?;
    let text = decode(bytes).map_err(|at| wrong((spot(at), "it is not UTF-8".to_owned())))?;
    let mut import = parse(&text).map_err(wrong)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    import.list.source = Some(excerpt(&name));
    import.list.taken = Some(taken);
    Ok(import)
}

/// A place in the file, and what is wrong there.
type Wrong = (String, String);

/// JSON is YAML, and the tree of a YAML text keeps the digits of numbers as they were written.
fn parse(text: &str) -> Result<PriceImport, Wrong> {
    let parsed = yaml::parse_up_to(text, MAX_VALUES);
    if let Some(problem) = parsed.problems.into_iter().next() {
        let reason = problem.message.replace("Invalid YAML", "it is not JSON");
        return Err((spot(problem.at), reason));
    }
    let root = parsed.root.as_ref();
    let Some(root) = root.filter(|root| matches!(root.content, Content::Map(_))) else {
        let found = root.map_or("nothing".to_owned(), Node::describe);
        let reason = format!("expected an object with a model per key, found {found}");
        return Err(("the file".to_owned(), reason));
    };
    let mut import = PriceImport {
        list: PriceList::default(),
        left_out: Vec::new(),
    };
    for entry in root.entries() {
        if !matches!(entry.value.content, Content::Map(_)) {
            let reason = format!("expected an object, found {}", entry.value.describe());
            return Err((place(&excerpt(&entry.key), entry.value.at), reason));
        }
        if !MODES.contains(&word(&entry.value, "mode").unwrap_or_default()) {
            continue;
        }
        match model(&entry.key, &entry.value)? {
            Ok(model) => {
                import.list.models.insert(entry.key.clone(), model);
            }
            Err(why) => import.left_out.push((entry.key.clone(), why)),
        }
    }
    import.left_out.sort();
    Ok(import)
}

/// The model; or why it cannot be used, which is no mistake in the file.
fn model(name: &str, fields: &Node) -> Result<Result<ListedModel, String>, Wrong> {
    if let Some(problem) = NameRule::Model.problem(name) {
        return Ok(Err(format!("its name {problem}")));
    }
    let mut too_fine = None;
    let mut price = |field: &str| -> Result<Option<Price>, Wrong> {
        match price(name, fields, field)? {
            Some(Ok(price)) => Ok(Some(price)),
            Some(Err(why)) => {
                too_fine = Some(why);
                Ok(None)
            }
            None => Ok(None),
        }
    };
    let mut prices = Prices {
        input: price("input_cost_per_token")?,
        output: price("output_cost_per_token")?,
        cache_read: price("cache_read_input_token_cost")?,
        cache_write: price("cache_creation_input_token_cost")?,
        reasoning: price("output_cost_per_reasoning_token")?,
    };
    if let Some(why) = too_fine {
        return Ok(Err(why));
    }
    let (Some(input), Some(output)) = (prices.input, prices.output) else {
        return Ok(Err(
            "it has no price for input or none for output".to_owned()
        ));
    };
    if input == Price(0) && output == Price(0) {
        return Ok(Err(
            "it costs nothing, which a list also says of what it does not know".to_owned(),
        ));
    }
    // Said twice.
    prices.reasoning = prices.reasoning.filter(|price| *price != output);
    let Some(window) = window(name, fields)? else {
        return Ok(Err("it has no max_input_tokens".to_owned()));
    };
    Ok(Ok(ListedModel {
        provider: word(fields, "litellm_provider").map(|provider| vendor(provider).to_owned()),
        context_window: Some(window),
        prices,
        later: Vec::new(),
    }))
}

/// Our word for a vendor.
fn vendor(provider: &str) -> &str {
    match provider {
        "gemini" => "google",
        other => other,
    }
}

/// A price; or why it cannot be kept.
fn price(name: &str, fields: &Node, field: &str) -> Result<Option<Result<Price, String>>, Wrong> {
    let Some(node) = fields.get(field) else {
        return Ok(None);
    };
    let number = node.scalar().filter(|scalar| scalar.is_number());
    let scaled = number.map_or(Err(NotExact::NotANumber), |number| {
        decimal::scaled(&number.text, PLACES)
    });
    let found = node.describe();
    let reason = match scaled {
        Ok(price) => return Ok(Some(Ok(Price(price)))),
        Err(NotExact::TooFine) => {
            let why = format!("{field} has more decimals than can be kept: {found}");
            return Ok(Some(Err(why)));
        }
        Err(NotExact::Negative) => format!("{found} is below zero"),
        Err(NotExact::TooLarge) => format!("{found} is too large"),
        Err(NotExact::NotANumber) => {
            format!("expected a price in dollars per token, found {found}")
        }
    };
    Err((
        place(&format!("{}.{field}", excerpt(name)), node.at),
        reason,
    ))
}

/// The tokens that fit, or fewer: those up to which the price holds, where more cost more.
fn window(name: &str, fields: &Node) -> Result<Option<u64>, Wrong> {
    const FIELD: &str = "max_input_tokens";
    let Some(node) = fields.get(FIELD) else {
        return Ok(None);
    };
    let number = node.scalar().filter(|scalar| scalar.is_number());
    // Some write 200000.0.
    let most = number.and_then(|number| decimal::scaled(&number.text, 0).ok());
    let Some(most) = most.filter(|most| *most > 0) else {
        let reason = format!("expected a number of tokens, found {}", node.describe());
        return Err((
            place(&format!("{}.{FIELD}", excerpt(name)), node.at),
            reason,
        ));
    };
    let mut window = most;
    for entry in fields.entries() {
        let field = entry.key.as_str();
        let Some((base, above)) = tier(field) else {
            continue;
        };
        let costs_more = match (price(name, fields, field)?, price(name, fields, base)?) {
            (Some(Ok(more)), Some(Ok(less))) => more > less,
            // What it costs there is not known.
            (Some(_), _) => true,
            (None, _) => false,
        };
        if costs_more {
            window = window.min(above);
        }
    }
    Ok(Some(window))
}

/// `input_cost_per_token_above_200k_tokens` as the field without the tier, and 200,000. Fields of
/// other kinds of service, such as batches, do not matter.
fn tier(field: &str) -> Option<(&str, u64)> {
    const TIERED: [&str; 5] = [
        "input_cost_per_token",
        "output_cost_per_token",
        "cache_read_input_token_cost",
        "cache_creation_input_token_cost",
        "output_cost_per_reasoning_token",
    ];
    let (base, above) = field.split_once("_above_")?;
    let thousands: u64 = above.strip_suffix("k_tokens")?.parse().ok()?;
    let is_tiered = TIERED.contains(&base) && thousands > 0;
    is_tiered.then(|| (base, thousands.saturating_mul(1_000)))
}

fn word<'f>(fields: &'f Node, field: &str) -> Option<&'f str> {
    fields.get(field)?.text()
}

fn place(path: &str, at: Position) -> String {
    format!("{path} ({})", spot(at))
}

fn spot(at: Position) -> String {
    format!("line {}, column {}", at.line, at.column)
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
