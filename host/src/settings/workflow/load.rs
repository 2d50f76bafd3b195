//! Reading one workflow file.

use std::path::Path;

use serde::Serialize;

use super::{files, graph, references};
use crate::model::{
    AgentName, Digest, ModelName, OnFailure, Settings, StepPrompt, ToolName, Workflow, WorkflowStep,
};
use crate::settings::collector::Collector;
use crate::settings::environment::Environment;
use crate::settings::files::{NotRead, decode, read_bounded};
use crate::settings::read::{Context, tree, value};
use crate::settings::shape::WORKFLOW;
use crate::settings::yaml::{MAX_BYTES, Node, Position};
use crate::settings::{Diagnostic, SettingsError};

/// Most bytes of the steps' names and needs as they stand in one event of the record.
const MOST_NAMED: usize = 48 * 1024;

/// A workflow that can be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoadedWorkflow {
    /// The checked values.
    pub workflow: Workflow,
    /// Over the bytes of the file and of all prompt files that it names.
    pub sha256: Digest,
    /// What probably was not meant so; warnings only.
    pub warnings: Vec<Diagnostic>,
}

/// Read and check the workflow at `path` against `settings`.
///
/// # Errors
/// [`SettingsError::InvalidWorkflow`] with all mistakes; [`SettingsError::Io`] when the file cannot
/// be read at all.
pub fn load_workflow(
    path: &Path,
    environment: &Environment,
    settings: &Settings,
) -> Result<LoadedWorkflow, SettingsError> {
    let path = environment.cwd.join(path);
    let mut notes = Collector::new(environment.display(&path));
    let bytes = match read_bounded(&path, MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(NotRead::Io(error)) => return Err(SettingsError::io("read", path)(error)),
        Err(not_read) => {
            let (message, fix) = match not_read {
                NotRead::TooLarge => ("Larger than 1 MiB", "move prompts to files: prompt_file"),
                _ => ("Not a regular file", "name a file"),
            };
            notes.error(Position::default(), "", message).fix(fix);
            return Err(SettingsError::InvalidWorkflow(notes.into_sorted()));
        }
    };
    let mut digests = vec![Digest::of(&bytes)];
    let read = match decode(bytes) {
        Ok(text) => {
            let context = Context {
                directory: path.parent().unwrap_or(Path::new("/")),
                environment,
            };
            read(&text, &path, context, settings, &mut notes).map(|(workflow, prompts)| {
                digests.extend(prompts);
                workflow
            })
        }
        Err(at) => {
            notes
                .error(at, "", "Not UTF-8")
                .fix("save the file as UTF-8");
            None
        }
    };
    let warnings = notes.into_sorted();
    match read {
        Some(workflow) if !warnings.iter().any(Diagnostic::is_error) => Ok(LoadedWorkflow {
            workflow,
            sha256: together(&digests),
            warnings,
        }),
        _ => Err(SettingsError::InvalidWorkflow(warnings)),
    }
}

fn read(
    text: &str,
    path: &Path,
    context: Context<'_>,
    settings: &Settings,
    notes: &mut Collector,
) -> Option<(Workflow, Vec<Digest>)> {
    let if_empty = "add 'steps:', with at least one step".to_owned();
    let root = tree(text, &WORKFLOW, Some(if_empty), notes)?;
    let steps = root.get("steps").map(Node::items).unwrap_or_default();
    graph::check(steps, notes);
    references::check(steps, settings, notes);
    let prompts = files::check(steps, path, context, notes);
    let steps: Vec<WorkflowStep> = steps
        .iter()
        .filter_map(|node| step(node, context))
        .collect();
    check_record(&root, &steps, notes);
    let workflow = Workflow {
        name: value::text(&root, "name").unwrap_or_else(|| name_of(path)),
        on_failure: match value::text(&root, "on_failure").as_deref() {
            Some("continue") => OnFailure::Continue,
            _ => OnFailure::Stop,
        },
        steps,
    };
    Some((workflow, prompts))
}

fn step(node: &Node, context: Context<'_>) -> Option<WorkflowStep> {
    let prompt = match value::text(node, "prompt") {
        Some(text) => StepPrompt::Text(text),
        None => StepPrompt::File(context.path(&value::text(node, "prompt_file")?)),
    };
    Some(WorkflowStep {
        id: value::text(node, "id")?,
        agent: AgentName::new(value::text(node, "agent")?),
        prompt,
        inputs: once_each(value::texts(node, "inputs")),
        needs: once_each(value::texts(node, "needs")),
        task_type: value::text(node, "task_type"),
        tool: value::text(node, "tool").map(ToolName::new),
        model: value::text(node, "model").map(ModelName::new),
        timeout: value::duration(node, "timeout"),
        max_cost: value::usd(node, "max_cost_usd"),
        output: value::text(node, "output").map(|text| context.path(&text)),
    })
}

fn once_each(names: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let mut names = names;
    names.retain(|name| seen.insert(name.clone()));
    names
}

/// All steps with their needs are one event of the record, which has its bounds.
fn check_record(root: &Node, steps: &[WorkflowStep], notes: &mut Collector) {
    let names: Vec<_> = steps.iter().map(WorkflowStep::step_name).collect();
    let bytes = serde_json::to_vec(&names).map_or(0, |text| text.len());
    if bytes > MOST_NAMED {
        let at = root.get("steps").map_or(root.at, |steps| steps.at);
        notes
            .error(
                at,
                "steps",
                format!(
                    "The ids of the steps, with what each needs, take {bytes} bytes on record; \
                     {MOST_NAMED} is the most"
                ),
            )
            .fix("shorten the ids, or split the workflow up");
    }
}

/// A name for a workflow that has none: the file's, as far as it is one.
fn name_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name: String = stem
        .trim_start_matches('-')
        .chars()
        .map(|c| {
            if c.is_whitespace() || c.is_control() {
                '-'
            } else {
                c
            }
        })
        .take(128)
        .collect();
    if name.is_empty() {
        "workflow".to_owned()
    } else {
        name
    }
}

/// One digest for all: of their texts, a line each, in the order of the file.
fn together(digests: &[Digest]) -> Digest {
    let lines: String = digests.iter().map(|d| format!("{d}\n")).collect();
    Digest::of(lines.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_lends_its_name() {
        for (path, name) in [
            ("/x/release-notes.yaml", "release-notes"),
            ("/x/two words.yml", "two-words"),
            ("/x/--flag.yaml", "flag"),
            ("/", "workflow"),
        ] {
            assert_eq!(name_of(Path::new(path)), name);
        }
    }
}
