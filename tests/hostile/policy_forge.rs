//! Makes policies out of WebAssembly text: a good one, with any part of it replaced.
//!
//! Owns the good policy and the layout of its answers, which follows from `wit/policy/policy.wit`.

use crate::forge::{REALLOC, encode};
use crate::image::{Image, record};

/// The policy package as it is.
pub const POLICY_WIT: &str = include_str!("../../wit/policy/policy.wit");

/// A policy in the making.
pub struct Policy {
    image: Image,
    fragment: String,
    imports: String,
    version: &'static str,
    describe: u32,
    validate: u32,
    evaluate: u32,
}

/// A policy without an opinion.
pub fn good() -> Policy {
    let mut image = Image::at(1 << 10);
    let (id, version) = (image.text(b"good"), image.text(b"1.0.0"));
    let phases = [record(8, &[(0, &image.text(b"run-start"))])];
    let phases = image.list(&phases);
    let describe = image.put(&record(40, &[(0, &id), (8, &version), (24, &phases)]));
    let (validate, evaluate) = (image.put(&[0; 8]), image.put(&[0; 48]));
    Policy {
        image,
        fragment: String::new(),
        imports: String::new(),
        version: "1.0.0",
        describe,
        validate,
        evaluate,
    }
}

/// A policy with parts replaced: `fragment` defines functions that stand in for the good ones of
/// the same name (`$describe`, `$validate`, `$evaluate`), or a memory, or anything else.
pub fn with(fragment: &str) -> Policy {
    let mut policy = good();
    policy.fragment = fragment.to_owned();
    policy
}

/// A policy whose `evaluate` is `body`.
pub fn evaluating(body: &str) -> Policy {
    with(&format!("(func $evaluate (param i32) (result i32) {body})"))
}

/// A policy that always decides the same.
pub fn deciding(case: u8, payload: impl FnOnce(&mut Image) -> Vec<u8>) -> Policy {
    good().verdict(|image| {
        let payload = payload(image);
        verdict(case, &payload, [0; 8])
    })
}

/// A policy that always denies, for these reasons.
pub fn denying(reasons: &[(Vec<u8>, Vec<u8>)]) -> Policy {
    good().verdict(|image| {
        let reasons: Vec<_> = reasons
            .iter()
            .map(|(code, message)| {
                let (code, message) = (image.text(code), image.text(message));
                record(16, &[(0, &code), (8, &message)])
            })
            .collect();
        let reasons = image.list(&reasons);
        verdict(2, &[], reasons)
    })
}

/// A policy that always wants this target.
pub fn rerouting(target: u32) -> Policy {
    deciding(4, |_| record(16, &[(0, &target.to_le_bytes())]))
}

/// A policy that always asks this.
pub fn asking(title: &[u8], detail: &[u8]) -> Policy {
    deciding(3, |image| {
        let (title, detail) = (image.text(title), image.text(detail));
        record(16, &[(0, &title), (8, &detail)])
    })
}

/// `result<verdict, string>` with a verdict: the decision's case and payload, and the reasons.
pub fn verdict(case: u8, payload: &[u8], reasons: [u8; 8]) -> Vec<u8> {
    record(48, &[(8, &[case]), (16, payload), (32, &reasons)])
}

impl Policy {
    /// Imports of the core module.
    pub fn importing(mut self, imports: &str) -> Self {
        self.imports = imports.to_owned();
        self
    }

    /// The version in the names of the exports.
    pub fn version(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    /// What `describe` returns.
    pub fn about(mut self, id: &str, version: &str) -> Self {
        let (id, version) = (
            self.image.text(id.as_bytes()),
            self.image.text(version.as_bytes()),
        );
        self.describe = self.image.put(&record(40, &[(0, &id), (8, &version)]));
        self
    }

    /// When it wants to be asked.
    pub fn phases(mut self, phases: &[&str]) -> Self {
        let (id, version) = (self.image.text(b"good"), self.image.text(b"1.0.0"));
        let phases: Vec<_> = phases
            .iter()
            .map(|phase| record(8, &[(0, &self.image.text(phase.as_bytes()))]))
            .collect();
        let phases = self.image.list(&phases);
        let about = record(40, &[(0, &id), (8, &version), (24, &phases)]);
        self.describe = self.image.put(&about);
        self
    }

    /// What `validate` returns: these messages.
    pub fn complaints(mut self, messages: &[String]) -> Self {
        let elements: Vec<_> = messages
            .iter()
            .map(|message| {
                let message = self.image.text(message.as_bytes());
                record(28, &[(8, &message)])
            })
            .collect();
        let list = self.image.list(&elements);
        self.validate = self.image.put(&list);
        self
    }

    /// What `evaluate` returns, every time.
    pub fn verdict(mut self, verdict: impl FnOnce(&mut Image) -> Vec<u8>) -> Self {
        let verdict = verdict(&mut self.image);
        self.evaluate = self.image.put(&verdict);
        self
    }

    /// The component.
    pub fn build(self) -> Vec<u8> {
        self.build_for(&[POLICY_WIT])
    }

    /// The component, for other packages than the real one; the last holds the world.
    pub fn build_for(self, packages: &[&str]) -> Vec<u8> {
        encode(&self.module(), packages)
    }

    fn module(&self) -> String {
        let mut module = format!("(module\n{}\n{}\n", self.imports, self.fragment);
        if !self.fragment.contains("(memory ") {
            module.push_str("(memory (export \"memory\") 32)\n");
        }
        module.push_str(REALLOC);
        for (name, params, answer) in [
            ("describe", "", self.describe),
            ("validate", "(param i32 i32)", self.validate),
            ("evaluate", "(param i32)", self.evaluate),
        ] {
            if !self.fragment.contains(&format!("(func ${name} ")) {
                module.push_str(&format!(
                    "(func ${name} {params} (result i32) (i32.const {answer}))\n"
                ));
            }
            let version = self.version;
            module.push_str(&format!(
                "(export \"tollgate:policy/policy@{version}#{name}\" (func ${name}))\n"
            ));
        }
        module + &self.image.segment() + ")"
    }
}
