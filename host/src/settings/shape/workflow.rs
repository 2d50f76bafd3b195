//! The tables of workflow files.

use super::kind::{Field, Kind, NameRule, Object, OneOf, USD, optional, required};

/// Most steps of one workflow.
pub(crate) const MOST_STEPS: usize = 500;

/// A workflow file.
pub(crate) static WORKFLOW: Object = Object {
    about: "A workflow: requests that follow each other.",
    fields: &[
        optional(
            "name",
            Kind::Name(NameRule::Plain),
            "Its name; that of the file otherwise.",
        ),
        optional(
            "on_failure",
            Kind::Choice(&["stop", "continue"]),
            "`stop`: when a step fails, nothing new is started and what runs is stopped. \
             `continue`: steps that do not need the failed one go on.",
        )
        .or("stop"),
        required(
            "steps",
            Kind::Objects(&STEP, 1, MOST_STEPS),
            "The requests, each a step.",
        ),
        DESCRIPTION,
    ],
    one_of: OneOf::None,
};

static STEP: Object = Object {
    about: "One request. Steps without 'inputs' and 'needs' start at once, side by side.",
    fields: STEP_FIELDS,
    one_of: OneOf::Exactly(&["prompt", "prompt_file"]),
};

const STEP_FIELDS: &[Field] = &[
    required(
        "id",
        Kind::Name(NameRule::Step),
        "Its name among the steps: letters, digits, '-' and '_'.",
    ),
    required("agent", Kind::Text, "Who asks; a name from agents.yaml."),
    optional("prompt", Kind::Text, "What is asked."),
    optional(
        "prompt_file",
        Kind::Text,
        "A file with what is asked; relative paths start at the workflow's folder.",
    ),
    optional(
        "inputs",
        Kind::TextList(0),
        "Steps whose answers are put before the prompt as context; each is needed, too.",
    )
    .or("[]"),
    optional(
        "needs",
        Kind::TextList(0),
        "Steps that must be done before this one starts.",
    )
    .or("[]"),
    optional(
        "task_type",
        Kind::Text,
        "Kind of task, one of the agent's; chooses the model.",
    ),
    optional(
        "tool",
        Kind::Text,
        "Insist on this tool; switches the fallback off.",
    ),
    optional(
        "model",
        Kind::Text,
        "Insist on this model; switches the fallback off.",
    ),
    optional(
        "timeout",
        Kind::Duration,
        "Wall-clock limit of one attempt, instead of the tool's.",
    ),
    optional(
        "max_cost_usd",
        USD,
        "Stop the tool when it has cost this much, in US dollars.",
    ),
    optional(
        "output",
        Kind::Text,
        "File for the answer; relative paths start at the workflow's folder.",
    ),
    DESCRIPTION,
];

const DESCRIPTION: Field = optional("description", Kind::Text, "What it is for; has no effect.");
