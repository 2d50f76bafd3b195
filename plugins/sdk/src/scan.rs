//! The whole values that a cut line still holds.
//!
//! Owns the reading of a JSON object of which only the beginning and the last bytes are there: a 100 MB answer must not
//! cost its token counts, which tools print on the same line. Only members of the outermost object are taken, so text
//! from a model cannot pass itself off as a count. Never guesses at a value that is not whole.

use std::ops::Range;

/// The members of the outermost object that are whole in `head` or in `tail`, as one JSON object. Where a key is in
/// both, the tail's value is taken. None: the line is not an object, or nothing whole is left.
#[must_use]
pub fn salvage(head: &[u8], tail: &[u8]) -> Option<String> {
    let first = head.iter().position(|byte| !byte.is_ascii_whitespace())?;
    if head[first] != b'{' {
        return None;
    }
    let in_head = members(head, first + 1, State::Between, Outermost::AtStart).unwrap_or_default();
    // Where the tail begins is unknown: between values, in a string, or behind the backslash of an escape.
    let in_tail = [State::Between, State::InString, State::Escaped]
        .into_iter()
        .find_map(|state| members(tail, 0, state, Outermost::AtEnd))
        .unwrap_or_default();

    let mut json = String::from("{");
    let of_tail = in_tail.iter().map(|member| (member, tail));
    let keys_of_tail: Vec<&[u8]> = in_tail
        .iter()
        .map(|member| &tail[member.key.clone()])
        .collect();
    let of_head = in_head
        .iter()
        .map(|member| (member, head))
        .filter(|(m, _)| !keys_of_tail.contains(&&head[m.key.clone()]));
    for (member, bytes) in of_head.chain(of_tail) {
        let key = std::str::from_utf8(&bytes[member.key.clone()]).ok()?;
        let value = String::from_utf8_lossy(&bytes[member.value.clone()]);
        if json.len() > 1 {
            json.push(',');
        }
        json.extend([key, ":", value.trim()]);
    }
    json.push('}');
    (json.len() > 2).then_some(json)
}

/// The text of a string that begins after the first `"key":"` and is cut by the end of `head`, unescaped.
#[must_use]
pub fn cut_string(head: &[u8], key: &str) -> Option<String> {
    let pattern = format!("\"{key}\":\"");
    let at = head
        .windows(pattern.len())
        .position(|window| window == pattern.as_bytes())?
        + pattern.len();
    let mut end = at;
    while end < head.len() && head[end] != b'"' {
        // An escape is taken whole or not at all; a pair of surrogates is two escapes.
        let width = match (head[end], head.get(end + 1)) {
            (b'\\', Some(b'u')) if is_high_surrogate(&head[end..]) => 12,
            (b'\\', Some(b'u')) => 6,
            (b'\\', _) => 2,
            _ => 1,
        };
        if end + width > head.len() {
            break;
        }
        end += width;
    }
    let quoted = format!("\"{}\"", String::from_utf8_lossy(&head[at..end]));
    serde_json::from_str(&quoted).ok()
}

fn is_high_surrogate(escape: &[u8]) -> bool {
    matches!(
        escape.get(2..4),
        Some([b'd' | b'D', b'8' | b'9' | b'a' | b'b' | b'A' | b'B'])
    )
}

/// One `"key": value` of an object; the key with its quotes.
struct Member {
    key: Range<usize>,
    value: Range<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Between,
    InString,
    Escaped,
}

/// Which depth the outermost object has: that of the first byte, or one more than after the last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outermost {
    AtStart,
    AtEnd,
}

fn members(bytes: &[u8], start: usize, state: State, outermost: Outermost) -> Option<Vec<Member>> {
    let mut tokens = Vec::new();
    let last = tokenize(bytes, start, state, &mut tokens);
    let depth = match outermost {
        Outermost::AtStart => 0,
        // The tail must end with the brace that closes the line.
        Outermost::AtEnd => {
            let (depth, whole) = last?;
            let closed = tokens
                .last()
                .is_some_and(|token| bytes[token.range.start] == b'}');
            (whole && closed).then_some(depth + 1)?
        }
    };
    let mut found = Vec::new();
    let mut tokens = tokens
        .iter()
        .filter(|token| token.depth == depth)
        .peekable();
    while let Some(token) = tokens.next() {
        let is_key = bytes[token.range.start] == b'"';
        let Some(colon) = tokens
            .peek()
            .filter(|next| is_key && bytes[next.range.start] == b':')
        else {
            continue;
        };
        let from = colon.range.end;
        // A value ends at the comma, or at the brace, of the same depth.
        let ends = |byte: u8| byte == b',' || byte == b'}';
        if let Some(end) = tokens.find(|next| ends(bytes[next.range.start])) {
            found.push(Member {
                key: token.range.clone(),
                value: from..end.range.start,
            });
        }
    }
    Some(found)
}

