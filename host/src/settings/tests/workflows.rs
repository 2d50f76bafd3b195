//! Workflow files: what they become, and every mistake in them.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::model::{MicroUsd, OnFailure, Settings, StepPrompt};

const GOOD: &str = "\
on_failure: continue
steps:
  - id: collect
    agent: architect
    prompt: List the changes since the last tag.
    tool: claude-code
    model: sonnet
    timeout: 90s
    max_cost_usd: 0.25
  - id: draft
    agent: architect
    inputs: [collect, collect_2]
    needs: [collect]
    prompt_file: prompts/draft.md
    output: NOTES.md
  - { id: collect_2, agent: architect, prompt: Again }
";

struct Desk {
    house: House,
    settings: Settings,
}

impl Desk {
    fn new() -> Self {
        let agents = AGENTS.to_owned() + "    task_types: { review: sonnet }\n";
        let house = House::with(&[("agents.yaml", &agents)]);
        let settings = house.load().unwrap().settings;
        house.file("prompts/draft.md", "Draft it.\n");
        Self { house, settings }
    }

    fn load(&self, text: &str) -> Result<LoadedWorkflow, SettingsError> {
        self.house.file("flow.yaml", text);
        load_workflow(
            Path::new("config/flow.yaml"),
            &self.house.environment(),
            &self.settings,
        )
    }

    fn complaints(&self, text: &str) -> String {
        let found = match self.load(text) {
            Ok(loaded) => loaded.warnings,
            Err(SettingsError::InvalidWorkflow(found)) => found,
            Err(other) => panic!("{other}"),
        };
        let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        lines.join("\n")
    }
}

#[test]
fn a_workflow_is_read_with_all_its_fields() {
    let desk = Desk::new();
    let loaded = desk.load(GOOD).unwrap();
    let config = desk.house.home.path().join("config");
    assert_eq!(loaded.warnings, []);
    let workflow = loaded.workflow;
    assert_eq!(
        (workflow.name.as_str(), workflow.on_failure),
        ("flow", OnFailure::Continue)
    );
    let [collect, draft, again] = workflow.steps.as_slice() else {
        panic!("{workflow:?}")
    };
    assert_eq!(collect.id, "collect");
    assert_eq!(collect.agent.as_str(), "architect");
    let wanted = "List the changes since the last tag.";
    assert_eq!(collect.prompt, StepPrompt::Text(wanted.to_owned()));
    assert_eq!(
        collect.tool.as_ref().map(|t| t.as_str()),
        Some("claude-code")
    );
    assert_eq!(collect.model.as_ref().map(|m| m.as_str()), Some("sonnet"));
    assert_eq!(collect.timeout, Some(Duration::from_secs(90)));
    assert_eq!(collect.max_cost, Some(MicroUsd(250_000)));
    assert_eq!(
        draft.prompt,
        StepPrompt::File(config.join("prompts/draft.md"))
    );
    assert_eq!(draft.output, Some(config.join("NOTES.md")));
    assert_eq!(draft.inputs, ["collect", "collect_2"]);
    assert_eq!(draft.all_needs(), ["collect", "collect_2"]);
    assert_eq!(again.output, None);
}

#[test]
fn a_name_of_its_own_and_stop_are_understood() {
    let desk = Desk::new();
    let text =
        "name: release-notes\nsteps: [{ id: a, agent: architect, prompt: x, task_type: review }]\n";
    let workflow = desk.load(text).unwrap().workflow;
    assert_eq!(
        (workflow.name.as_str(), workflow.on_failure),
        ("release-notes", OnFailure::Stop)
    );
    assert_eq!(workflow.steps[0].task_type.as_deref(), Some("review"));
}

#[test]
fn the_digest_follows_the_file_and_its_prompts() {
    let desk = Desk::new();
    let digest = |text: &str| desk.load(text).unwrap().sha256;
    let before = digest(GOOD);
    assert_eq!(digest(GOOD), before);
    assert_ne!(digest(&format!("# more\n{GOOD}")), before);
    desk.house.file("prompts/draft.md", "Draft it well.\n");
    assert_ne!(digest(GOOD), before);
}

#[test]
fn paths_start_at_the_workflows_folder_or_at_home() {
    let desk = Desk::new();
    let text = "steps: [{ id: a, agent: architect, prompt: x, output: ~/a.md }, { id: b, agent: architect, prompt: x, output: ../b.md }]\n";
    let steps = desk.load(text).unwrap().workflow.steps;
    let home = desk.house.home.path();
    assert_eq!(steps[0].output, Some(home.join("a.md")));
    assert_eq!(steps[1].output, Some(home.join("config/../b.md")));
}

