//! The page of the reference for people, `docs/api.md`, out of the table of routes.

use std::fmt::Write as _;

use super::super::problem::CODES;
use super::super::route::{Act, Param, Place, Route};
use super::super::routes::all;
use super::openapi::{problems, tag};

const INTRODUCTION: &str = include_str!("introduction.md");

/// The page, as Markdown.
#[must_use]
pub fn reference() -> String {
    let mut page = INTRODUCTION.to_owned();
    let mut tags: Vec<&str> = Vec::new();
    for route in all() {
        if !tags.contains(&tag(route)) {
            tags.push(tag(route));
        }
    }
    for heading in tags {
        push(&mut page, &format!("\n## {heading}\n"));
        for route in all().filter(|route| tag(route) == heading) {
            push(&mut page, &section(route));
        }
    }
    push(&mut page, &codes());
    page
}

fn push(page: &mut String, text: &str) {
    page.push_str(text);
}

fn section(route: &Route) -> String {
    let path = route.path.replace("{*", "{");
    let mut text = format!("\n### {} {path}\n\n{}.", route.verb.as_str(), route.summary);
    if route.is_open {
        text.push_str(" Needs no token.");
    }
    if !route.about.is_empty() {
        text.push(' ');
        text.push_str(route.about);
    }
    text.push_str("\n\n");
    let rows: Vec<String> = route
        .params
        .iter()
        .map(param)
        .chain(fields(route))
        .collect();
    if !rows.is_empty() {
        text.push_str("| in | name | is | |\n|---|---|---|---|\n");
        text.push_str(&rows.concat());
        text.push('\n');
    }
    let answers: Vec<String> = route
        .replies
        .iter()
        .map(|reply| {
            let media = match reply.media {
                "" => String::new(),
                media => format!(" `{media}`"),
            };
            let about = match reply.about {
                "" => String::new(),
                about => format!(" ({})", about.trim_end_matches('.')),
            };
            format!("{}{media}{about}", reply.status)
        })
        .collect();
    line(&mut text, "Answers", &answers);
    let own = problems(route).into_iter().flat_map(|(status, classes)| {
        let own = classes
            .into_iter()
            .filter(|class| route.fails.contains(&class.code));
        own.map(move |class| format!("{status} `{}`", class.code))
    });
    line(&mut text, "Problems of its own", &own.collect::<Vec<_>>());
    text.push_str(&example(route));
    text.trim_end().to_owned() + "\n"
}

fn line(text: &mut String, title: &str, items: &[String]) {
    if !items.is_empty() {
        // Writing to a string cannot fail.
        if !text.ends_with("\n\n") {
            text.push('\n');
        }
        let _ = writeln!(text, "{title}: {}.", items.join(", ")).is_ok();
    }
}

fn param(param: &Param) -> String {
    let must = match param.default {
        Some(default) => format!("{}; `{default}` if absent", param.kind.must()),
        None if param.is_required && param.place != Place::Path => {
            format!("{}; required", param.kind.must())
        }
        None => param.kind.must(),
    };
    row(param.place.as_str(), param.name, &must, param.about)
}

fn fields(route: &Route) -> impl Iterator<Item = String> {
    let fields = route.body.iter().flat_map(|form| form.fields);
    fields.map(|field| {
        let required = if field.is_required { "; required" } else { "" };
        let must = format!("{}{required}", field.kind.must());
        row("body", field.name, &must, field.about)
    })
}

fn row(place: &str, name: &str, must: &str, about: &str) -> String {
    format!("| {place} | `{name}` | {must} | {about} |\n")
}

/// A command that works, for what is not obvious.
fn example(route: &Route) -> String {
    let needs_body = route.body.is_some();
    let is_shown = needs_body || matches!(route.act, Act::Log | Act::Stream);
    if !is_shown {
        return String::new();
    }
    let path = route
        .path
        .replace("{run}", "RUN-20261123-001")
        .replace("{*path}", "dashboard/board.md")
        .replace("/attempts/{id}", "/attempts/RUN-20261123-001.i1.a1")
        .replace("{id}", "TASK-1");
    let mut command = "curl -sS".to_owned();
    if matches!(route.act, Act::Stream) {
        command.push_str(" -N");
    }
    if route.verb.as_str() != "GET" {
        let _ = write!(command, " -X {}", route.verb.as_str()).is_ok();
    }
    command.push_str(" -H \"Authorization: Bearer $TOKEN\"");
    for param in route
        .params
        .iter()
        .filter(|param| param.place == Place::Header)
    {
        match param.name {
            "idempotency-key" => command.push_str(" -H \"Idempotency-Key: $(uuidgen)\""),
            "if-match" if !route.is_origin => command.push_str(" -H 'If-Match: \"5f2c\"'"),
            _ => {}
        }
    }
    if let Some(form) = &route.body {
        let _ = write!(
            command,
            " \\\n  -H 'Content-Type: application/json' -d '{}'",
            form.example
        )
        .is_ok();
    }
    format!("\n```sh\n{command} \\\n  \"$URL{path}\"\n```\n")
}

fn codes() -> String {
    let mut text = "\n## Codes of problems\n\n| code | status | |\n|---|---|---|\n".to_owned();
    for class in CODES {
        let _ = writeln!(
            text,
            "| `{}` | {} | {} |",
            class.code, class.status, class.title
        )
        .is_ok();
    }
    text
}
