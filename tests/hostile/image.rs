//! Answers of a guest, laid out in its memory as the component model's canonical ABI wants them.
//!
//! Owns offsets and sizes for the few records that hostile guests return. They follow from
//! `wit/adapter/adapter.wit`; the good guest's test would fail first if they were wrong.

/// Bytes that become a data segment of the guest.
pub struct Image {
    base: u32,
    bytes: Vec<u8>,
}

impl Image {
    /// Memory from `base` on.
    pub fn at(base: u32) -> Self {
        Self {
            base,
            bytes: Vec::new(),
        }
    }

    /// Put `bytes` somewhere and say where.
    pub fn put(&mut self, bytes: &[u8]) -> u32 {
        while !self.bytes.len().is_multiple_of(8) {
            self.bytes.push(0);
        }
        let at = self.base + u32::try_from(self.bytes.len()).unwrap();
        self.bytes.extend_from_slice(bytes);
        at
    }

    /// A string or list of bytes: where it is, and how long.
    pub fn text(&mut self, text: &[u8]) -> [u8; 8] {
        let at = self.put(text);
        span(at, u32::try_from(text.len()).unwrap())
    }

    /// A list of elements that were laid out already.
    pub fn list(&mut self, elements: &[Vec<u8>]) -> [u8; 8] {
        let at = self.put(&elements.concat());
        span(at, u32::try_from(elements.len()).unwrap())
    }

    /// The data segment in WebAssembly text.
    pub fn segment(&self) -> String {
        let hex: String = self.bytes.iter().map(|b| format!("\\{b:02x}")).collect();
        format!("(data (i32.const {}) \"{hex}\")", self.base)
    }
}

/// A pointer and a length.
pub fn span(at: u32, len: u32) -> [u8; 8] {
    let mut bytes = [0; 8];
    bytes[..4].copy_from_slice(&at.to_le_bytes());
    bytes[4..].copy_from_slice(&len.to_le_bytes());
    bytes
}

/// Fields at their offsets, in a record of `size` bytes.
pub fn record(size: usize, fields: &[(usize, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0; size];
    for (offset, field) in fields {
        bytes[*offset..*offset + field.len()].copy_from_slice(field);
    }
    bytes
}

/// `result<step, problem>`, as `push` and `finish` return it, holding these events.
pub fn step(image: &mut Image, events: &[Vec<u8>]) -> Vec<u8> {
    let events = image.list(events);
    record(24, &[(4, &events)])
}

/// An event of chunk `seq`: the case's number and its payload.
pub fn event(seq: u64, case: u8, payload: &[u8]) -> Vec<u8> {
    record(144, &[(0, &seq.to_le_bytes()), (8, &[case]), (16, payload)])
}

/// A complete text.
pub fn text_event(image: &mut Image, seq: u64, content: &[u8]) -> Vec<u8> {
    let content = image.text(content);
    event(seq, 1, &record(36, &[(12, &content)]))
}

/// A usage report with `input` tokens.
pub fn usage_event(image: &mut Image, seq: u64, scope: &str, input: u64) -> Vec<u8> {
    let scope = image.text(scope.as_bytes());
    let fields: [(usize, &[u8]); 4] = [
        (0, &scope),
        (24, &[1]),
        (32, &input.to_le_bytes()),
        (104, &[1]),
    ];
    event(seq, 5, &record(128, &fields))
}

/// A cost report.
pub fn cost_event(image: &mut Image, seq: u64, microusd: u64) -> Vec<u8> {
    let (scope, basis) = (image.text(b"run"), image.text(b"reported"));
    let fields: [(usize, &[u8]); 3] = [(0, &scope), (24, &microusd.to_le_bytes()), (32, &basis)];
    event(seq, 6, &record(48, &fields))
}

/// A last word.
pub fn finished_event(image: &mut Image, seq: u64, outcome: &str) -> Vec<u8> {
    let outcome = image.text(outcome.as_bytes());
    event(seq, 9, &record(36, &[(0, &outcome)]))
}

/// A plan: what it runs, with which arguments and literal variables.
pub fn plan(
    image: &mut Image,
    program: &str,
    args: &[Vec<u8>],
    env: &[(&str, EnvCase)],
) -> Vec<u8> {
    let program = image.text(program.as_bytes());
    let args: Vec<_> = args
        .iter()
        .map(|arg| {
            let text = image.text(arg);
            record(12, &[(4, &text)])
        })
        .collect();
    let args = image.list(&args);
    let env: Vec<_> = env
        .iter()
        .map(|(name, case)| {
            let (name, value) = (image.text(name.as_bytes()), image.text(b"1"));
            record(20, &[(0, &name), (8, &[*case as u8]), (12, &value)])
        })
        .collect();
    let env = image.list(&env);
    // The invocation begins after the result's discriminant, at 4.
    record(84, &[(4, &program), (12, &args), (20, &env)])
}

/// Where a variable's value comes from.
#[derive(Clone, Copy)]
pub enum EnvCase {
    /// A text of the plugin.
    Literal = 0,
    /// The host's own variable.
    Inherit = 1,
}
