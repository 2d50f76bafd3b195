//! The tables, as Markdown.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::bootstrap::{Figure, figures};
use super::curve::{Costs, Curve, Order};
use super::prices::{PAIRS, costs, price};
use super::rows::Row;

/// Sets that are told apart because they say more about the data than about the score; see the
/// document.
const ODD: [&str; 4] = [
    "mmlu_moral_scenarios",
    "mmlu_elementary_mathematics",
    "mmlu_high_school_mathematics",
    "mmlu_college_mathematics",
];

/// Shares of always dear's quality at which costs are compared.
const QUALITIES: [f64; 2] = [0.95, 0.98];

/// A way to order questions: one list of scores for each way of cutting.
pub(super) struct Ordering {
    pub(super) name: &'static str,
    pub(super) scores: Vec<Vec<f64>>,
}

/// Which rows a line of a table is about.
struct Group {
    name: &'static str,
    /// Places of the rows. More than one list: each is ordered by itself and the curves are added.
    parts: Vec<Vec<usize>>,
}

/// All tables about `rows`; the last of `orderings` must be the one that others are compared with.
///
/// # Errors
/// A price is not known.
pub(super) fn tables(rows: &[Row], orderings: &[Ordering]) -> Result<String, String> {
    let mut text = String::new();
    areas(rows, orderings, &mut text);
    calls(rows, orderings, &mut text);
    equal_quality_of_all(rows, &orderings[0], &mut text);
    equal_quality_of_priced(rows, &orderings[0], &mut text)?;
    Ok(text)
}

fn groups(rows: &[Row]) -> Vec<Group> {
    let pick = |wanted: &dyn Fn(&Row) -> bool| -> Vec<usize> {
        (0..rows.len()).filter(|i| wanted(&rows[*i])).collect()
    };
    let mut sets: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        sets.entry(&row.set).or_default().push(index);
    }
    let is_mmlu = |row: &Row| row.set.starts_with("mmlu");
    let odd = |row: &Row| ODD.contains(&row.set.as_str());
    let groups = [
        ("all", vec![pick(&|_| true)]),
        ("MMLU", vec![pick(&is_mmlu)]),
        ("GSM8K", vec![pick(&|row| row.set == "gsm8k")]),
        ("all but odd sets", vec![pick(&|row| !odd(row))]),
        ("within sets", sets.into_values().collect()),
    ];
    let groups = groups
        .into_iter()
        .map(|(name, parts)| Group { name, parts });
    groups
        .filter(|group| group.parts.iter().any(|part| !part.is_empty()))
        .collect()
}

fn areas(rows: &[Row], orderings: &[Ordering], text: &mut String) {
    line(text, "| questions | n | ordered by | APGR | minus length |");
    line(text, "|---|---|---|---|---|");
    for group in groups(rows) {
        let places = group.parts.concat();
        let prepared: Vec<Vec<Vec<Order>>> = orderings
            .iter()
            .map(|ordering| orders(ordering, &group))
            .collect();
        let length = prepared.last().map(Vec::as_slice).unwrap_or_default();
        for (ordering, orders) in orderings.iter().zip(&prepared) {
            let [area, more] = figures(rows.len(), &places, |times| {
                let area = area(rows, orders, times);
                [area, area - self::area(rows, length, times)]
            });
            let more = match ordering.name {
                "length" => String::new(),
                _ => shown(more, 3),
            };
            let (group, n, name) = (group.name, places.len(), ordering.name);
            let area = shown(area, 3);
            line(
                text,
                &format!("| {group} | {n} | {name} | {area} | {more} |"),
            );
        }
    }
    line(text, "");
}

fn calls(rows: &[Row], orderings: &[Ordering], text: &mut String) {
    line(text, "| questions | ordered by | CPT(50 %) | CPT(80 %) |");
    line(text, "|---|---|---|---|");
    for group in groups(rows) {
        let [places] = &group.parts[..] else {
            continue;
        };
        for ordering in orderings {
            let orders = orders(ordering, &group);
            let [half, most] = figures(rows.len(), places, |times| {
                mean(&orders, |part| {
                    let curve = part[0].curve(rows, None, times);
                    [curve.calls_for(0.5), curve.calls_for(0.8)]
                })
            });
            let (group, name) = (group.name, ordering.name);
            let (half, most) = (percent(half), percent(most));
            line(text, &format!("| {group} | {name} | {half} | {most} |"));
        }
    }
    line(text, "");
}

