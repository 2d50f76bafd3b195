//! `tollgate initiative list|show`: how far the work has come.

use serde_json::json;

use super::{BoardArgs, open, tell_problems};
use crate::board::{Initiative, ProgressBasis};
use crate::cli::args::Global;
use crate::cli::escape::one_line;
use crate::cli::failure::{Code, Failure};
use crate::cli::screen::Screen;
use crate::cli::table::Table;

/// Longest title that is shown.
const WIDTH: usize = 60;

/// All of them.
pub(super) fn list(args: &BoardArgs, global: &Global, screen: Screen) -> Result<(), Failure> {
    let view = open(global, args)?.load();
    let portfolio = view.portfolio();
    if screen.json() {
        let mut document = serde_json::to_value(&portfolio).unwrap_or_default();
        document["problems"] = json!(view.problems);
        screen.document(&document);
        return Ok(());
    }
    tell_problems(&view, screen);
    if portfolio.initiatives.is_empty() {
        let folder = args.specifications.display();
        screen.result("no initiatives");
        screen.note(&format!(
            "a specification is a Markdown file in {folder}/ whose front matter has id, title, status, initiative"
        ));
        return Ok(());
    }
    let names = [
        "Initiative",
        "Title",
        "Status",
        "Priority",
        "Progress",
        "Done",
        "Specs",
    ];
    let mut table = Table::new(names);
    for it in &portfolio.initiatives {
        table.row([
            it.id.clone(),
            one_line(&it.title, WIDTH),
            it.status.as_str().to_owned(),
            it.priority.as_str().to_owned(),
            progress(it.progress, it.progress_basis),
            format!("{}/{}", it.done, it.total),
            it.spec_count.to_string(),
        ]);
    }
    screen.result(&table.to_string());
    let n = portfolio.orphans.len();
    if n > 0 {
        let plural = if n == 1 { " belongs" } else { "s belong" };
        screen.note(&format!(
            "{n} task{plural} to no specification: tollgate task list"
        ));
    }
    Ok(())
}

/// One of them.
pub(super) fn show(
    id: &str,
    args: &BoardArgs,
    global: &Global,
    screen: Screen,
) -> Result<(), Failure> {
    let view = open(global, args)?.load();
    let portfolio = view.portfolio();
    let wanted = id.to_lowercase();
    let found = portfolio
        .initiatives
        .iter()
        .find(|it| it.id == wanted || it.title.to_lowercase() == wanted);
    let Some(found) = found else {
        let known: Vec<&str> = portfolio
            .initiatives
            .iter()
            .map(|it| it.id.as_str())
            .collect();
        let message = format!("there is no initiative '{}'", one_line(id, 100));
        let failure = Failure::new(Code::Board, message);
        return Err(match known.as_slice() {
            [] => failure.hint("there are none; tollgate initiative list says where they are read"),
            known => failure.hint(format!("these are: {}", one_line(&known.join(", "), 300))),
        });
    };
    if screen.json() {
        screen.document(&serde_json::to_value(found).unwrap_or_default());
        return Ok(());
    }
    screen.result(page(found).trim_end());
    Ok(())
}

fn page(it: &Initiative) -> String {
    let mut text = format!(
        "{} · {} · {}\n",
        one_line(&it.title, WIDTH),
        it.status.as_str(),
        progress(it.progress, it.progress_basis)
    );
    for spec in &it.specifications {
        let stale = spec.stale_why.as_ref().filter(|_| spec.stale);
        let stale = stale.map_or_else(String::new, |why| {
            format!(" (stale: {})", one_line(why, 120))
        });
        text.push_str(&format!(
            "\n{} · {} · {} · {}/{} done{stale}\n  {}\n",
            one_line(&spec.title, WIDTH),
            spec.status.as_str(),
            progress(spec.progress, spec.progress_basis),
            spec.done,
            spec.total,
            one_line(&spec.specification_path, 120),
        ));
        for task in &spec.tasks {
            let agent = task.agent.as_deref().unwrap_or("-");
            text.push_str(&format!(
                "  {:<12} {:<9} {}  {} ({})\n",
                task.status.as_str(),
                task.priority.as_str(),
                one_line(&task.id, WIDTH),
                one_line(&task.title, WIDTH),
                one_line(agent, 40),
            ));
        }
    }
    text
}

fn progress(percent: u8, basis: ProgressBasis) -> String {
    match basis {
        ProgressBasis::Manual => format!("{percent} % (set by hand)"),
        ProgressBasis::Weighted => format!("{percent} %"),
    }
}
