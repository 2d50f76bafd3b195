//! Where the prompt comes from: the argument, a file, or standard input, with context before it.

use std::io::{IsTerminal, Read};
use std::path::Path;
use std::sync::Arc;

use crate::model::{ContextPart, PROMPT_CAP, sentence, with_context};

use super::args::RequestArgs;
use super::failure::{Code, Failure};

/// The whole prompt of a request.
pub(super) fn gather(args: &RequestArgs) -> Result<Arc<str>, Failure> {
    let prompt = match (&args.prompt, &args.prompt_file) {
        (Some(prompt), _) => prompt.clone(),
        (None, Some(path)) if path.as_os_str() != "-" => read_file(path)?,
        (None, file) => {
            if file.is_none() && std::io::stdin().is_terminal() {
                return Err(Failure::new(Code::Usage, "there is no prompt").hint(
                    "give it as an argument, with --prompt-file FILE, or on standard input",
                ));
            }
            read_text(std::io::stdin().lock(), "standard input")?
        }
    };
    if prompt.is_empty() {
        return Err(Failure::new(Code::BadPrompt, "the prompt is empty")
            .hint("give it as an argument, with --prompt-file FILE, or on standard input"));
    }
    let mut files = Vec::new();
    for path in &args.context {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        files.push((name, read_file(path)?));
    }
    let parts: Vec<ContextPart<'_>> = files
        .iter()
        .map(|(name, text)| ContextPart { name, text })
        .collect();
    let whole = with_context(&parts, &prompt).map_err(|error| {
        Failure::new(Code::BadPrompt, format!("failed to {}", sentence(&error)))
    })?;
    Ok(whole.into())
}

pub(super) fn read_file(path: &Path) -> Result<String, Failure> {
    let name = path.display().to_string();
    let file = std::fs::File::open(path)
        .map_err(|error| Failure::new(Code::Io, format!("cannot read {name}: {error}")))?;
    read_text(file, &name)
}

fn read_text(source: impl Read, name: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    source
        .take(PROMPT_CAP + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::new(Code::Io, format!("cannot read {name}: {error}")))?;
    if bytes.len() as u64 > PROMPT_CAP {
        return Err(Failure::new(
            Code::BadPrompt,
            format!("{name} is longer than {} MiB", PROMPT_CAP >> 20),
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::new(Code::BadPrompt, format!("{name} is not UTF-8 at byte {at}"))
            .hint("a prompt is text; convert it first, such as with iconv")
    })
}