fn equal_quality_of_all(rows: &[Row], ordering: &Ordering, text: &mut String) {
    line(
        text,
        "| quality | dear calls, by score | dear calls, by chance | difference |",
    );
    line(text, "|---|---|---|---|");
    let all = &groups(rows)[0];
    let orders = orders(ordering, all);
    for quality in QUALITIES {
        let [score, chance, less] = figures(rows.len(), &all.parts[0], |times| {
            mean(&orders, |part| {
                let curve = part[0].curve(rows, None, times);
                let score = curve.equal_quality(quality).0;
                let chance = curve.equal_quality_by_chance(quality).0;
                [score, chance, score - chance]
            })
        });
        let (score, chance, less) = (percent(score), percent(chance), percent(less));
        line(
            text,
            &format!("| {:.0} % | {score} | {chance} | {less} |", quality * 100.0),
        );
    }
    line(text, "");
}

fn equal_quality_of_priced(
    rows: &[Row],
    ordering: &Ordering,
    text: &mut String,
) -> Result<(), String> {
    let priced: Vec<usize> = (0..rows.len())
        .filter(|i| rows[*i].answer_tokens.is_some())
        .collect();
    if priced.is_empty() {
        return Ok(());
    }
    let n = priced.len();
    let group = Group {
        name: "priced",
        parts: vec![priced],
    };
    let orders = orders(ordering, &group);
    line(
        text,
        &format!("Costs of the {n} questions whose answers' lengths are known:\n"),
    );
    line(
        text,
        "| cheap, dear | quality | cost, by score | cost, by chance | difference |",
    );
    line(text, "|---|---|---|---|---|");
    for (cheap, dear) in PAIRS {
        let costs = costs(rows, price(cheap)?, price(dear)?);
        for quality in QUALITIES {
            let of = |curve: &Curve| {
                let score = curve.equal_quality(quality).1;
                let chance = curve.equal_quality_by_chance(quality).1;
                [score, chance, score - chance]
            };
            let [score, chance, less] = figures(rows.len(), &group.parts[0], |times| {
                mean(&orders, |part| {
                    of(&part[0].curve(rows, Some(&costs as &Costs), times))
                })
            });
            let (score, chance, less) = (percent(score), percent(chance), percent(less));
            let quality = quality * 100.0;
            line(
                text,
                &format!("| {cheap}, {dear} | {quality:.0} % | {score} | {chance} | {less} |"),
            );
        }
    }
    Ok(())
}

/// For each way of cutting, each part of the group in order.
fn orders(ordering: &Ordering, group: &Group) -> Vec<Vec<Order>> {
    let scores = ordering.scores.iter();
    let of = |scores: &Vec<f64>| {
        group
            .parts
            .iter()
            .map(|part| Order::new(scores, part))
            .collect()
    };
    scores.map(of).collect()
}

/// Mean area over all ways of cutting.
fn area(rows: &[Row], orders: &[Vec<Order>], times: &[u32]) -> f64 {
    let [area] = mean(orders, |parts| {
        if let [part] = parts {
            return [part.curve(rows, None, times).apgr()];
        }
        // Sets count by their number of questions.
        let (mut area, mut gap) = (0.0, 0.0);
        for part in parts {
            let n = part.count(times);
            if n > 0.0 {
                let curve = part.curve(rows, None, times);
                area += n * curve.area();
                gap += n * curve.gap();
            }
        }
        [area / gap]
    });
    area
}

fn mean<const N: usize>(orders: &[Vec<Order>], measure: impl Fn(&[Order]) -> [f64; N]) -> [f64; N] {
    let mut means = [0.0; N];
    for parts in orders {
        for (mean, value) in means.iter_mut().zip(measure(parts)) {
            *mean += value / orders.len() as f64;
        }
    }
    means
}

fn shown(figure: Figure, digits: usize) -> String {
    let Figure { value, low, high } = figure;
    format!("{value:.digits$} ({low:.digits$} to {high:.digits$})")
}

fn percent(figure: Figure) -> String {
    let [value, low, high] = [figure.value, figure.low, figure.high].map(|it| it * 100.0);
    format!("{value:.1} % ({low:.1} to {high:.1})")
}

fn line(text: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}
