//! Which variables a tool gets: a complete environment, put together by allow-list.
//!
//! Owns the list of what every tool may see, the list of what no adapter may set unasked, and the
//! marker by which an attempt's processes are found again. It never reads the environment itself
//! and never passes on anything that is not on a list.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use uuid::Uuid;

use super::ProcessError;
use crate::model::EnvValue;

/// The variable that marks every process of an attempt, set to the attempt's UUID.
pub const MARKER: &str = "TOLLGATE_ATTEMPT";

/// What the configuration allows a tool to see.
#[derive(Clone, Copy)]
pub struct EnvGrants<'a> {
    /// Names, or prefixes that end in `*`, which the tool may inherit.
    pub inherit: &'a [String],
    /// Variables that the configuration sets; they win over everything but the marker.
    pub set: &'a BTreeMap<String, String>,
    /// Secrets by name.
    pub secrets: &'a BTreeMap<String, String>,
}

/// Every tool may see these: who, where, which language, which terminal, which way to the network.
const BASE: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TERM",
    "COLORTERM",
    "TMPDIR",
    "TZ",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    "WSL_DISTRO_NAME",
    "WSL_INTEROP",
    "WSLENV",
];
const BASE_PREFIXES: &[&str] = &["LC_", "XDG_"];

/// Never inherited by anybody: the host's own settings are not the tool's business.
const OWN_PREFIX: &str = "TOLLGATE_";

/// No adapter sets these unasked (compared in upper case): they choose what code is loaded, which
/// programs and settings are found, whom the tool talks to, and as whom.
const GUARDED: &[&str] = &[
    "PATH",
    "HOME",
    "SHELL",
    "ENV",
    "BASH_ENV",
    "IFS",
    "CDPATH",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "BROWSER",
    "JAVA_TOOL_OPTIONS",
    "_JAVA_OPTIONS",
    "ELECTRON_RUN_AS_NODE",
    "WSLENV",
];
const GUARDED_PREFIXES: &[&str] = &[
    "LD_",
    "DYLD_",
    "GCONV_",
    "NODE_",
    "NPM_CONFIG_",
    "BUN_",
    "DENO_",
    "PYTHON",
    "PERL",
    "RUBY",
    "GIT_",
    "SSL_",
    "XDG_",
    OWN_PREFIX,
];
const GUARDED_SUFFIXES: &[&str] = &[
    "_PROXY",
    "_URL",
    "_URI",
    "_ENDPOINT",
    "_HOST",
    "_API_KEY",
    "_TOKEN",
    "_SECRET",
    "_PASSWORD",
    "_HOME",
    "_CONFIG_DIR",
];

/// Put together the complete environment of a tool, sorted by name.
///
/// From weakest to strongest: the base set and what `env_inherit` grants, both copied from `host`;
/// what the adapter sets; what the configuration sets; the marker.
///
/// # Errors
///
/// Names that are no names, NUL bytes, variables that were not granted, unknown secrets.
pub fn environment(
    wanted: &[(String, EnvValue)],
    grants: &EnvGrants<'_>,
    host: &[(OsString, OsString)],
    marker: Uuid,
) -> Result<Vec<(OsString, OsString)>, ProcessError> {
    let mut result: BTreeMap<OsString, OsString> = host
        .iter()
        .filter(|(name, _)| name.to_str().is_some_and(|name| may_inherit(name, grants)))
        .cloned()
        .collect();
    for (name, value) in wanted {
        if grants.set.contains_key(name) {
            continue;
        }
        if let Some(value) = resolve(name, value, grants)? {
            result.insert(name.into(), value.into());
        }
    }
    for (name, value) in grants.set {
        result.insert(name.into(), value.into());
    }
    result.insert(MARKER.into(), marker.to_string().into());
    result
        .iter()
        .try_for_each(|(name, value)| check(name, value))?;
    Ok(result.into_iter().collect())
}

/// The part of `host` that tools with these grants may inherit at all, and the variables that are
/// named outright.
#[must_use]
pub fn inheritable(host: &[(OsString, OsString)], named: &[String]) -> Vec<(OsString, OsString)> {
    let set = BTreeMap::new();
    let grants = EnvGrants {
        inherit: named,
        set: &set,
        secrets: &set,
    };
    host.iter()
        .filter(|(name, _)| name.to_str().is_some_and(|name| may_inherit(name, &grants)))
        .cloned()
        .collect()
}

