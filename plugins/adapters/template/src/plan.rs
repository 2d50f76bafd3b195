//! The command that the options describe.
//!
//! Owns the delivery of the prompt. Never sees the prompt.

use tollgate_plugin_sdk::Plan;
use tollgate_plugin_sdk::contract::{
    Argument, Framing, Input, Invocation, Problem, PromptFraming, Task,
};

use crate::arguments::Element;
use crate::options::TemplateOptions;
use crate::read::Template;

/// Plans the command and makes its reader.
pub(crate) fn plan(task: &Task) -> Result<Plan<Template>, Problem> {
    let options = TemplateOptions::parse(&task.options)?;
    if task.resume.is_some() {
        return Err(Problem::Unsupported(
            "the template adapter cannot go on with a session of a tool".to_owned(),
        ));
    }
    let mut extra = Vec::new();
    if let Some(model) = task
        .model
        .as_ref()
        .filter(|_| !options.args.iter().any(Element::names_model))
    {
        extra.push((
            "model-not-passed".to_owned(),
            format!("the arguments do not name {{model}}, so `{model}` was not passed"),
        ));
    }
    let args = options
        .args
        .iter()
        .map(|element| element.argument(task.model.as_deref()))
        .collect::<Result<_, _>>()?;
    let raw = || PromptFraming {
        before: String::new(),
        after: String::new(),
        encoding: "raw".to_owned(),
    };
    let invocation = Invocation {
        program: task.program.clone(),
        args,
        env: Vec::new(),
        input: if options.prompt_on_stdin {
            Input::Prompt(raw())
        } else {
            Input::None
        },
        stdout: Framing::Lines,
        stderr: Framing::Lines,
        stop: Vec::new(),
        linger_ms: None,
        extra,
    };
    let answers_in_file = invocation
        .args
        .iter()
        .any(|argument| matches!(argument, Argument::OutputFile));
    Ok(Plan {
        invocation,
        reader: Template::new(options.output, options.fields, answers_in_file),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(options: &str, model: Option<&str>) -> Task {
        Task {
            program: "llm".to_owned(),
            prompt_bytes: 0,
            prompt_head: String::new(),
            model: model.map(str::to_owned),
            resume: None,
            cwd: "/".to_owned(),
            max_cost_microusd: None,
            live_text: false,
            tool_version: None,
            options: options.to_owned(),
            extra: Vec::new(),
        }
    }

    #[test]
    fn elements_become_arguments_one_to_one() {
        let options = r#"{"args":["run","--model={model}","-o","{output_file}","--file","{prompt_file}","a b; $(c)"]}"#;
        let invocation = plan(&task(options, Some("m"))).expect("a plan").invocation;
        let text = |text: &str| Argument::Text(text.to_owned());
        assert_eq!(
            invocation.args,
            [
                text("run"),
                text("--model=m"),
                text("-o"),
                Argument::OutputFile,
                text("--file"),
                Argument::PromptFile,
                text("a b; $(c)")
            ]
        );
        assert!(matches!(invocation.input, Input::None));
    }

    #[test]
    fn a_model_that_cannot_be_passed_is_told() {
        let invocation = plan(&task("{}", Some("m"))).expect("a plan").invocation;
        assert_eq!(invocation.extra[0].0, "model-not-passed");
        assert!(matches!(
            plan(&task(r#"{"args":["{model}"]}"#, None)),
            Err(Problem::Unsupported(_))
        ));
    }

    #[test]
    fn sessions_are_refused() {
        let mut task = task("{}", None);
        task.resume = Some("s".to_owned());
        assert!(matches!(plan(&task), Err(Problem::Unsupported(_))));
    }
}