const MISTAKES: &str = "\
on_failure: stpo
stepz: []
steps:
  - id: two words
    agent: architekt
    prompt: x
    prompt_file: prompts/draft.md
  - agent: architect
  - id: -x
    agent: architect
    promt: x
    tool: claude-cod
    model: opos
    timeout: soon
    max_cost_usd: -1
  - { id: 5, agent: architect, prompt: x, task_type: reviev, tool: local, model: sonnet }
  - { id: y, prompt: x }
";

#[test]
fn every_mistake_in_a_step_has_its_place() {
    let desk = Desk::new();
    insta::assert_snapshot!(desk.complaints(MISTAKES), @r"
    config/flow.yaml:1:13: error: 'stpo' is not allowed here (on_failure)
      allowed: stop, continue
      fix: did you mean 'stop'?
    config/flow.yaml:2:1: error: Unknown field 'stepz' (stepz)
      allowed: name, on_failure, steps, description
      fix: did you mean 'steps'?
    config/flow.yaml:4:9: error: The name 'two words' contains more than letters, digits, '-' and '_' (steps[0].id)
      fix: choose another name
    config/flow.yaml:5:12: error: Unknown agent 'architekt' (steps[0].agent)
      allowed: architect
      fix: did you mean 'architect'?
    config/flow.yaml:7:5: error: Only one of 'prompt' or 'prompt_file' may be given (steps[0].prompt_file)
      fix: remove one of the two
    config/flow.yaml:8:5: error: Missing required field 'id' (steps[1].id)
      fix: add 'id:'. Its name among the steps: letters, digits, '-' and '_'.
    config/flow.yaml:8:5: error: Missing 'prompt' or 'prompt_file' (steps[1])
      allowed: prompt, prompt_file
      fix: add 'prompt:'
    config/flow.yaml:9:9: error: The name '-x' starts with '-', so a program would take it for a flag (steps[2].id)
      fix: choose another name
    config/flow.yaml:11:5: error: Unknown field 'promt' (steps[2].promt)
      allowed: id, agent, prompt, prompt_file, inputs, needs, task_type, tool, model, timeout, max_cost_usd, output, description
      fix: did you mean 'prompt'?
    config/flow.yaml:12:11: error: Unknown tool 'claude-cod' (steps[2].tool)
      allowed: claude-code, local
      fix: did you mean 'claude-code'?
    config/flow.yaml:13:12: error: Unknown model 'opos' (steps[2].model)
      allowed: llama3:8b, opus, sonnet
      fix: did you mean 'opus'?
    config/flow.yaml:14:14: error: Expected a time, found the text 'soon' (steps[2].timeout)
      fix: write seconds above zero, or an amount with units such as 90s, 30m or 1h30m; 7 days is the most
    config/flow.yaml:15:19: error: -1 is below zero (steps[2].max_cost_usd)
      fix: write a number from 0 to 1000000000 with at most 6 decimals
    config/flow.yaml:16:11: error: Expected text, found the number 5 (steps[3].id)
      fix: write it in quotes: '5'
    config/flow.yaml:16:54: error: The agent has no task type 'reviev' (steps[3].task_type)
      allowed: review
      fix: did you mean 'review'?
    config/flow.yaml:16:82: error: Model 'sonnet' is not among the models of tool 'local' (steps[3].model)
      allowed: llama3:8b
      fix: use one of these, or add 'sonnet' to the tool's models
    config/flow.yaml:17:5: error: Missing required field 'agent' (steps[4].agent)
      fix: add 'agent:'. Who asks; a name from agents.yaml.
    ");
}

#[test]
fn steps_that_do_not_fit_together_are_told() {
    let desk = Desk::new();
    insta::assert_snapshot!(desk.complaints("\
steps:
  - { id: a, agent: architect, prompt: x, needs: [c] }
  - { id: b, agent: architect, prompt: x, inputs: [a] }
  - { id: c, agent: architect, prompt: x, needs: [b, b] }
  - { id: collect, agent: architect, prompt: x, needs: [collect, colect, nobody] }
  - { id: a, agent: architect, prompt: x }
  - { id: two words, agent: architect, prompt: x }
  - { id: d, agent: architect, prompt: x, needs: [two words, colect] }
"), @r"
    config/flow.yaml:3:52: error: Steps need each other in a circle: a -> c -> b -> a (steps[1].inputs[0])
      fix: remove one of these needs
    config/flow.yaml:4:54: warning: 'b' is named twice (steps[2].needs[1])
      fix: remove one of the two
    config/flow.yaml:5:57: error: The step 'collect' needs itself (steps[3].needs[0])
      fix: remove it
    config/flow.yaml:5:66: error: Unknown step 'colect' (steps[3].needs[1])
      allowed: a, b, c, two words, d
      fix: use the id of another step
    config/flow.yaml:5:74: error: Unknown step 'nobody' (steps[3].needs[2])
      allowed: a, b, c, two words, d
      fix: use the id of another step
    config/flow.yaml:6:11: error: The id 'a' is taken by the step in line 2 (steps[4].id)
      fix: give each step an id of its own
    config/flow.yaml:7:11: error: The name 'two words' contains more than letters, digits, '-' and '_' (steps[5].id)
      fix: choose another name
    config/flow.yaml:8:62: error: Unknown step 'colect' (steps[6].needs[1])
      allowed: a, b, c, collect, two words
      fix: did you mean 'collect'?
    ");
}

#[test]
fn files_are_looked_at_before_anything_runs() {
    let desk = Desk::new();
    desk.house.file("prompts/empty.md", "");
    let folder = desk.house.home.path().join("config/prompts");
    fs::write(folder.join("bytes.md"), b"line\nab\xff").unwrap();
    let large = fs::File::create(folder.join("large.md")).unwrap();
    large.set_len(crate::model::PROMPT_CAP + 1).unwrap();
    insta::assert_snapshot!(desk.complaints("\
steps:
  - { id: a, agent: architect, prompt_file: prompts/gone.md, output: out.md }
  - { id: b, agent: architect, prompt_file: prompts/empty.md, output: ./x/../out.md }
  - { id: c, agent: architect, prompt_file: prompts/bytes.md, output: flow.yaml }
  - { id: d, agent: architect, prompt_file: prompts/large.md, output: prompts/draft.md }
  - { id: e, agent: architect, prompt_file: prompts/draft.md }
  - { id: f, agent: architect, prompt_file: prompts }
"), @r"
    config/flow.yaml:2:45: error: 'prompts/gone.md' cannot be read: No such file or directory (os error 2) (steps[0].prompt_file)
      fix: check the path; it starts at the workflow's folder
    config/flow.yaml:3:45: error: 'prompts/empty.md' is empty (steps[1].prompt_file)
      fix: write the prompt into it
    config/flow.yaml:3:71: error: './x/../out.md' is the output of another step, in line 2 (steps[1].output)
      fix: name another file
    config/flow.yaml:4:45: error: 'prompts/bytes.md' is not UTF-8 (line 2, column 3) (steps[2].prompt_file)
      fix: save the file as UTF-8
    config/flow.yaml:4:71: error: 'flow.yaml' is a part of this workflow (steps[2].output)
      fix: name another file
    config/flow.yaml:5:45: error: 'prompts/large.md' is larger than 64 MiB (steps[3].prompt_file)
      fix: shorten it
    config/flow.yaml:5:71: error: 'prompts/draft.md' is a part of this workflow (steps[3].output)
      fix: name another file
    config/flow.yaml:7:45: error: 'prompts' is not a regular file (steps[5].prompt_file)
      fix: name a file
    ");
}

#[test]
fn files_that_are_no_workflow_are_told() {
    let desk = Desk::new();
    let all: Vec<String> = [
        "",
        "steps: []\n",
        "steps: a\n",
        "- a\n",
        "steps: [a]\n",
        "steps: [\n",
    ]
    .iter()
    .map(|text| desk.complaints(text))
    .collect();
    insta::assert_snapshot!(all.join("\n\n"), @r"
    config/flow.yaml: error: The file is empty
      fix: add 'steps:', with at least one step

    config/flow.yaml:1:8: error: The list is empty (steps)
      fix: add at least one element

    config/flow.yaml:1:8: error: Expected a list, found the text 'a' (steps)
      fix: write '- ' before each element, or [a, b]

    config/flow.yaml:1:1: error: Expected a map, found a list
      fix: write fields such as 'name:' under it

    config/flow.yaml:1:9: error: Expected a map, found the text 'a' (steps[0])
      fix: write fields such as 'id:' under it

    config/flow.yaml:2:1: error: Invalid YAML: while parsing a node, did not find expected node content
      fix: check indentation, colons and quotes here and on the line before
    ");
    let elsewhere = |path: &str| {
        load_workflow(Path::new(path), &desk.house.environment(), &desk.settings).unwrap_err()
    };
    assert!(matches!(elsewhere("gone.yaml"), SettingsError::Io { .. }));
    assert!(matches!(
        elsewhere("config"),
        SettingsError::InvalidWorkflow(_)
    ));
}

#[test]
fn there_is_an_end_to_steps_and_to_their_names() {
    use std::fmt::Write as _;
    let desk = Desk::new();
    let flow = |n: usize, id: &str| {
        let mut text = "steps:\n".to_owned();
        for step in 0..n {
            let need = if step == 0 {
                String::new()
            } else {
                format!("{id}{}", step - 1)
            };
            writeln!(
                text,
                "  - {{ id: {id}{step}, agent: architect, prompt: x, needs: [{need}] }}"
            )
            .unwrap();
        }
        text
    };
    assert_eq!(
        desk.load(&flow(500, "s")).unwrap().workflow.steps.len(),
        500
    );
    insta::assert_snapshot!(desk.complaints(&flow(501, "s")), @r"
    config/flow.yaml:502:5: error: The list has 501 elements; 500 is the most (steps)
      fix: split it up
    ");
    insta::assert_snapshot!(desk.complaints(&flow(500, &"x".repeat(60))), @r"
    config/flow.yaml:2:3: error: The ids of the steps, with what each needs, take 74205 bytes on record; 49152 is the most (steps)
      fix: shorten the ids, or split the workflow up
    ");
}

#[test]
fn a_long_circle_is_told_in_short() {
    let desk = Desk::new();
    let steps: Vec<String> = (0..500)
        .map(|n| {
            format!(
                "{{ id: s{n}, agent: architect, prompt: x, needs: [s{}] }}",
                (n + 1) % 500
            )
        })
        .collect();
    insta::assert_snapshot!(desk.complaints(&format!("steps: [{}]\n", steps.join(", "))), @r"
    config/flow.yaml:1:28782: error: Steps need each other in a circle: s0 -> s1 -> s2 -> s3 -> s4 -> s5 -> s6 -> s7 -> s8 -> s9 -> s10 -> s11 -> (488 more) -> s0 (steps[499].needs[0])
      fix: remove one of these needs
    ");
}

proptest! {
    /// Needs that only look back are always fine; one that looks forward to a step that needs its
    /// own closes a circle.
    #[test]
    fn circles_are_found_and_nothing_else(
        rows in proptest::collection::vec(proptest::collection::vec(any::<bool>(), 8), 8),
        forward in proptest::option::of((0..8_usize, 0..8_usize)),
    ) {
        let mut needs: Vec<Vec<usize>> = rows
            .iter()
            .enumerate()
            .map(|(step, row)| (0..step).filter(|need| row[*need]).collect())
            .collect();
        if let Some((from, to)) = forward && from < to {
            needs[from].push(to);
        }
        let steps: Vec<String> = needs
            .iter()
            .enumerate()
            .map(|(step, needs)| {
                let needs: Vec<String> = needs.iter().map(|need| format!("s{need}")).collect();
                format!("{{ id: s{step}, agent: architect, prompt: x, needs: [{}] }}", needs.join(", "))
            })
            .collect();
        let complaints = Desk::new().complaints(&format!("steps: [{}]\n", steps.join(", ")));
        // Taking away what needs nothing, again and again, leaves the circles.
        let mut left: Vec<usize> = (0..8).collect();
        loop {
            let kept: Vec<usize> = left
                .iter()
                .copied()
                .filter(|step| needs[*step].iter().any(|need| left.contains(need)))
                .collect();
            if kept.len() == left.len() {
                break;
            }
            left = kept;
        }
        prop_assert_eq!(complaints.contains("circle"), !left.is_empty(), "{}", complaints);
        prop_assert_eq!(complaints.is_empty(), left.is_empty(), "{}", complaints);
    }

    #[test]
    fn no_text_makes_it_panic(text in "(steps:|- |id: |agent: |prompt: |needs: |[\\[\\]{}a:,\n ]){0,60}") {
        let _unused = Desk::new().load(&text);
    }
}
