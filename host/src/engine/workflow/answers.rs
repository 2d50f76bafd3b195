//! The answers of earlier steps, and the prompt that is built from them.

use std::sync::Arc;

use crate::model::{ContextPart, InvocationNumber, RunId, WorkflowStep, with_context};

use crate::engine::desk::Desk;
use crate::engine::error::EngineError;

/// The answer of an invocation: that of its last attempt.
pub(super) fn answer_of(desk: &Desk, run: &RunId, number: InvocationNumber) -> Option<String> {
    let folder = desk.spool.invocation(run, number);
    let attempts = (1..)
        .map(|attempt| folder.attempt(attempt))
        .take_while(|attempt| attempt.path().is_dir());
    attempts.last()?.answer().ok().flatten()
}

/// The step's prompt with the answers of its inputs before it.
pub(super) fn prompt_of(
    desk: &Desk,
    run: &RunId,
    step: &WorkflowStep,
    prompt: &Arc<str>,
    inputs: &[(String, InvocationNumber)],
) -> Result<Arc<str>, EngineError> {
    if inputs.is_empty() {
        return Ok(Arc::clone(prompt));
    }
    let answers = inputs
        .iter()
        .map(|(needed, number)| {
            let answer = answer_of(desk, run, *number);
            answer.ok_or_else(|| EngineError::StepAnswer {
                step: step.id.clone(),
                needed: needed.clone(),
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let parts: Vec<ContextPart<'_>> = inputs
        .iter()
        .zip(&answers)
        .map(|((name, _), text)| ContextPart { name, text })
        .collect();
    with_context(&parts, prompt)
        .map(Arc::from)
        .map_err(|source| EngineError::StepPrompt {
            step: step.id.clone(),
            source,
        })
}
