//! `${VAR}` and `${VAR:default}` in values of `env_vars`, and in headers.
//!
//! `$${` stands for a literal `${`. A default is taken as it is written, and when the variable is
//! unset or empty.

use super::environment::Environment;

/// Why a value cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotExpanded {
    /// This variable is not set and has no default.
    Unset(String),
    /// This variable is set to something that is not UTF-8.
    NotText(String),
    /// What stands between the braces is not a variable.
    BadName(String),
    /// A brace is not closed.
    Unclosed,
}

/// `text` with its variables filled in.
pub(crate) fn expand(text: &str, environment: &Environment) -> Result<String, NotExpanded> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, after) = (&rest[..start], &rest[start + 2..]);
        if let Some(literal) = before.strip_suffix('$') {
            result.push_str(literal);
            result.push_str("${");
            rest = after;
            continue;
        }
        result.push_str(before);
        let end = after.find('}').ok_or(NotExpanded::Unclosed)?;
        result.push_str(&value_of(&after[..end], environment)?);
        rest = &after[end + 1..];
    }
    result.push_str(rest);
    Ok(result)
}

fn value_of(inside: &str, environment: &Environment) -> Result<String, NotExpanded> {
    let (name, default) = match inside.split_once(':') {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !is_name {
        return Err(NotExpanded::BadName(name.to_owned()));
    }
    match (environment.get(name), default) {
        (Some(value), _) => match value.to_str() {
            Some(value) => Ok(value.to_owned()),
            None => Err(NotExpanded::NotText(name.to_owned())),
        },
        (None, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(NotExpanded::Unset(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in() {
        let vars = [("KEY", "s3cret"), ("EMPTY", "")];
        let vars = vars
            .map(|(k, v)| (k.into(), v.into()))
            .into_iter()
            .collect();
        let environment = Environment {
            vars,
            ..Environment::default()
        };
        let expanded = |text| expand(text, &environment);
        assert_eq!(expanded("Bearer ${KEY}!").as_deref(), Ok("Bearer s3cret!"));
        assert_eq!(
            expanded("${NOPE:http://x:80}").as_deref(),
            Ok("http://x:80")
        );
        assert_eq!(expanded("${EMPTY:d}${NOPE:}").as_deref(), Ok("d"));
        assert_eq!(expanded("$KEY $${KEY} $").as_deref(), Ok("$KEY ${KEY} $"));
        assert_eq!(
            expanded("${NOPE}"),
            Err(NotExpanded::Unset("NOPE".to_owned()))
        );
        assert_eq!(expanded("${KEY"), Err(NotExpanded::Unclosed));
        assert_eq!(
            expanded("${a b}"),
            Err(NotExpanded::BadName("a b".to_owned()))
        );
    }
}
