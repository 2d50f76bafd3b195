//! The table of a tool.

use super::kind::{Kind, NOTE, NameRule, Object, OneOf, USD, optional, refused, required};

pub(super) static TOOL: Object = Object {
    about: "An LLM command-line program.",
    fields: &[
        required(
            "binary",
            Kind::Text,
            "The program: a name to look for on PATH, or a path.",
        ),
        optional(
            "binary_path",
            Kind::Text,
            "Path of the program; wins over `platforms` and `binary`.",
        ),
        optional(
            "platforms",
            Kind::Object(&PLATFORMS),
            "The program per operating system; wins over `binary`.",
        ),
        optional(
            "adapter",
            Kind::Text,
            "The plugin that drives the tool: an id such as `claude-code`, `codex` or `template`, \
             or the path of a .wasm file, relative to this directory.",
        )
        .or("template"),
        optional(
            "args",
            Kind::TextList(0),
            "Adapter `template`: the argument list, one element per argument, with the \
             placeholders {model}, {prompt_file} and {output_file}.",
        )
        .or("[]"),
        optional(
            "stdin",
            Kind::Choice(&["prompt", "none"]),
            "Adapter `template`: what the program reads; `none` by default when `args` carry the \
             prompt.",
        )
        .or("prompt"),
        optional(
            "output",
            Kind::Choice(&["text", "json"]),
            "Adapter `template`: what the program prints.",
        )
        .or("text"),
        optional(
            "fields",
            Kind::TextMap,
            "Adapter `template` with `output: json`: where in the answer each figure is.",
        )
        .or("{}"),
        optional(
            "options",
            Kind::AnyMap,
            "Options of the adapter; which there are, its own documentation says.",
        )
        .or("{}"),
        optional(
            "prompt_as_value_of",
            Kind::Text,
            "The flag after which the prompt may stand as an argument. Arguments are visible to \
             every user of the machine; prefer standard input.",
        ),
        required(
            "models",
            Kind::ModelNames,
            "Models it can use: a list of names, or a map from each name to the tool's own.",
        ),
        optional(
            "capabilities",
            Kind::TextList(0),
            "Free words such as `code_generation`, for people and policies.",
        )
        .or("[]"),
        optional(
            "timeout",
            Kind::Duration,
            "Wall-clock limit of one attempt: seconds, or an amount with units such as 30m.",
        )
        .or("30m"),
        optional(
            "account",
            Kind::Name(NameRule::Plain),
            "Whose quota it uses; tools that name the same account share one. Its own name \
             otherwise.",
        ),
        optional(
            "assumed_usd_per_minute",
            USD,
            "US dollars that a minute of it costs at most, where it tells nothing before its end: \
             a cap on money then becomes a cap on time.",
        ),
        optional(
            "env_vars",
            Kind::Variables,
            "Environment variables set for it; ${VAR} and ${VAR:default} are filled in.",
        )
        .or("{}"),
        optional(
            "env_required",
            Kind::VariableNames(false),
            "Environment variables without which it is not started.",
        )
        .or("[]"),
        optional(
            "env_inherit",
            Kind::VariableNames(true),
            "Environment variables it may see besides the basic ones: names, or prefixes such as \
             ANTHROPIC_*.",
        )
        .or("[]"),
        optional(
            "retired",
            Kind::FlagOrText,
            "Whether it should no longer be used; a date or a reason counts as true.",
        )
        .or("false"),
        optional("retired_date", Kind::Text, "Since when; has no effect."),
        NOTE,
        refused("command_template", MIGRATE),
        refused("cmd", MIGRATE),
        refused("mode", MIGRATE),
        refused("timeout_sec", "write `timeout:` instead"),
    ],
    one_of: OneOf::None,
};

const MIGRATE: &str =
    "write the arguments as a list under `args`, or run 'tollgate config migrate'";

static PLATFORMS: Object = Object {
    about: "The program per operating system.",
    fields: &[
        optional("linux", Kind::Text, "On Linux, WSL included."),
        optional("macos", Kind::Text, "On macOS."),
        optional("windows", Kind::Text, "On Windows."),
    ],
    one_of: OneOf::None,
};
