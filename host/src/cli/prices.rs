//! `tollgate model update-prices`: a price list of somebody else, read into `prices.yaml`.
//!
//! Shows what changes. Old prices stay in the file and go on holding for what ran before; nothing is
//! fetched from anywhere.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::model::{Clock as _, MicroUsd, Price, Prices, SystemClock};
use crate::settings::{PriceChange, PriceImport, PriceUpdate, import_prices, update_prices};

use super::args::Global;
use super::escape::one_line;
use super::failure::Failure;
use super::open::{self, Ground};
use super::screen::Screen;
use super::table::Table;

/// Rows that are shown; the JSON document has all.
const ROWS: usize = 100;

/// Options of `model update-prices`.
#[derive(Debug, Args)]
pub(crate) struct UpdatePricesArgs {
    /// The list: LiteLLM's model_prices_and_context_window.json, fetched by you.
    pub(crate) file: PathBuf,
    /// Take every model of the list, not only those that models.yaml names or that are listed
    /// already.
    #[arg(long)]
    pub(crate) all: bool,
    /// Show what would change, and write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Read the list and write what changes.
pub(super) fn run(args: &UpdatePricesArgs, global: &Global, screen: Screen) -> Result<(), Failure> {
    let ground = Ground::find(global)?;
    let failed = |error| open::settings(&error, &ground.environment);
    let import = import_prices(&args.file, SystemClock.now()).map_err(failed)?;
    let update = update_prices(&ground.places, &ground.environment, &import, args.all);
    let update = update.map_err(failed)?;
    let write = !args.dry_run && !update.changes.is_empty();
    if write {
        update.write().map_err(failed)?;
    }
    if screen.json() {
        screen.document(&json!({
            "path": update.path,
            "written": write,
            "changes": update.changes,
            "unknown": update.unknown,
            "left_out": left_out(&import),
        }));
        return Ok(());
    }
    show(&update, screen);
    let path = ground.environment.display(&update.path);
    match (write, update.changes.is_empty()) {
        (true, _) => screen.result(&format!("wrote {path}")),
        (false, true) => screen.result("no price changes"),
        (false, false) => screen.result(&format!("{path} is left as it is (--dry-run)")),
    }
    Ok(())
}

fn show(update: &PriceUpdate, screen: Screen) {
    if !update.changes.is_empty() {
        screen.result(&table(&update.changes).to_string());
    }
    if update.changes.len() > ROWS {
        screen.note(&format!(
            "and {} more, see --json",
            update.changes.len() - ROWS
        ));
    }
    for change in &update.changes {
        if change.overruled_by.is_some() {
            let model = one_line(&change.model, 80);
            screen.warn(&format!(
                "models.yaml states other prices of {model}, and these win"
            ));
        }
    }
    if !update.unknown.is_empty() {
        let names = one_line(&update.unknown.join(", "), 400);
        screen.warn(&format!("the list does not know: {names}"));
    }
}

fn table(changes: &[PriceChange]) -> Table {
    let mut table = Table::new([
        "Model",
        "In $/M",
        "now",
        "Out $/M",
        "now",
        "Cache read $/M",
        "now",
        "Window",
        "now",
    ]);
    for it in changes.iter().take(ROWS) {
        let price = |of: fn(&Prices) -> Option<Price>| {
            let before = it
                .before
                .as_ref()
                .map_or_else(|| "-".to_owned(), |it| dollars(of(it)));
            [before, dollars(of(&it.after))]
        };
        let [input_before, input] = price(|it| it.input);
        let [output_before, output] = price(|it| it.output);
        let [read_before, read] = price(|it| it.cache_read);
        let window = |tokens: Option<u64>| tokens.map_or_else(|| "?".to_owned(), |n| n.to_string());
        table.row([
            it.model.clone(),
            input_before,
            input,
            output_before,
            output,
            read_before,
            read,
            window(it.window_before),
            window(it.window_after),
        ]);
    }
    table
}

fn dollars(price: Option<Price>) -> String {
    price.map_or_else(
        || "?".to_owned(),
        |Price(micros)| MicroUsd(micros).to_string(),
    )
}

fn left_out(import: &PriceImport) -> Vec<serde_json::Value> {
    let left_out = import.left_out.iter();
    left_out
        .map(|(model, why)| json!({"model": model, "why": why}))
        .collect()
}
