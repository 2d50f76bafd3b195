//! A reader of small JSON texts: the configuration, and the event that made the host ask.
//!
//! Owns the grammar of RFC 8259. Every value stays text until its type is known, so money never passes through a float.
//! Never builds a tree and never goes deeper than [`DEEPEST`]. It is here because the usual library brings floats and
//! their printing along, a third of a component's size; tests hold it against that library.

use std::fmt;

/// Objects and lists may be this deep.
const DEEPEST: u32 = 100;

/// Where a text stops being JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wrong {
    at: usize,
    wanted: &'static str,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} at byte {}", self.wanted, self.at)
    }
}

/// Names and values of an object, in the order given; a name may stand there twice.
pub(crate) fn members(json: &str) -> Result<Vec<(String, &str)>, Wrong> {
    let mut cursor = Cursor::new(json);
    let mut members = Vec::new();
    cursor.object(0, &mut |name, value| {
        members.push((name, value));
        Ok(())
    })?;
    cursor.end().map(|()| members)
}

/// The elements of a list.
pub(crate) fn elements(json: &str) -> Result<Vec<&str>, Wrong> {
    let mut cursor = Cursor::new(json);
    let mut elements = Vec::new();
    cursor.list(0, &mut |value| elements.push(value))?;
    cursor.end().map(|()| elements)
}

/// The text of a string.
pub(crate) fn text(json: &str) -> Result<String, Wrong> {
    let mut cursor = Cursor::new(json);
    cursor.space();
    let text = cursor.string()?;
    cursor.end().map(|()| text)
}

/// A whole number of at least 0.
pub(crate) fn whole(json: &str) -> Option<u64> {
    let json = json.trim_ascii();
    let digits = json.bytes().all(|byte| byte.is_ascii_digit());
    let padded = json.len() > 1 && json.starts_with('0');
    if digits && !padded {
        json.parse().ok()
    } else {
        None
    }
}

/// What is done with a member; its name is unescaped.
type Visit<'v, 'a> = &'v mut dyn FnMut(String, &'a str) -> Result<(), Wrong>;

struct Cursor<'a> {
    json: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn new(json: &'a str) -> Self {
        Self { json, at: 0 }
    }

    fn end(&mut self) -> Result<(), Wrong> {
        self.space();
        match self.peek() {
            None => Ok(()),
            Some(_) => self.wrong("the end"),
        }
    }

    fn object(&mut self, depth: u32, visit: Visit<'_, 'a>) -> Result<(), Wrong> {
        self.expect(b'{', "an object")?;
        self.space();
        if self.eat(b'}') {
            return Ok(());
        }
        loop {
            self.space();
            let start = self.at;
            let name = self.string().or_else(|wrong| {
                // A name that is no text (half a surrogate pair) is skipped as its own spelling.
                self.at = start;
                self.skip_string()?;
                self.json
                    .get(start..self.at)
                    .map(str::to_owned)
                    .ok_or(wrong)
            })?;
            self.expect(b':', "`:`")?;
            let value = self.value(depth + 1)?;
            visit(name, value)?;
            self.space();
            if self.eat(b'}') {
                return Ok(());
            }
            self.expect(b',', "`,` or `}`")?;
        }
    }

    fn list(&mut self, depth: u32, visit: &mut dyn FnMut(&'a str)) -> Result<(), Wrong> {
        self.expect(b'[', "a list")?;
        self.space();
        if self.eat(b']') {
            return Ok(());
        }
        loop {
            visit(self.value(depth + 1)?);
            self.space();
            if self.eat(b']') {
                return Ok(());
            }
            self.expect(b',', "`,` or `]`")?;
        }
    }

    /// Skips a value and returns its text.
    fn value(&mut self, depth: u32) -> Result<&'a str, Wrong> {
        if depth > DEEPEST {
            return self.wrong("less nesting");
        }
        self.space();
        let start = self.at;
        match self.peek() {
            Some(b'{') => self.object(depth, &mut |_, _| Ok(()))?,
            Some(b'[') => self.list(depth, &mut |_| ())?,
            Some(b'"') => self.skip_string()?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => self.word()?,
        }
        self.json.get(start..self.at).ok_or(Wrong {
            at: start,
            wanted: "a value",
        })
    }

    fn word(&mut self) -> Result<(), Wrong> {
        for word in ["null", "true", "false"] {
            if self.rest().starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(());
            }
        }
        self.wrong("a value")
    }

    fn number(&mut self) -> Result<(), Wrong> {
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits()?;
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _signed = self.eat(b'+') || self.eat(b'-');
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Wrong> {
        let n_digits = self
            .rest()
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        self.at += n_digits;
        if n_digits == 0 {
            return self.wrong("a digit");
        }
        Ok(())
    }

    /// Skips a string without asking whether its escapes make text.
    fn skip_string(&mut self) -> Result<(), Wrong> {
        self.expect(b'"', "a string")?;
        loop {
            match self.next() {
                Some(b'"') => return Ok(()),
                Some(b'\\') => {
                    self.escape()?;
                }
                Some(b' '..) => {}
                _ => return self.wrong("`\"`"),
            }
        }
    }

    /// Reads a string.
    fn string(&mut self) -> Result<String, Wrong> {
        self.expect(b'"', "a string")?;
        let mut text = String::new();
        loop {
            let plain = self
                .rest()
                .iter()
                .take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f))
                .count();
            text.push_str(self.json.get(self.at..self.at + plain).unwrap_or_default());
            self.at += plain;
            match self.next() {
                Some(b'"') => return Ok(text),
                Some(b'\\') => text.push(self.character()?),
                _ => return self.wrong("`\"`"),
            }
        }
    }

    /// The character that an escape, or a pair of them, stands for.
    fn character(&mut self) -> Result<char, Wrong> {
        let unit = self.escape()?;
        let code = if (0xd800..0xdc00).contains(&unit) && self.rest().starts_with(b"\\u") {
            self.at += 1;
            match self.escape()? {
                low @ 0xdc00..0xe000 => 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00),
                _ => return self.wrong("the other half of a character"),
            }
        } else {
            unit
        };
        match char::from_u32(code) {
            Some(character) => Ok(character),
            None => self.wrong("a whole character"),
        }
    }

    /// The UTF-16 unit that the escape after a backslash stands for.
    fn escape(&mut self) -> Result<u32, Wrong> {
        let unit = match self.next() {
            Some(b'u') => {
                let digits = self.json.get(self.at..self.at + 4);
                let digits = digits.filter(|it| it.bytes().all(|byte| byte.is_ascii_hexdigit()));
                let unit = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                self.at += if unit.is_some() { 4 } else { 0 };
                unit
            }
            Some(byte @ (b'"' | b'\\' | b'/')) => Some(u32::from(byte)),
            Some(b'b') => Some(0x08),
            Some(b'f') => Some(0x0c),
            Some(b'n') => Some(0x0a),
            Some(b'r') => Some(0x0d),
            Some(b't') => Some(0x09),
            _ => None,
        };
        match unit {
            Some(unit) => Ok(unit),
            None => self.wrong("an escape"),
        }
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8, wanted: &'static str) -> Result<(), Wrong> {
        self.space();
        if self.eat(byte) {
            Ok(())
        } else {
            self.wrong(wanted)
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek();
        self.at += usize::from(byte.is_some());
        byte
    }

    fn peek(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.json.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn wrong<T>(&self, wanted: &'static str) -> Result<T, Wrong> {
        Err(Wrong {
            at: self.at,
            wanted,
        })
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
