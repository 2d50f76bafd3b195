//! A version out of what `--version` prints.
//!
//! Owns the search for the first thing that looks like one. Never compares by anything but major, minor, patch.

use crate::contract::{Detection, ProbeOutput};

/// The first `N.N` or `N.N.N...` in `text`.
#[must_use]
pub fn find(text: &str) -> Option<&str> {
    text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | ';'))
        .map(|word| word.trim_start_matches('v'))
        .find(|word| {
            let mut parts = word.splitn(3, '.');
            let number = |part: Option<&str>| {
                part.is_some_and(|part| {
                    !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())
                })
            };
            number(parts.next()) && number(parts.next())
        })
}

/// Major, minor, patch of a version. What is missing or not a number counts as 0.
#[must_use]
pub fn parts(version: &str) -> [u64; 3] {
    let mut numbers = version
        .split(['.', '-', '+'])
        .map(|part| part.parse().unwrap_or(0));
    [(); 3].map(|()| numbers.next().unwrap_or(0))
}

/// Usable when a command succeeded and printed a version.
#[must_use]
pub fn detect(outputs: &[ProbeOutput]) -> Detection {
    let mut notes = Vec::new();
    for output in outputs {
        let printed = String::from_utf8_lossy(&output.stdout[..output.stdout.len().min(4096)]);
        match (output.exit_code, find(&printed)) {
            (Some(0), Some(version)) => {
                return Detection {
                    usable: true,
                    version: Some(version.to_owned()),
                    notes,
                };
            }
            (Some(0), None) => {
                notes.push(format!("`{}` printed no version", output.command.program));
            }
            (Some(code), _) => notes.push(format!(
                "`{}` ended with exit status {code}",
                output.command.program
            )),
            (None, _) => notes.push(format!(
                "`{}` could not be run to its end",
                output.command.program
            )),
        }
    }
    Detection {
        usable: false,
        version: None,
        notes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Command;

    #[test]
    fn versions_are_found_in_prose() {
        assert_eq!(find("2.1.330 (Claude Code)\n"), Some("2.1.330"));
        assert_eq!(find("codex-cli 0.169.0\n"), Some("0.169.0"));
        assert_eq!(find("tool v1.2\n"), Some("1.2"));
        assert_eq!(find("no version, 12, here."), None);
        assert!(parts("2.1.330") > parts("2.1.197"));
        assert_eq!(parts("1.2-beta"), [1, 2, 0]);
    }

    #[test]
    fn a_failed_probe_says_why() {
        let output = |exit_code, stdout: &str| ProbeOutput {
            command: Command {
                program: "x".to_owned(),
                args: Vec::new(),
            },
            exit_code,
            stdout: stdout.as_bytes().to_vec(),
            stderr: Vec::new(),
        };
        assert!(detect(&[output(Some(0), "x 1.0.3")]).usable);
        let failed = detect(&[output(Some(127), "")]);
        assert!(!failed.usable && failed.notes == ["`x` ended with exit status 127"]);
    }
}