struct Token {
    range: Range<usize>,
    /// Depth around the token; a closing brace has the depth of what it closes.
    depth: i64,
}

/// Splits `bytes` into strings and punctuation. Returns the depth after the last byte and whether that is not inside a
/// string; None when something stands between values that JSON has no place for.
fn tokenize(
    bytes: &[u8],
    start: usize,
    state: State,
    tokens: &mut Vec<Token>,
) -> Option<(i64, bool)> {
    let mut depth = 0_i64;
    let mut at = match state {
        State::Between => start,
        State::InString => string_end(bytes, start)?,
        State::Escaped => string_end(bytes, start + 1)?,
    };
    while at < bytes.len() {
        let mut token = Token {
            range: at..at + 1,
            depth,
        };
        match bytes[at] {
            b'"' => match string_end(bytes, at + 1) {
                Some(end) => token.range.end = end,
                None => return Some((depth, false)),
            },
            b'{' | b'[' => {
                depth += 1;
                // The brackets of a nested value must not look like the end of a member.
                token.depth = depth;
            }
            b'}' | b']' => depth -= 1,
            b',' | b':' => {}
            byte if byte.is_ascii_whitespace()
                || byte.is_ascii_alphanumeric()
                || b"+-.".contains(&byte) =>
            {
                at += 1;
                continue;
            }
            _ => return None,
        }
        at = token.range.end;
        tokens.push(token);
    }
    Some((depth, true))
}

/// The position after the quote that ends the string whose inside begins at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"a":1,"usage":{"in":[1,{"x":"}"}],"a":9},"text":"say \"a\":7, \\ {\"total\":99}","total":0.25,"b":{"total":1},"type":"result"}"#;

    fn parsed(json: &str) -> std::collections::BTreeMap<String, serde_json::Value> {
        serde_json::from_str(json).expect(json)
    }

    #[test]
    fn every_cut_yields_only_true_members() {
        let whole = parsed(LINE);
        for head in 0..=LINE.len() {
            for tail in head..=LINE.len() {
                let Some(json) = salvage(&LINE.as_bytes()[..head], &LINE.as_bytes()[tail..]) else {
                    continue;
                };
                for (key, value) in parsed(&json) {
                    assert_eq!(
                        whole.get(&key),
                        Some(&value),
                        "{key} of head {head}, tail {tail}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_whole_is_found() {
        let cut = LINE.find("say").expect("text");
        let tail = LINE.find("\"total\":0.25").expect("total");
        let json = parsed(
            &salvage(&LINE.as_bytes()[..cut], &LINE.as_bytes()[tail - 4..]).expect("members"),
        );
        let keys: Vec<&String> = json.keys().collect();
        assert_eq!(keys, ["a", "b", "total", "type", "usage"]);
        assert_eq!(json["total"], 0.25);
    }

    #[test]
    fn lines_that_are_no_objects_hold_nothing() {
        assert_eq!(salvage(b"plain text", b"\"a\":1}"), None);
        assert_eq!(salvage(b"", b""), None);
        assert_eq!(salvage(b"[1", b"]"), None);
    }

    #[test]
    fn a_cut_string_keeps_whole_characters_and_escapes() {
        assert_eq!(
            cut_string(br#"{"text":"a\nb\"#, "text").as_deref(),
            Some("a\nb")
        );
        assert_eq!(
            cut_string(br#"{"text":"a\u00e9 \ud83d\ude"#, "text").as_deref(),
            Some("aé ")
        );
        assert_eq!(
            cut_string(br#"{"text":"whole","b":1"#, "text").as_deref(),
            Some("whole")
        );
        assert_eq!(cut_string(br#"{"other":"#, "text"), None);
    }
}
