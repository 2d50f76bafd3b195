//! The files of a first configuration, put together from the shipped templates.
//!
//! A template is two files, `agents.yaml` and `policies.yaml`, with slots for the tools and models
//! that the machine has; `tools.yaml` and `models.yaml` are one fragment per tool. What comes out
//! always validates: a test generates every template for every set of tools.

use super::detect::{Detected, KNOWN};
use crate::settings::schemas;

/// A shipped template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Template {
    /// Minimal set-up with what was detected.
    QuickStart,
    /// Claude Code only.
    ClaudeOnly,
    /// Codex only.
    CodexOnly,
    /// Cheaper models wherever they will do.
    CostOptimized,
    /// Small soft budgets, for trying things out.
    Development,
}

impl Template {
    /// All of them, the recommended one first.
    pub const ALL: [Self; 5] = [
        Self::QuickStart,
        Self::ClaudeOnly,
        Self::CodexOnly,
        Self::CostOptimized,
        Self::Development,
    ];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::QuickStart => "quick-start",
            Self::ClaudeOnly => "claude-only",
            Self::CodexOnly => "codex-only",
            Self::CostOptimized => "cost-optimized",
            Self::Development => "development",
        }
    }

    /// One line for lists.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::QuickStart => "Minimal setup with detected tools (recommended)",
            Self::ClaudeOnly => "Claude Code as the only tool",
            Self::CodexOnly => "Codex as the only tool",
            Self::CostOptimized => "Cheaper models wherever they will do",
            Self::Development => "Small soft budgets for trying things out",
        }
    }

    /// Who it is for, in a few words.
    #[must_use]
    pub fn suitable_for(self) -> &'static str {
        match self {
            Self::QuickStart => "A first run",
            Self::ClaudeOnly => "Users of Anthropic's models",
            Self::CodexOnly => "Users of OpenAI's models",
            Self::CostOptimized => "Teams that watch their spending",
            Self::Development => "Development and experiments",
        }
    }

    /// The template of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|template| template.name() == name)
    }

    /// `agents.yaml` and `policies.yaml` with their slots.
    fn texts(self) -> (&'static str, &'static str) {
        macro_rules! template {
            ($name:literal) => {
                (
                    include_str!(concat!(
                        "../../../../config/templates/",
                        $name,
                        "/agents.yaml"
                    )),
                    include_str!(concat!(
                        "../../../../config/templates/",
                        $name,
                        "/policies.yaml"
                    )),
                )
            };
        }
        match self {
            Self::QuickStart => template!("quick-start"),
            Self::ClaudeOnly => template!("claude-only"),
            Self::CodexOnly => template!("codex-only"),
            Self::CostOptimized => template!("cost-optimized"),
            Self::Development => template!("development"),
        }
    }

    fn tools(self, detected: &Detected) -> Vec<&'static Profile> {
        let wanted: Vec<&Profile> = match self {
            Self::ClaudeOnly => vec![&CLAUDE_CODE],
            Self::CodexOnly => vec![&CODEX],
            Self::QuickStart | Self::CostOptimized | Self::Development => PROFILES
                .into_iter()
                .filter(|p| detected.has(p.name))
                .collect(),
        };
        // With nothing to go by, the files are still complete: install the tool and they work.
        if wanted.is_empty() {
            vec![&CLAUDE_CODE]
        } else {
            wanted
        }
    }
}

/// A tool with its models, and the fragments that configure them.
struct Profile {
    name: &'static str,
    strong: &'static str,
    standard: &'static str,
    cheap: &'static str,
    tool: &'static str,
    models: &'static str,
}

macro_rules! fragment {
    ($kind:literal, $name:literal) => {
        include_str!(concat!(
            "../../../../config/templates/",
            $kind,
            "/",
            $name,
            ".yaml"
        ))
    };
}