/// The value an adapter's wish comes to; `None` leaves what was inherited.
fn resolve<'a>(
    name: &str,
    value: &'a EnvValue,
    grants: &EnvGrants<'a>,
) -> Result<Option<&'a str>, ProcessError> {
    match value {
        EnvValue::Inherit if may_inherit(name, grants) => Ok(None),
        EnvValue::Inherit => Err(ProcessError::VariableNotGranted {
            name: name.to_owned(),
        }),
        EnvValue::Literal(_) if is_guarded(name) && !is_granted(name, grants) => {
            Err(ProcessError::VariableGuarded {
                name: name.to_owned(),
            })
        }
        EnvValue::Literal(text) => Ok(Some(text)),
        EnvValue::Secret(secret) => match grants.secrets.get(secret) {
            Some(text) => Ok(Some(text)),
            None => Err(ProcessError::SecretUnknown {
                name: name.to_owned(),
                secret: secret.clone(),
            }),
        },
    }
}

fn may_inherit(name: &str, grants: &EnvGrants<'_>) -> bool {
    let in_base = BASE.contains(&name) || starts_with_any(name, BASE_PREFIXES);
    !name.starts_with(OWN_PREFIX) && (in_base || is_granted(name, grants))
}

fn is_granted(name: &str, grants: &EnvGrants<'_>) -> bool {
    let covers = |grant: &String| match grant.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == grant,
    };
    !name.starts_with(OWN_PREFIX) && grants.inherit.iter().any(covers)
}

fn is_guarded(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    GUARDED.contains(&name.as_str())
        || starts_with_any(&name, GUARDED_PREFIXES)
        || GUARDED_SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

fn starts_with_any(name: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| name.starts_with(prefix))
}

