//! Plays recorded streams through adapters.
//!
//! Owns the player and a reference fold of events into totals, which says in the fewest words what the scopes of the
//! contract mean. The host has a fold of its own; both must agree on the recordings. Never runs a tool.

mod fold;
mod recording;

pub use fold::{Fold, Totals};
pub use recording::{Expected, Recording, all};

use tollgate_plugin_sdk::contract::{Chunk, Exit, Source, Task};
use tollgate_plugin_sdk::{Adapter, Run};

/// Plays one recording through `A`, a line at a time, and folds what it reports.
///
/// # Errors
/// The adapter refused the task or called the output unreadable.
pub fn play<A: Adapter>(recording: &Recording, options: &str) -> Result<Fold, String> {
    let mut run = Run::<A>::default();
    let task = Task {
        program: "tool".to_owned(),
        prompt_bytes: 6,
        prompt_head: "say hi".to_owned(),
        model: None,
        resume: recording.resume(),
        cwd: "/home/dev/project".to_owned(),
        max_cost_microusd: None,
        live_text: false,
        tool_version: None,
        options: options.to_owned(),
        extra: Vec::new(),
    };
    run.plan(task).map_err(|problem| format!("{problem:?}"))?;
    let mut fold = Fold::default();
    let streams = [
        (Source::Stdout, &recording.stdout),
        (Source::Stderr, &recording.stderr),
    ];
    let lines = streams
        .iter()
        .flat_map(|(source, bytes)| lines(bytes).map(|line| (*source, line.to_vec())));
    for (number, (source, data)) in lines.enumerate() {
        let chunk = Chunk {
            source,
            seq: number as u64 + 1,
            data,
            cut: None,
        };
        fold.step(
            run.push(vec![chunk])
                .map_err(|problem| format!("{problem:?}"))?,
        );
    }
    let exit: Exit = recording.exit();
    fold.step(run.finish(exit).map_err(|problem| format!("{problem:?}"))?);
    Ok(fold)
}

/// Lines end at line feeds and nowhere else; tools print U+2028 as it is.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let whole = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    whole
        .split(|byte| *byte == b'\n')
        .filter(move |_| !bytes.is_empty())
}
