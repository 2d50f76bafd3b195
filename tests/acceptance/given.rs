//! What is there before anything happens, and the one thing that happens: a command.

use cucumber::gherkin::Step;
use cucumber::{given, when};
use serde_json::json;
use tollgate_tests::speech::Claude;

use crate::world::World;

#[given(expr = "the agent {string} prefers {string}")]
fn prefers(world: &mut World, agent: String, target: String) {
    world.offer(&target);
    world.agents.insert(agent, vec![target]);
}

#[given(expr = "the agent {string} falls back to {string}")]
fn falls_back(world: &mut World, agent: String, target: String) {
    world.offer(&target);
    world.agents.get_mut(&agent).expect("an agent").push(target);
}

#[given(expr = "the agent {string} prefers the tool {string} that nobody configured")]
fn prefers_unknown(world: &mut World, agent: String, tool: String) {
    world.unknown_tool = Some((agent, tool));
}

#[given(expr = "the tool {string} is called with {string}")]
fn called_with(world: &mut World, tool: String, args: String) {
    let args: Vec<&str> = args.split(' ').collect();
    world.tool(&tool)["args"] = json!(args);
}

#[given(expr = "the tool {string} knows {string} as {string}")]
fn knows_as(world: &mut World, tool: String, model: String, own: String) {
    world.tool(&tool)["models"][model] = json!(own);
}

#[given(expr = "the tool {string} also offers {string}")]
fn offers(world: &mut World, tool: String, model: String) {
    world.offer(&format!("{tool}:{model}"));
}

#[given(expr = "the tool {string} is {string} on this platform and {string} on others")]
fn per_platform(world: &mut World, tool: String, here: String, elsewhere: String) {
    let platforms = ["linux", "macos", "windows"].map(|platform| {
        let ours = platform == std::env::consts::OS;
        (
            platform.to_owned(),
            json!(if ours { &here } else { &elsewhere }),
        )
    });
    world.tool(&tool)["platforms"] = platforms.into_iter().collect();
}

#[given(regex = r#"^the model "([^"]+)" costs \$([\d.]+) and \$([\d.]+) per million tokens$"#)]
fn costs(world: &mut World, model: String, input: f64, output: f64) {
    world.prices.insert(model, (input, output));
}

#[given(expr = "prompts below {int} tokens go to {string}")]
fn cheap(world: &mut World, threshold: u64, model: String) {
    world.cheap = Some((threshold, model));
}

#[given(expr = "a prompt of {int} tokens")]
fn prompt_of(world: &mut World, tokens: usize) {
    world.prompt = "word".repeat(tokens);
}

#[given(expr = "a file {string} that says {string}")]
fn file(world: &mut World, name: String, text: String) {
    world.house.write(&format!("work/{name}"), text);
}

#[given(expr = "there is no {string}")]
fn no_file(world: &mut World, file: String) {
    world.missing.push(file);
}

#[given("the configuration is the user's own")]
fn own_configuration(world: &mut World) {
    world.own_configuration = true;
}

/// The stand-in writes down how it was called and what it was given, then answers.
fn stand_in(world: &World, tool: &str, answer: &[String]) {
    let path = |name: &str| {
        let path = world.house.path(&format!("work/{tool}-{name}"));
        path.to_string_lossy().into_owned()
    };
    let mut script: Vec<String> = vec!["--echo-args-to".into(), path("args")];
    let takes_file = world
        .tools
        .get(tool)
        .is_some_and(|fields| fields["args"].to_string().contains("{prompt_file}"));
    if takes_file {
        let fields = &world.tools[tool];
        let args = fields["args"].as_array().expect("arguments");
        let at = args
            .iter()
            .position(|arg| arg == "{prompt_file}")
            .expect("a place");
        let from = format!("{{arg:{}}}", at + 1);
        script.extend(["--copy-prompt-file".into(), from, path("given")]);
    } else {
        script.extend(["--echo-stdin-to".into(), path("given")]);
    }
    script.extend(answer.iter().cloned());
    world.house.tool(tool, &script);
}

#[given(expr = "{string} answers {string}")]
fn answers(world: &mut World, tool: String, answer: String) {
    stand_in(world, &tool, &["--emit-line".into(), answer]);
}

#[given(expr = "{string} fails")]
fn fails(world: &mut World, tool: String) {
    stand_in(world, &tool, &["--exit".into(), "1".into()]);
}

#[given(expr = "{string} answers with {int} tokens in and {int} tokens out")]
fn answers_with(world: &mut World, tool: String, input: u64, output: u64) {
    world.tool(&tool)["output"] = json!("json");
    let usage = json!({"input_tokens": input, "output_tokens": output});
    let answer = json!({"text": "Hello.", "usage": usage}).to_string();
    stand_in(world, &tool, &["--emit-line".into(), answer]);
}

#[given("these runs happened")]
fn runs_happened(world: &mut World, step: &Step) {
    let table = step.table.as_ref().expect("a table of runs");
    for (number, row) in table.rows.iter().skip(1).enumerate() {
        let [agent, model, _runs, tokens, dollars] = row.as_slice() else {
            panic!("a row of five: {row:?}")
        };
        let tool = format!("tool-{number}");
        world.offer(&format!("{tool}:{model}"));
        world.tool(&tool)["adapter"] = json!("claude-code");
        world
            .agents
            .entry(agent.clone())
            .or_insert_with(|| vec![format!("{tool}:{model}")]);
        let tokens: u64 = tokens.parse().expect("a count");
        let said = Claude::says("ok")
            .billed([tokens - 500, 500, 0, 0], dollars.parse().expect("dollars"))
            .served_by(model);
        world.house.tool(&tool, &said.script());
    }
    for (number, row) in table.rows.iter().skip(1).enumerate() {
        let (agent, model, runs) = (&row[0], &row[1], row[2].parse().expect("a count"));
        for _ in 0..runs {
            world.run(&format!(
                "tollgate exec --agent {agent} --tool tool-{number} --model {model} Hello"
            ));
            assert_eq!(world.last().status, Some(0), "{}", world.last().stderr);
        }
    }
}

#[when(expr = "I run {string}")]
fn run(world: &mut World, command: String) {
    world.run(&command);
}
