//! Headers for a collector, with their variables filled in. The only values of this room that hold
//! secrets and are not settings.

use super::SettingsError;
use super::environment::Environment;
use super::expand::{NotExpanded, expand};
use crate::model::Otlp;

/// The headers of `otlp` with the variables of `environment` filled in: names and values.
///
/// # Errors
/// [`SettingsError::Header`] when a variable is not set and has no default, or is not UTF-8.
pub fn otlp_headers(
    otlp: &Otlp,
    environment: &Environment,
) -> Result<Vec<(String, String)>, SettingsError> {
    let headers = otlp.headers.iter().map(|(name, value)| {
        let filled = expand(value, environment).map_err(|why| SettingsError::Header {
            name: name.clone(),
            reason: reason(&why),
        })?;
        Ok((name.clone(), filled))
    });
    headers.collect()
}

fn reason(why: &NotExpanded) -> String {
    match why {
        NotExpanded::Unset(name) => format!("the environment variable '{name}' is not set"),
        NotExpanded::NotText(name) => format!("the environment variable '{name}' is not UTF-8"),
        NotExpanded::BadName(_) | NotExpanded::Unclosed => {
            "'${' is not closed, or not a name".into()
        }
    }
}
