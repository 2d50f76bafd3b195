//! What a scenario has at hand: a house, a configuration in the making, and the last outcome.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tollgate_tests::house::{Call, Outcome, TestHouse};
use tollgate_tests::terminal::Terminal;

/// The world of one scenario.
#[derive(Debug, cucumber::World)]
#[world(init = Self::new)]
pub struct World {
    pub house: TestHouse,
    pub agents: BTreeMap<String, Vec<String>>,
    /// Tools by name: their fields.
    pub tools: BTreeMap<String, Value>,
    /// Dollars per million tokens of input and output.
    pub prices: BTreeMap<String, (f64, f64)>,
    pub cheap: Option<(u64, String)>,
    /// What every agent may spend in a day.
    pub daily: Value,
    pub prompt: String,
    pub own_configuration: bool,
    /// Things done to the files after they were written.
    pub missing: Vec<String>,
    pub unknown_tool: Option<(String, String)>,
    written: bool,
    last: Option<Outcome>,
    terminal: Option<Terminal>,
}

impl World {
    fn new() -> Self {
        Self {
            house: TestHouse::new(),
            agents: BTreeMap::new(),
            tools: BTreeMap::new(),
            prices: BTreeMap::new(),
            cheap: None,
            daily: json!({"daily_budget_usd": 100.0}),
            prompt: String::new(),
            own_configuration: false,
            missing: Vec::new(),
            unknown_tool: None,
            written: false,
            last: None,
            terminal: None,
        }
    }

    /// The fields of a tool; a tool that is new prints text and reads its prompt from stdin.
    pub fn tool(&mut self, name: &str) -> &mut Value {
        self.tools
            .entry(name.to_owned())
            .or_insert_with(|| json!({"binary": name, "adapter": "template", "models": {}}))
    }

    /// Make sure that the tool of `tool:model` offers the model.
    pub fn offer(&mut self, target: &str) {
        let (tool, model) = target.split_once(':').expect("tool:model");
        let models = &mut self.tool(tool)["models"];
        if models.get(model).is_none() {
            models[model] = json!(model);
        }
        self.prices.entry(model.to_owned()).or_insert((10.0, 30.0));
    }

    fn write_configuration(&mut self) {
        if std::mem::replace(&mut self.written, true) {
            return;
        }
        let agents: BTreeMap<_, _> = self.agents.iter().map(|(name, chain)| {
            let (tool, model) = chain[0].split_once(':').expect("tool:model");
            let tool = match &self.unknown_tool {
                Some((agent, unknown)) if agent == name => unknown,
                _ => tool,
            };
            (name, json!({"preferred_tool": tool, "preferred_model": model, "fallback_chain": chain[1..]}))
        }).collect();
        let models: BTreeMap<_, _> = self
            .prices
            .iter()
            .map(|(name, (input, output))| {
                (
                    name,
                    json!({"provider": "test", "context_window": 200_000,
                "price_per_million_tokens": {"input": input, "output": output}}),
                )
            })
            .collect();
        let mut policies = json!({"policies": {"default": self.daily}});
        if let Some((threshold, model)) = &self.cheap {
            policies["cost_optimization"] =
                json!({"simple_task_threshold_tokens": threshold, "simple_task_models": [model]});
        }
        let folder = if self.own_configuration {
            "home/.config/tollgate"
        } else {
            "work/config"
        };
        for (name, content) in [
            ("agents", json!({"agents": agents})),
            ("tools", json!({"tools": self.tools})),
            ("models", json!({"models": models})),
            ("policies", policies),
        ] {
            let text = serde_yaml::to_string(&content).expect("YAML");
            self.house.write(&format!("{folder}/{name}.yaml"), text);
        }
        for file in &self.missing {
            std::fs::remove_file(self.house.path(&format!("work/{file}")))
                .expect("a file to remove");
        }
    }

    /// Run `tollgate ...`; its words are separated by single spaces.
    pub fn run(&mut self, command: &str) {
        self.write_configuration();
        self.last = Some(self.call(command).run());
    }

    /// Start `tollgate ...` at a terminal.
    pub fn run_at_terminal(&mut self, command: &str) {
        self.write_configuration();
        self.terminal = Some(self.call(command).at_terminal());
    }

    /// The terminal at which a command was started.
    pub fn terminal(&mut self) -> &mut Terminal {
        self.terminal.as_mut().expect("a command at a terminal")
    }

    /// Watch the command at the terminal to its end.
    pub fn leave_terminal(&mut self) {
        let terminal = self.terminal.take().expect("a command at a terminal");
        self.last = Some(terminal.end());
    }

    fn call(&self, command: &str) -> Call<'_> {
        // `RUN` stands for the first run on record.
        let command = if command.split(' ').any(|word| word == "RUN") {
            command.replace(" RUN", &format!(" {}", self.first_run()))
        } else {
            command.to_owned()
        };
        let mut words = command.split(' ');
        assert_eq!(words.next(), Some("tollgate"), "a command of the program");
        let mut call = self.house.call(words).stdin(self.prompt.clone());
        if self.own_configuration {
            call = call.unnamed_dirs();
        } else {
            call = call.env("TOLLGATE_CONFIG_DIR", self.house.path("work/config"));
        }
        call
    }

    fn first_run(&self) -> String {
        let events = self.house.events();
        let run = events.iter().find_map(|event| event["run_id"].as_str());
        run.expect("a run on record").to_owned()
    }

    /// What the last command left.
    pub fn last(&self) -> &Outcome {
        self.last.as_ref().expect("a command was run")
    }

    /// The data of all events of this type.
    pub fn events(&self, kind: &str) -> Vec<Value> {
        let events = self.house.events().into_iter();
        events
            .filter(|event| event["type"] == kind)
            .map(|mut event| event["data"].take())
            .collect()
    }
}
