//! A configuration, put together tool by tool and agent by agent.
//!
//! Owns the shape of the four files as far as most tests care about it. Tests of the configuration
//! itself write their files out.

use serde_json::{Map, Value, json};

use crate::house::TestHouse;

/// A configuration that is being put together.
///
/// Every model that a tool lists is in the catalogue, at $10 and $30 per million tokens and with a
/// window of 200,000 tokens, unless it was described. Nothing is retried on the same target.
#[derive(Debug, Clone)]
pub struct Setup {
    agents: Map<String, Value>,
    tools: Map<String, Value>,
    models: Map<String, Value>,
    policies: Value,
    telemetry: Value,
}

impl Default for Setup {
    fn default() -> Self {
        Self::new()
    }
}

impl Setup {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            agents: Map::new(),
            tools: Map::new(),
            models: Map::new(),
            policies: json!({
                "policies": {"default": {"daily_budget_usd": 100.0}},
                "fallback": {"retries": 0},
            }),
            telemetry: Value::Null,
        }
    }

    /// One agent, `dev`, on a stand-in for Claude Code called `claude`.
    #[must_use]
    pub fn claude_dev() -> Self {
        Self::new()
            .claude("claude", &["claude-opus-5-5"])
            .agent("dev", &["claude:claude-opus-5-5"])
    }

    /// A tool whose program bears its name and which the `claude-code` adapter drives.
    #[must_use]
    pub fn claude(self, name: &str, models: &[&str]) -> Self {
        self.tool(
            name,
            json!({"binary": name, "adapter": "claude-code", "models": models}),
        )
    }

    /// A tool whose program bears its name and which the `codex` adapter drives.
    #[must_use]
    pub fn codex(self, name: &str, models: &[&str]) -> Self {
        self.tool(
            name,
            json!({"binary": name, "adapter": "codex", "models": models}),
        )
    }

    /// A tool whose program bears its name, gets these arguments, and prints its answer as text.
    #[must_use]
    pub fn template(self, name: &str, models: &[&str], args: &[&str]) -> Self {
        self.tool(
            name,
            json!({"binary": name, "adapter": "template", "models": models, "args": args}),
        )
    }

    /// A tool with these fields.
    ///
    /// # Panics
    /// When it has no models.
    #[must_use]
    pub fn tool(mut self, name: &str, fields: Value) -> Self {
        let names: Vec<String> = match &fields["models"] {
            Value::Array(names) => names
                .iter()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect(),
            Value::Object(names) => names.keys().cloned().collect(),
            _ => panic!("tool {name} lists no models"),
        };
        for model in names {
            self.models.entry(model).or_insert_with(|| {
                json!({
                    "provider": "test",
                    "price_per_million_tokens": {"input": 10.0, "output": 30.0},
                    "context_window": 200_000,
                })
            });
        }
        self.tools.insert(name.to_owned(), fields);
        self
    }

    /// Add these fields to a tool that is there.
    ///
    /// # Panics
    /// When it is not there.
    #[must_use]
    pub fn with(mut self, tool: &str, fields: Value) -> Self {
        let known = self.tools.get_mut(tool).and_then(Value::as_object_mut);
        let (Some(known), Value::Object(fields)) = (known, fields) else {
            panic!("no tool {tool}, or no fields")
        };
        known.extend(fields);
        self
    }

    /// An agent with a chain of `tool:model`; the first is preferred.
    ///
    /// # Panics
    /// When the chain is empty or its first target is none.
    #[must_use]
    pub fn agent(mut self, name: &str, chain: &[&str]) -> Self {
        let (first, rest) = chain.split_first().expect("a preferred target");
        let (tool, model) = first.split_once(':').expect("tool:model");
        self.agents.insert(
            name.to_owned(),
            json!({"preferred_tool": tool, "preferred_model": model, "fallback_chain": rest}),
        );
        self
    }

    /// Give an agent that is there a model for a kind of task.
    ///
    /// # Panics
    /// When it is not there.
    #[must_use]
    pub fn task_type(mut self, agent: &str, task_type: &str, model: &str) -> Self {
        let known = self.agents.get_mut(agent).expect("an agent");
        known["task_types"][task_type] = json!(model);
        self
    }

    /// Describe a model: dollars per million tokens of input and output, and its window.
    #[must_use]
    pub fn model(mut self, name: &str, input: f64, output: f64, window: u64) -> Self {
        self.models.insert(
            name.to_owned(),
            json!({
                "provider": "test",
                "price_per_million_tokens": {"input": input, "output": output},
                "context_window": window,
            }),
        );
        self
    }

    /// Prices of cache reads and writes of a model that is there, in dollars per million tokens.
    ///
    /// # Panics
    /// When it is not there.
    #[must_use]
    pub fn cache_prices(mut self, model: &str, read: f64, write: f64) -> Self {
        let prices = &mut self.models.get_mut(model).expect("a model")["price_per_million_tokens"];
        prices["cache_read"] = json!(read);
        prices["cache_write"] = json!(write);
        self
    }

    /// Send prompts below `threshold` tokens to the cheapest of `models`.
    #[must_use]
    pub fn cheap_below(mut self, threshold: u64, models: &[&str]) -> Self {
        self.policies["cost_optimization"] = json!({
            "simple_task_threshold_tokens": threshold,
            "simple_task_models": models,
        });
        self
    }

    /// How many attempts may run at once, and how many of a tool.
    #[must_use]
    pub fn at_once(mut self, max_running: u32, per_tool: &[(&str, u32)]) -> Self {
        let per_tool: Map<String, Value> = per_tool
            .iter()
            .map(|(tool, limit)| ((*tool).to_owned(), json!(limit)))
            .collect();
        self.policies["concurrency"] = json!({"max_running": max_running, "per_tool": per_tool});
        self
    }

    /// A daily budget of so many dollars that warns (`soft`) or blocks (`hard`).
    #[must_use]
    pub fn daily(mut self, usd: f64, kind: &str) -> Self {
        self.policies["policies"] = json!({"default": {
            "daily_budget_usd": usd,
            "limit": {"type": kind, "threshold_percent": 80},
        }});
        self
    }

    /// A part of policies.yaml, such as `budgets`, `chain`, `fallback`.
    #[must_use]
    pub fn policies(mut self, part: &str, value: Value) -> Self {
        self.policies[part] = value;
        self
    }

    /// Keep this much of a run.
    #[must_use]
    pub fn privacy(mut self, level: &str) -> Self {
        self.telemetry = json!({"privacy_level": level});
        self
    }

    /// Tell this collector what ran.
    #[must_use]
    pub fn collector(mut self, otlp: Value) -> Self {
        self.telemetry["otlp"] = otlp;
        self
    }

    /// Write the files into a house.
    pub fn write(&self, house: &TestHouse) {
        self.write_to(house, "config");
    }

    /// Write the files into this folder of a house.
    ///
    /// # Panics
    /// When they cannot be written.
    pub fn write_to(&self, house: &TestHouse, folder: &str) {
        let mut files = vec![
            ("agents", json!({"agents": self.agents})),
            ("tools", json!({"tools": self.tools})),
            ("models", json!({"models": self.models})),
            ("policies", self.policies.clone()),
        ];
        if !self.telemetry.is_null() {
            files.push(("telemetry", self.telemetry.clone()));
        }
        for (name, content) in files {
            let text = serde_yaml::to_string(&content).expect("YAML");
            house.write(&format!("{folder}/{name}.yaml"), text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_that_tools_list_are_in_the_catalogue() {
        let house = TestHouse::new();
        Setup::claude_dev()
            .model("other", 1.0, 2.0, 1_000)
            .write(&house);
        let models: Value = serde_yaml::from_str(&house.read("config/models.yaml")).unwrap();
        assert_eq!(models["models"]["other"]["context_window"], 1_000);
        assert_eq!(
            models["models"]["claude-opus-5-5"]["context_window"],
            200_000
        );
    }
}
