//! Arguments that switch a tool's own safety off.
//!
//! Owns the built-in list and what counts as the same argument. Never splits an argument like a shell: it is matched as the
//! tool will get it. A prompt stands among the arguments as `{prompt}` and cannot match.

/// What switches questions or sandboxes off in well-known tools, as their `--help` has it.
pub(crate) const DENIED: [&str; 13] = [
    // Claude Code
    "--dangerously-skip-permissions",
    "--allow-dangerously-skip-permissions",
    "--permission-mode=bypassPermissions",
    // Codex
    "--dangerously-bypass-approvals-and-sandbox",
    "--sandbox=danger-full-access",
    "-s=danger-full-access",
    "-c=sandbox_mode=danger-full-access",
    "-c=sandbox_mode=\"danger-full-access\"",
    "--config=sandbox_mode=danger-full-access",
    "--config=sandbox_mode=\"danger-full-access\"",
    // Codex and Gemini
    "--yolo",
    // Gemini
    "-y",
    "--approval-mode=yolo",
];

/// A flag that is denied, with any value or with one.
#[derive(Debug)]
pub(crate) struct Flag {
    entry: String,
}

impl Flag {
    pub(crate) fn new(entry: String) -> Self {
        Self { entry }
    }

    /// As the configuration spells it.
    pub(crate) fn entry(&self) -> &str {
        &self.entry
    }

    /// Whether it stands among `args`.
    pub(crate) fn is_in(&self, args: &[String]) -> bool {
        let next = args.iter().skip(1).map(Some).chain([None]);
        let mut pairs = args.iter().zip(next);
        match self.entry.split_once('=') {
            None => pairs.any(|(arg, _)| match arg.strip_prefix(&*self.entry) {
                Some(rest) => rest.is_empty() || rest.starts_with('='),
                None => false,
            }),
            Some((flag, value)) => pairs.any(|(arg, next)| match arg.strip_prefix(flag) {
                Some("") => next.is_some_and(|next| next == value),
                // `-sVALUE` is what `-s VALUE` is; a long flag needs its `=`.
                Some(rest) => {
                    rest.strip_prefix('=') == Some(value)
                        || (!flag.starts_with("--") && rest == value)
                }
                None => false,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_found_in_every_spelling_and_in_no_other() {
        for (entry, args, found) in [
            ("--yolo", "--json --yolo -", true),
            ("--yolo", "--yolo=true", true),
            ("--yolo", "--yolo=", true),
            ("--yolo", "--yolox", false),
            ("--yolo", "--no-yolo", false),
            ("--yolo", "yolo {prompt}", false),
            ("--yolo", "", false),
            ("-y", "-y", true),
            ("-y", "--y", false),
            ("-y", "-yes", false),
            ("--sandbox=full", "--sandbox full", true),
            ("--sandbox=full", "--sandbox=full", true),
            ("--sandbox=full", "--sandbox read full", false),
            ("--sandbox=full", "--sandbox", false),
            ("--sandbox=full", "--sandboxfull", false),
            ("--sandbox=full", "full --sandbox", false),
            ("-s=full", "-s full", true),
            ("-s=full", "-sfull", true),
            ("-s=full", "-s=full", true),
            ("-s=full", "-s read", false),
            ("-c=a=b", "-c a=b", true),
            ("-c=a=b", "-c a=c", false),
        ] {
            let args: Vec<String> = args.split_whitespace().map(str::to_owned).collect();
            assert_eq!(
                Flag::new(entry.to_owned()).is_in(&args),
                found,
                "{entry} in {args:?}"
            );
        }
    }
}
