//! Tools: string templates and `cmd` lists become argument lists.

use super::command_line::{self, CommandLine, Refusal};
use super::emit::Remarks;
use super::tree::{keep_known, put, scalar, take};
use crate::model::excerpt;
use crate::settings::collector::Collector;
use crate::settings::files::FileKind;
use crate::settings::yaml::{Content, Node, Position};

/// Rewrite every tool of `tools`; `text` is the file they come from.
pub(super) fn rewrite(tools: &mut Node, text: &str, remarks: &mut Remarks, notes: &mut Collector) {
    let Content::Map(entries) = &mut tools.content else {
        return;
    };
    for entry in entries {
        let path = format!("tools.{}", excerpt(&entry.key));
        let tool = &mut entry.value;
        if let Some(template) = take(tool, "command_template").filter(|t| !t.is_null()) {
            from_template(tool, &template, text, &path, notes);
        } else if let Some(command) = take(tool, "cmd") {
            from_list(tool, &command, &path, notes);
        }
        if let Some(seconds) = take(tool, "timeout_sec") {
            put(tool, "timeout", seconds);
        }
        let remark = match tool.get("binary").and_then(Node::text) {
            Some("claude") => Some("claude-code"),
            Some("codex") => Some("codex"),
            _ => None,
        };
        if let Some(adapter) = remark {
            let remark = format!(
                "With 'adapter: {adapter}' instead of args, stdin and output, tokens and cost are read too."
            );
            remarks
                .entry(format!("tools.{}", entry.key))
                .or_default()
                .push(remark);
        }
        keep_known(tool, tool_object(), &path, notes);
    }
}

/// The table of a tool.
fn tool_object() -> &'static crate::settings::shape::Object {
    super::source::entries_object(FileKind::Tools)
}

fn from_template(tool: &mut Node, template: &Node, text: &str, path: &str, notes: &mut Collector) {
    let path = format!("{path}.command_template");
    let Some(words) = template.text() else {
        notes
            .error(
                template.at,
                &path,
                format!("Expected text, found {}", template.describe()),
            )
            .fix("write the arguments as a list under 'args'");
        return;
    };
    match command_line::split(words) {
        Ok(line) => apply(tool, &line, template.at, &path, notes),
        Err(Refusal {
            offset,
            why,
            instead,
        }) => {
            let at = place(template.at, offset, text);
            notes
                .error(at, &path, format!("Cannot be migrated: {why}"))
                .fix(instead);
        }
    }
}

/// Where character `offset` of a scalar is in the file; the scalar's start for block scalars.
fn place(start: Position, offset: usize, text: &str) -> Position {
    let line = text
        .lines()
        .nth((start.line as usize).saturating_sub(1))
        .unwrap_or_default();
    let first = line.chars().nth((start.column as usize).saturating_sub(1));
    let shift = match first {
        Some('|' | '>') | None => return start,
        Some('"' | '\'') => offset + 1,
        Some(_) => offset,
    };
    Position {
        column: start
            .column
            .saturating_add(u32::try_from(shift).unwrap_or(0)),
        ..start
    }
}

fn apply(tool: &mut Node, line: &CommandLine, at: Position, path: &str, notes: &mut Collector) {
    let carries_prompt = line
        .args
        .iter()
        .any(|arg| arg == "{prompt_file}" || arg == "{prompt}");
    if !carries_prompt && !line.prompt_on_stdin {
        notes
            .error(
                at,
                path,
                "Cannot be migrated: the prompt never reaches the tool",
            )
            .fix("add '< {prompt_file}' at the end if it reads standard input");
        return;
    }
    if line.prompt_on_stdin && carries_prompt {
        notes
            .error(
                at,
                path,
                "Cannot be migrated: the prompt reaches the tool twice",
            )
            .fix("keep either '< {prompt_file}' or the placeholder");
        return;
    }
    if let Some(flag) = &line.prompt_as_value_of {
        notes
            .warning(
                at,
                path,
                format!("The prompt became the value of '{}'", excerpt(flag)),
            )
            .fix("check that this flag takes a value; if not, write 'stdin: prompt' instead");
        put(tool, "prompt_as_value_of", scalar(at, flag, false));
    }
    let args = line.args.iter().map(|arg| scalar(at, arg, false)).collect();
    put(tool, "adapter", scalar(at, "template", false));
    put(tool, "args", Node::new(at, Content::List(args)));
    put(
        tool,
        "stdin",
        scalar(
            at,
            if line.prompt_on_stdin {
                "prompt"
            } else {
                "none"
            },
            false,
        ),
    );
    put(tool, "output", scalar(at, "text", false));
}

/// `{mode: batch, cmd: [program, arguments...]}`.
fn from_list(tool: &mut Node, command: &Node, path: &str, notes: &mut Collector) {
    let path = format!("{path}.cmd");
    if let Some(mode) = take(tool, "mode").filter(|mode| mode.text() != Some("batch")) {
        notes
            .error(
                mode.at,
                &path,
                format!("Cannot be migrated: mode is {}", mode.describe()),
            )
            .fix("only tools that run without a person can be used: 'mode: batch'");
        return;
    }
    let words: Vec<&str> = command.items().iter().filter_map(Node::text).collect();
    let (Some((program, args)), true) = (words.split_first(), words.len() == command.items().len())
    else {
        notes
            .error(command.at, &path, "Cannot be migrated: not a list of texts")
            .fix("write the program and its arguments as a list of texts");
        return;
    };
    // As a template in which every element is quoted: the same rules hold for both forms.
    if let Some(odd) = args.iter().find(|arg| arg.contains('\'') || arg.is_empty()) {
        notes
            .error(
                command.at,
                &path,
                format!("Cannot be migrated: the element '{}'", excerpt(odd)),
            )
            .fix("write the arguments as a list under 'args'");
        return;
    }
    let quoted: Vec<String> = args.iter().map(|arg| format!("'{arg}'")).collect();
    match command_line::split(&format!("{{binary}} {}", quoted.join(" "))) {
        Ok(mut line) => {
            line.prompt_on_stdin = !line
                .args
                .iter()
                .any(|arg| arg == "{prompt_file}" || arg == "{prompt}");
            put(tool, "binary", scalar(command.at, program, false));
            apply(tool, &line, command.at, &path, notes);
        }
        Err(Refusal { why, instead, .. }) => {
            notes
                .error(command.at, &path, format!("Cannot be migrated: {why}"))
                .fix(instead);
        }
    }
}
