//! `console` blocks: lines that begin with `$ ` are typed, what follows is what must be seen.
//!
//! Owns the comparison. A line `…` stands for any lines and `…` within a line for any text; times,
//! dates, and ids are compared by their form. `> ` continues a command. The blocks of a page share
//! one house, in order.

use regex::Regex;

use crate::page::{Page, pages, writing};
use crate::stage::Stage;

#[test]
fn every_transcript_is_what_the_program_says() {
    let mut wrong = String::new();
    for mut page in pages() {
        wrong.push_str(&play(&mut page));
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Type all commands of a page and describe every difference.
fn play(page: &mut Page) -> String {
    let blocks = page.blocks();
    let mut differences = String::new();
    let stage = Stage::new(page);
    let mut rewritten = Vec::new();
    let mut day = None;
    for block in blocks.iter().filter(|b| b.language == "console") {
        let mut seen_block = String::new();
        let mut differs = false;
        for (typed, expected) in steps(&page.text[block.range.clone()]) {
            let seen = stage.type_in(&on(day.as_deref(), &typed.join("\n")));
            day = day_of(&seen).or(day);
            seen_block.push_str(&format!("$ {}\n", typed.join("\n> ")));
            if matches(&expected, &seen) {
                seen_block.push_str(&expected);
            } else {
                seen_block.push_str(&shortened(&seen, &expected));
                differs = true;
                let place = format!("{}:{}", page.name, block.line);
                differences.push_str(&format!(
                    "\n-- {place}: {}\n-- expected\n{expected}-- seen\n{seen}",
                    typed.join("\n")
                ));
            }
        }
        if differs {
            rewritten.push((block.range.clone(), seen_block));
        }
    }
    if !writing() {
        return differences;
    }
    // From the end, so that the places before stay where they are.
    for (range, text) in rewritten.into_iter().rev() {
        page.replace(range, &text);
    }
    String::new()
}

/// A command as whoever follows the page types it: with the names that runs have on their day.
fn on(day: Option<&str>, command: &str) -> String {
    let Some(day) = day else {
        return command.to_owned();
    };
    let name = Regex::new(r"\bRUN-\d{8}-").expect("a pattern");
    name.replace_all(command, format!("RUN-{day}-"))
        .into_owned()
}

/// The day on which the runs of an output began.
fn day_of(seen: &str) -> Option<String> {
    let name = Regex::new(r"\bRUN-(\d{8})-").expect("a pattern");
    Some(name.captures_iter(seen).last()?[1].to_owned())
}

/// The commands of a block, each with what must follow.
fn steps(block: &str) -> Vec<(Vec<String>, String)> {
    let mut steps: Vec<(Vec<String>, String)> = Vec::new();
    for line in block.lines() {
        let last = steps.last_mut();
        match (line.strip_prefix("$ "), line.strip_prefix("> "), last) {
            (Some(command), _, _) => steps.push((vec![command.to_owned()], String::new())),
            (_, Some(more), Some((typed, seen))) if seen.is_empty() => typed.push(more.to_owned()),
            (_, _, Some((_, seen))) => {
                seen.push_str(line);
                seen.push('\n');
            }
            (_, _, None) => panic!("a console block begins with `$ `, not {line:?}"),
        }
    }
    steps
}

fn matches(expected: &str, seen: &str) -> bool {
    let pattern: String = formed(expected)
        .lines()
        .map(|line| match line {
            "…" => "(?:.*\n)*?".to_owned(),
            line => regex::escape(line).replace('…', ".*") + "\n",
        })
        .collect();
    let pattern = Regex::new(&format!("^{pattern}$")).expect("a pattern");
    let mut seen = formed(seen);
    if !seen.is_empty() && !seen.ends_with('\n') {
        seen.push('\n');
    }
    pattern.is_match(&seen)
}

/// `text` with everything that differs from run to run replaced by its form.
fn formed(text: &str) -> String {
    const FORMS: &[(&str, &str)] = &[
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID"),
        (r"\b[0-9a-f]{64}\b", "DIGEST"),
        (r"\bRUN-\d{8}-", "RUN-DAY-"),
        (r"\b\d{4}-\d{2}-\d{2}(T[0-9:.]+Z)?", "DAY"),
        (r"\b\d+(\.\d)? (ms|s)\b", "TIME"),
        (r#""duration_ms": \d+"#, "TIME"),
        (r"(?m)[ \t]+$", ""),
    ];
    FORMS.iter().fold(text.to_owned(), |text, (form, name)| {
        let form = Regex::new(form).expect("a pattern");
        form.replace_all(&text, *name).into_owned()
    })
}

/// What was seen, cut where the page cut it so far: after the line before a last `…`, and each
/// line that ended with `…` after about as many characters.
fn shortened(seen: &str, expected: &str) -> String {
    let cut = expected.strip_suffix("\n…\n").and_then(|kept| {
        let last = kept.lines().next_back()?;
        let at = seen.find(&format!("{last}\n"))?;
        Some(format!("{}…\n", &seen[..at + last.len() + 1]))
    });
    if let Some(cut) = cut {
        return cut;
    }
    let mut expected = expected.lines();
    seen.lines()
        .map(
            |line| match expected.next().and_then(|e| e.strip_suffix('…')) {
                Some(kept) => format!("{}…\n", whole_words(line, kept.chars().count())),
                None => format!("{line}\n"),
            },
        )
        .collect()
}

/// The first `count` characters of a line, and what is missing of the last word or field.
fn whole_words(line: &str, count: usize) -> &str {
    let mut cuts = line.match_indices([',', ' ']).map(|(at, _)| at + 1);
    let least = line.char_indices().nth(count).map_or(line.len(), |c| c.0);
    &line[..cuts.find(|cut| *cut >= least).unwrap_or(line.len())]
}

#[test]
fn a_page_can_be_followed_on_another_day() {
    let day = day_of("started · RUN-20270101-001\n");
    let typed = on(day.as_deref(), "tollgate run wait RUN-20261122-004");
    assert_eq!(typed, "tollgate run wait RUN-20270101-004");
    assert_eq!(on(None, "tollgate version"), "tollgate version");
}

#[test]
fn forms_are_compared_and_the_rest_to_the_letter() {
    assert!(matches(
        "done in 9 ms · 3 tokens\n",
        "done in 1.2 s · 3 tokens\n"
    ));
    assert!(!matches(
        "done in 9 ms · 3 tokens\n",
        "done in 9 ms · 4 tokens\n"
    ));
    assert!(matches("a\n…\nd\n", "a\nb\nc\nd\n"));
    assert!(matches("a … c\n", "a b c\n"));
    assert!(!matches("a\n", "a\nb\n"));
    assert!(!matches("a\n", ""));
    assert!(matches("RUN-20261122-001\n", "RUN-20270101-001\n"));
    assert_eq!(shortened("a\nb\nc\n", "x\nb\n…\n"), "a\nb\n…\n");
    assert_eq!(
        shortened("a,b,cc,d\ne,f,g,h\n", "a,b,…\ne\n"),
        "a,b,…\ne,f,g,h\n"
    );
    assert_eq!(shortened("a,bbbb,cc,d\n", "a,b,…\n"), "a,bbbb,…\n");
}
