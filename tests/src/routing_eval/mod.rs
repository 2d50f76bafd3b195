//! Is the complexity score better than chance? The measurements behind `docs/routing-quality.md`.
//!
//! `cargo run --release -p tollgate-tests --bin routing-eval -- --data FILE [--train-out FILE]`
//! trains and tests on the same file, never on the same rows; `--shipped` tests the weights that are
//! in the policy on a file that they have never seen.

mod boost;
mod bootstrap;
mod csv;
mod curve;
mod folds;
mod prices;
mod ranks;
mod report;
mod rows;
#[path = "../../../plugins/policies/cost-optimizer/src/score.rs"]
mod score;
mod trained;
#[path = "../../../plugins/policies/cost-optimizer/src/weights.rs"]
mod weights;

use std::path::PathBuf;
use std::process::ExitCode;

use boost::{SENSIBLE, float_sum};
use folds::{Cut, out_of_fold};
use ranks::rank_correlation;
use report::{Ordering, tables};
use rows::{Row, rows};
use trained::Trained;
use weights::WEIGHTS;

const USAGE: &str = "usage: routing-eval --data FILE [--shipped | --train-out FILE]\n\
    FILE: columns set, prompt, weak_correct, strong_correct, weak_answer_chars, strong_answer_chars";

/// What was asked for.
#[derive(Debug, Default)]
struct Asked {
    file: PathBuf,
    shipped: bool,
    train_out: Option<PathBuf>,
}

/// The program.
pub fn main() -> ExitCode {
    let outcome = asked(std::env::args().skip(1)).and_then(|asked| run(&asked));
    match outcome {
        Ok(report) => {
            print!("{report}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("routing-eval: {why}");
            ExitCode::FAILURE
        }
    }
}

fn asked(mut arguments: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut asked = Asked::default();
    let mut given = false;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--shipped" => asked.shipped = true,
            "--data" => {
                asked.file = arguments.next().ok_or(USAGE)?.into();
                given = true;
            }
            "--train-out" => asked.train_out = Some(arguments.next().ok_or(USAGE)?.into()),
            _ => return Err(USAGE.to_owned()),
        }
    }
    if !given || asked.shipped && asked.train_out.is_some() {
        return Err(USAGE.to_owned());
    }
    Ok(asked)
}

fn run(asked: &Asked) -> Result<String, String> {
    let place = asked.file.display();
    let text = std::fs::read_to_string(&asked.file).map_err(|error| format!("{place}: {error}"))?;
    let rows = rows(&text).map_err(|error| format!("{place}: {error}"))?;
    if rows.len() < 100 {
        return Err(format!("{place}: {} questions are too few", rows.len()));
    }
    let mut report = heading(&rows);
    if asked.shipped {
        report.push_str("Ordered by the weights that are in the policy.\n\n");
        report.push_str(&tables(&rows, &[shipped(&rows), length(&rows)])?);
        return Ok(report);
    }
    report.push_str(&tables(
        &rows,
        &[
            learned("score", &rows, Cut::Rows),
            learned("score, kinds never seen", &rows, Cut::Sets),
            learned("score, directions learned too", &rows, Cut::RowsFree),
            learned("score, nothing to learn", &rows, Cut::Noise),
            length(&rows),
        ],
    )?);
    report.push_str(&of_all_rows(&rows, asked)?);
    Ok(report)
}

fn heading(rows: &[Row]) -> String {
    let share = |right: &dyn Fn(&Row) -> bool| {
        let n = rows.iter().filter(|row| right(row)).count();
        100.0 * n as f64 / rows.len() as f64
    };
    format!(
        "{} questions; right: cheap {:.1} %, dear {:.1} %; the dear one alone: {:.1} %, the cheap one \
         alone: {:.1} %\n\n",
        rows.len(),
        share(&|row| row.weak),
        share(&|row| row.strong),
        share(&|row| row.strong && !row.weak),
        share(&|row| row.weak && !row.strong),
    )
}

/// The final weights, learned from all rows: how they compare with what is in the policy.
fn of_all_rows(rows: &[Row], asked: &Asked) -> Result<String, String> {
    let all: Vec<&Row> = rows.iter().collect();
    let wanted: Vec<bool> = rows.iter().map(Row::needs_strong).collect();
    let trained = Trained::from(&all, &wanted, &SENSIBLE);
    if let Some(path) = &asked.train_out {
        std::fs::write(path, trained.source())
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let exact: Vec<f64> = rows
        .iter()
        .map(|row| float_sum(&trained.exact, row))
        .collect();
    let weights = trained.weights();
    let whole: Vec<f64> = rows
        .iter()
        .map(|row| weights.sum(&row.numbers) as f64)
        .collect();
    let scores: Vec<f64> = rows
        .iter()
        .map(|row| trained::score(&weights, row))
        .collect();
    let same = weights == WEIGHTS;
    Ok(format!(
        "\nRank correlation of exact sums with whole-number sums: {:.6}, with scores: {:.6}\n\
         The weights in the policy {} what these rows teach.\n",
        rank_correlation(&exact, &whole),
        rank_correlation(&exact, &scores),
        if same { "are" } else { "are not" },
    ))
}

fn learned(name: &'static str, rows: &[Row], cut: Cut) -> Ordering {
    Ordering {
        name,
        scores: out_of_fold(rows, cut),
    }
}

fn shipped(rows: &[Row]) -> Ordering {
    let scores = rows
        .iter()
        .map(|row| trained::score(&WEIGHTS, row))
        .collect();
    Ordering {
        name: "score",
        scores: vec![scores],
    }
}

/// The longer the question, the earlier it goes to the dear model.
fn length(rows: &[Row]) -> Ordering {
    let chars = score::FEATURES.iter().position(|name| *name == "chars");
    let chars = chars.expect("`chars` is one of the numbers");
    let scores = rows.iter().map(|row| row.numbers[chars] as f64).collect();
    Ordering {
        name: "length",
        scores: vec![scores],
    }
}

#[cfg(test)]
mod tests;
