//! How a prompt is written when context stands before it, and how long it may be.
//!
//! Files of `exec --context` and answers of earlier steps look the same. Text only: nothing here
//! reads a file. It never shortens anything.

use std::collections::HashSet;

/// The largest prompt that is taken, in bytes, context included. Far above any model's context
/// window.
pub const PROMPT_CAP: u64 = 64 << 20;

/// A text that stands before a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContextPart<'a> {
    /// What the model may call it: a file's name, or the id of an earlier step.
    pub name: &'a str,
    /// The text, taken for hostile.
    pub text: &'a str,
}

/// A prompt that is too long with its context.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "send a prompt of {bytes} bytes, context included: {PROMPT_CAP} is the most, and '{longest}' \
     alone has {longest_bytes}"
)]
pub struct PromptTooLong {
    /// The length of the whole.
    pub bytes: u64,
    /// The name of the longest part; `prompt` for the prompt itself.
    pub longest: String,
    /// The length of that part.
    pub longest_bytes: u64,
}

/// `prompt` with `parts` before it, in their order; the prompt alone when there are none.
///
/// # Errors
/// When the whole is longer than [`PROMPT_CAP`].
pub fn with_context(parts: &[ContextPart<'_>], prompt: &str) -> Result<String, PromptTooLong> {
    with_context_up_to(PROMPT_CAP, parts, prompt)
}

/// One part as it stands before a prompt: a tagged block, followed by an empty line.
///
/// No text can end its own block: where it holds the closing tag, or something that reads like it,
/// the block gets a numbered tag that the text does not close.
#[must_use]
pub fn context_block(part: ContextPart<'_>) -> String {
    let tag = tag_for(part.text);
    let name: String = part
        .name
        .chars()
        .map(|c| match c {
            '"' | '<' | '>' => '_',
            c if c.is_control() => '_',
            c => c,
        })
        .collect();
    let text = part.text.trim_end_matches('\n');
    format!("<{tag} file=\"{name}\">\n{text}\n</{tag}>\n\n")
}

fn with_context_up_to(
    most: u64,
    parts: &[ContextPart<'_>],
    prompt: &str,
) -> Result<String, PromptTooLong> {
    let too_long = |bytes: usize| {
        let whole = ContextPart {
            name: "prompt",
            text: prompt,
        };
        let all = parts.iter().copied().chain([whole]);
        let longest = all.max_by_key(|part| part.text.len()).unwrap_or(whole);
        PromptTooLong {
            bytes: bytes as u64,
            longest: longest.name.to_owned(),
            longest_bytes: longest.text.len() as u64,
        }
    };
    // Looked at before anything is copied: five hundred answers can be long together.
    let bare = parts.iter().fold(prompt.len(), |n, p| n + p.text.len());
    if bare as u64 > most {
        return Err(too_long(bare));
    }
    let mut whole: String = parts.iter().copied().map(context_block).collect();
    whole.push_str(prompt);
    if whole.len() as u64 > most {
        return Err(too_long(whole.len()));
    }
    Ok(whole)
}

/// `context`, or the first of `context-2`, `context-3`, ... that `text` does not close.
fn tag_for(text: &str) -> String {
    let closed: HashSet<u64> = closings(text).collect();
    if closed.is_empty() {
        return "context".to_owned();
    }
    let free = (2..).find(|number| !closed.contains(number));
    // Invariant: a text is finite, and so are the numbers in it.
    format!("context-{}", free.unwrap_or(u64::MAX))
}

/// The number of everything in `text` that a lenient reader takes for the end of a block; 1 when
/// there is no number.
fn closings(text: &str) -> impl Iterator<Item = u64> {
    const WORD: &str = "context";
    text.match_indices("</").filter_map(|(at, slash)| {
        let rest = text[at + slash.len()..].trim_start();
        let word = rest.get(..WORD.len())?;
        if !word.eq_ignore_ascii_case(WORD) {
            return None;
        }
        let digits = rest[WORD.len()..].strip_prefix('-').unwrap_or_default();
        let end = digits
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(digits.len());
        Some(digits[..end].parse().unwrap_or(1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part<'a>(name: &'a str, text: &'a str) -> ContextPart<'a> {
        ContextPart { name, text }
    }

    #[test]
    fn parts_stand_before_the_prompt_in_their_order() {
        let parts = [part("a.md", "one\n\n"), part("collect", "two")];
        insta::assert_snapshot!(with_context(&parts, "the prompt").unwrap(), @r#"
        <context file="a.md">
        one
        </context>

        <context file="collect">
        two
        </context>

        the prompt
        "#);
        assert_eq!(with_context(&[], "alone").unwrap(), "alone");
    }

    #[test]
    fn what_looks_like_the_end_gets_another_tag() {
        for (text, tag) in [
            ("plain", "context"),
            ("<context file=\"x\">", "context"),
            ("</contex>", "context"),
            ("a</context>b", "context-2"),
            ("</ CONTEXT >", "context-2"),
            ("</contexts>", "context-2"),
            ("</context-2>", "context-3"),
            (
                "</context></context-2></context-03 ></context-9>",
                "context-4",
            ),
            ("</context-99999999999999999999999>", "context-2"),
            ("</context", "context-2"),
            ("</context-", "context-2"),
            ("</conté", "context"),
        ] {
            assert_eq!(tag_for(text), tag, "{text}");
        }
    }

    #[test]
    fn a_name_cannot_leave_its_attribute() {
        let block = context_block(part("a\"><b>\n\u{1b}.md", "x"));
        assert!(
            block.starts_with("<context file=\"a___b___.md\">\nx\n"),
            "{block}"
        );
    }

    #[test]
    fn too_much_is_refused_with_what_is_longest() {
        let parts = [part("a", "xx"), part("collect", "0123456789")];
        let whole = with_context(&parts, "p").unwrap();
        let most = whole.len() as u64;
        assert_eq!(with_context_up_to(most, &parts, "p"), Ok(whole));
        for most in [most - 1, 5] {
            let refused = with_context_up_to(most, &parts, "p").unwrap_err();
            assert_eq!(
                (refused.longest.as_str(), refused.longest_bytes),
                ("collect", 10)
            );
        }
        let refused = with_context_up_to(3, &[], "long").unwrap_err();
        insta::assert_snapshot!(refused, @"send a prompt of 4 bytes, context included: 67108864 is the most, and 'prompt' alone has 4");
    }

    proptest! {
        /// Whatever stands in a text, its block ends at its end and nowhere before.
        #[test]
        fn no_text_ends_its_own_block(
            text in "(</? ?[Cc]ontext(-[0-9]{0,2})? ?>|[a\n <>/-]){0,40}",
        ) {
            let block = context_block(part("x", &text));
            let tag = block[1..].split(' ').next().unwrap();
            let end = format!("</{tag}>").to_lowercase();
            let squeezed: String =
                block.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
            prop_assert_eq!(squeezed.matches(&end).count(), 1);
            prop_assert!(squeezed.ends_with(&end));
        }
    }
}