fn check(name: &OsStr, value: &OsStr) -> Result<(), ProcessError> {
    let readable = || name.to_string_lossy().into_owned();
    if name.is_empty() || name.as_bytes().contains(&b'=') {
        return Err(ProcessError::BadVariableName { name: readable() });
    }
    if name.as_bytes().contains(&0) || value.as_bytes().contains(&0) {
        let what = format!("the variable `{}`", readable().replace('\0', ""));
        return Err(ProcessError::ContainsNul { what });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &[(&str, &str)] = &[
        ("PATH", "/bin"),
        ("HOME", "/home/me"),
        ("LC_ALL", "C.UTF-8"),
        ("LC_TIME", "de_DE"),
        ("XDG_CONFIG_HOME", "/x"),
        ("https_proxy", "http://p"),
        ("WSL_INTEROP", "/run/w"),
        ("ANTHROPIC_API_KEY", "sk-a"),
        ("OPENAI_API_KEY", "sk-o"),
        ("AWS_SECRET_ACCESS_KEY", "aws"),
        ("LD_PRELOAD", "/evil.so"),
        ("NODE_OPTIONS", "--require x"),
        ("EMPTY", ""),
        ("TOLLGATE_CONFIG_DIR", "/c"),
        ("TOLLGATE_ATTEMPT", "outer"),
        ("LCX", "no"),
    ];

    fn run(
        wanted: &[(&str, EnvValue)],
        inherit: &[&str],
        set: &[(&str, &str)],
    ) -> Result<Vec<String>, String> {
        let strings = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect()
        };
        let inherit: Vec<String> = inherit.iter().map(|s| (*s).to_owned()).collect();
        let (set, secrets) = (strings(set), strings(&[("openai", "from-vault")]));
        let grants = EnvGrants {
            inherit: &inherit,
            set: &set,
            secrets: &secrets,
        };
        let host: Vec<_> = HOST.iter().map(|(k, v)| (k.into(), v.into())).collect();
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(k, v)| ((*k).to_owned(), v.clone()))
            .collect();
        let result =
            environment(&wanted, &grants, &host, Uuid::nil()).map_err(|e| e.to_string())?;
        let text = |s: OsString| s.into_string().unwrap();
        Ok(result
            .into_iter()
            .map(|(k, v)| format!("{}={}", text(k), text(v)))
            .collect())
    }

    fn literal(text: &str) -> EnvValue {
        EnvValue::Literal(text.to_owned())
    }

    const ALWAYS: [&str; 8] = [
        "HOME=/home/me",
        "LC_ALL=C.UTF-8",
        "LC_TIME=de_DE",
        "PATH=/bin",
        "TOLLGATE_ATTEMPT=00000000-0000-0000-0000-000000000000",
        "WSL_INTEROP=/run/w",
        "XDG_CONFIG_HOME=/x",
        "https_proxy=http://p",
    ];

    #[test]
    fn nothing_is_inherited_that_is_not_on_the_list() {
        assert_eq!(run(&[], &[], &[]).unwrap(), ALWAYS);
    }

    #[test]
    fn grants_are_names_and_prefixes() {
        let got = run(&[], &["ANTHROPIC_*", "OPENAI_API_KEY", "UNSET"], &[]).unwrap();
        let extra: Vec<_> = got
            .iter()
            .filter(|v| !ALWAYS.contains(&v.as_str()))
            .collect();
        assert_eq!(extra, ["ANTHROPIC_API_KEY=sk-a", "OPENAI_API_KEY=sk-o"]);
    }

    #[test]
    fn even_a_grant_of_everything_keeps_the_hosts_own_settings_back() {
        let got = run(&[], &["*", "TOLLGATE_CONFIG_DIR"], &[]).unwrap();
        let own: Vec<_> = got.iter().filter(|v| v.starts_with("TOLLGATE_")).collect();
        assert_eq!(
            own,
            ["TOLLGATE_ATTEMPT=00000000-0000-0000-0000-000000000000"]
        );
        assert_eq!(got.len(), HOST.len() - 1);
    }

    #[test]
    fn configuration_wins_over_the_adapter_and_over_what_is_inherited() {
        let got = run(
            &[
                ("MODE", literal("adapter")),
                ("HOME", literal("/tmp")),
                ("ONLY", literal("1")),
            ],
            &[],
            &[
                ("MODE", "config"),
                ("HOME", "/srv"),
                ("TOLLGATE_ATTEMPT", "forged"),
            ],
        )
        .unwrap();
        assert!(got.contains(&"MODE=config".to_owned()));
        assert!(got.contains(&"HOME=/srv".to_owned()));
        assert!(got.contains(&"ONLY=1".to_owned()));
        assert!(!got.iter().any(|v| v.contains("forged")));
    }

    #[test]
    fn an_adapter_gets_what_was_granted_and_hears_what_was_not() {
        let refused = run(&[("OPENAI_API_KEY", EnvValue::Inherit)], &[], &[]).unwrap_err();
        assert_eq!(
            refused,
            "let the tool inherit `OPENAI_API_KEY`: add `OPENAI_API_KEY` to `env_inherit` to allow it"
        );
        let got = run(&[("OPENAI_API_KEY", EnvValue::Inherit)], &["OPENAI_*"], &[]).unwrap();
        assert!(got.contains(&"OPENAI_API_KEY=sk-o".to_owned()));
        assert_eq!(
            run(&[("PATH", EnvValue::Inherit)], &[], &[]).unwrap(),
            ALWAYS
        );

        let secret = |name: &str| [("OPENAI_API_KEY", EnvValue::Secret(name.to_owned()))];
        let got = run(&secret("openai"), &[], &[]).unwrap();
        assert!(got.contains(&"OPENAI_API_KEY=from-vault".to_owned()));
        let refused = run(&secret("other"), &[], &[]).unwrap_err();
        assert!(refused.contains("no secret named `other`"), "{refused}");
    }

    #[test]
    fn an_adapter_may_not_steer_the_tool_unasked() {
        for name in [
            "PATH",
            "LD_PRELOAD",
            "DYLD_INSERT_LIBRARIES",
            "NODE_OPTIONS",
            "BASH_ENV",
            "PYTHONPATH",
            "GIT_SSH_COMMAND",
            "https_proxy",
            "ANTHROPIC_BASE_URL",
            "OPENAI_API_KEY",
            "CODEX_HOME",
            "CLAUDE_CONFIG_DIR",
            "SSL_CERT_FILE",
            "TOLLGATE_HOME",
            "TOLLGATE_ATTEMPT",
        ] {
            let refused = run(&[(name, literal("x"))], &[], &[]).unwrap_err();
            assert!(refused.contains(name), "{refused}");
        }
        let got = run(
            &[("ANTHROPIC_BASE_URL", literal("u"))],
            &["ANTHROPIC_*"],
            &[],
        )
        .unwrap();
        assert!(got.contains(&"ANTHROPIC_BASE_URL=u".to_owned()));
        let got = run(
            &[("CLAUDE_CODE_DISABLE_BACKGROUND_TASKS", literal("1"))],
            &[],
            &[],
        )
        .unwrap();
        assert_eq!(got.len(), ALWAYS.len() + 1);
    }

    #[test]
    fn names_and_values_that_cannot_be_carried_are_refused() {
        for (name, value) in [("", "x"), ("A=B", "x"), ("A\0", "x"), ("A", "x\0y")] {
            assert!(
                run(&[(name, literal(value))], &[], &[]).is_err(),
                "{name:?}"
            );
        }
    }
}