static CLAUDE_CODE: Profile = Profile {
    name: "claude-code",
    strong: "claude-opus-5-5",
    standard: "claude-sonnet-5-5",
    cheap: "claude-haiku-5-5",
    tool: fragment!("tools", "claude-code"),
    models: fragment!("models", "claude-code"),
};
static CODEX: Profile = Profile {
    name: "codex",
    strong: "gpt-6.1-sol",
    standard: "gpt-6.1-terra",
    cheap: "gpt-6-luna",
    tool: fragment!("tools", "codex"),
    models: fragment!("models", "codex"),
};
static GEMINI: Profile = Profile {
    name: "gemini",
    strong: "gemini-3.1-pro-preview",
    standard: "gemini-3.8-flash",
    cheap: "gemini-3.5-flash-lite",
    tool: fragment!("tools", "gemini"),
    models: fragment!("models", "gemini"),
};
static PROFILES: [&Profile; 3] = [&CLAUDE_CODE, &CODEX, &GEMINI];

/// The files of `template` for what was detected: names and texts, schemas included.
#[must_use]
pub fn generate(template: Template, detected: &Detected) -> Vec<(String, String)> {
    let tools = template.tools(detected);
    let (agents, policies) = template.texts();
    let mut files = vec![
        ("agents.yaml".to_owned(), fill(agents, &tools)),
        ("tools.yaml".to_owned(), tools_file(&tools, detected)),
        (
            "models.yaml".to_owned(),
            join(
                include_str!("../../../../config/templates/models/head.yaml"),
                tools.iter().map(|p| p.models.to_owned()),
            ),
        ),
        ("policies.yaml".to_owned(), fill(policies, &tools)),
        (
            "telemetry.yaml".to_owned(),
            include_str!("../../../../config/telemetry.yaml").to_owned(),
        ),
    ];
    files.extend(schemas());
    files
}

fn tools_file(tools: &[&Profile], detected: &Detected) -> String {
    let fragments = tools.iter().map(|profile| {
        let program = KNOWN.iter().find(|(name, _)| *name == profile.name).map_or("", |known| known.1);
        if detected.has(profile.name) {
            return profile.tool.to_owned();
        }
        format!("  # NOTE: '{program}' was not found on PATH when this file was written; install it first.\n{}", profile.tool)
    });
    join(
        include_str!("../../../../config/templates/tools/head.yaml"),
        fragments,
    )
}

fn join(head: &str, fragments: impl Iterator<Item = String>) -> String {
    let fragments: Vec<String> = fragments.collect();
    format!("{head}{}", fragments.join("\n"))
}

/// Put tools and models into a template's slots.
fn fill(text: &str, tools: &[&Profile]) -> String {
    let first = tools[0];
    let others = &tools[1..];
    let chain = |same: &[&str], level: fn(&Profile) -> &'static str| {
        let same = same
            .iter()
            .map(|model| format!("\"{}:{model}\"", first.name));
        let others = others
            .iter()
            .map(|p| format!("\"{}:{}\"", p.name, level(p)));
        same.chain(others).collect::<Vec<_>>().join(", ")
    };
    let models = |level: fn(&Profile) -> &'static str| {
        tools
            .iter()
            .map(|p| level(p))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let limits = |n: u32| {
        tools
            .iter()
            .map(|p| format!("{}: {n}", p.name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    [
        ("%TOOL%", first.name.to_owned()),
        ("%STRONG%", first.strong.to_owned()),
        ("%STANDARD%", first.standard.to_owned()),
        ("%CHEAP%", first.cheap.to_owned()),
        ("%AFTER_STRONG%", chain(&[first.standard], |p| p.strong)),
        ("%AFTER_STANDARD%", chain(&[first.cheap], |p| p.standard)),
        ("%AFTER_CHEAP%", chain(&[first.standard], |p| p.cheap)),
        ("%ALL_CHEAP%", models(|p| p.cheap)),
        ("%ALL_STRONG%", models(|p| p.strong)),
        ("%PER_MINUTE%", limits(50)),
        ("%PER_HOUR%", limits(500)),
    ]
    .iter()
    .fold(text.to_owned(), |text, (slot, value)| {
        text.replace(slot, value)
    })
}
