//! Where configuration, state and caches are, and who said so.

use std::path::{Path, PathBuf};

use super::SettingsError;
use super::environment::Environment;
use super::files::is_configuration;

/// What the command line says about places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--config-dir`.
    pub config_dir: Option<PathBuf>,
    /// `--state-dir`.
    pub state_dir: Option<PathBuf>,
}

/// By what a configuration directory was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConfigSource {
    /// `--config-dir`.
    Flag,
    /// `TOLLGATE_CONFIG_DIR`.
    Environment,
    /// The nearest `.tollgate/` at or above the working directory.
    Project,
    /// `./config`.
    Local,
    /// The user's own directory, there or not.
    User,
}

/// Where everything is; all paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// Directory of the YAML files; need not exist.
    pub config_dir: PathBuf,
    /// By what it was found.
    pub config_source: ConfigSource,
    /// The user named the directory, or it is the user's own: it needs no `config trust`.
    pub trusted_by_name: bool,
    /// Directory of journal and index; need not exist.
    pub state_dir: PathBuf,
    /// Directory of what can be made again; need not exist.
    pub cache_dir: PathBuf,
    /// The user's record of trusted configurations; never inside a project.
    pub trust_file: PathBuf,
}

impl Places {
    /// Find the places, in the documented order.
    ///
    /// # Errors
    /// [`SettingsError::NoHome`] when a place in the user's home is needed and there is none.
    pub fn find(overrides: &Overrides, environment: &Environment) -> Result<Self, SettingsError> {
        let absolute = |path: &Path| environment.cwd.join(path);
        let (config_dir, config_source) = find_config(overrides, environment)?;
        let user_state = user_directory(environment, "XDG_STATE_HOME", ".local/state");
        let named_state = overrides
            .state_dir
            .clone()
            .or_else(|| environment.get("TOLLGATE_STATE_DIR").map(PathBuf::from));
        let state_dir = match (named_state, config_source) {
            (Some(named), _) => absolute(&named),
            // A project's record is the same, however its configuration was named.
            (None, _) if config_dir.ends_with(".tollgate") => config_dir.join("state"),
            (None, _) => user_directory(environment, "XDG_STATE_HOME", ".local/state")?,
        };
        let cache_dir = match environment.get("TOLLGATE_CACHE_DIR") {
            Some(named) => absolute(Path::new(named)),
            None => user_directory(environment, "XDG_CACHE_HOME", ".cache")
                .unwrap_or_else(|_| state_dir.join("cache")),
        };
        // Without a home nothing can be remembered, and so nothing of a project is trusted.
        let trust_file =
            user_state.map_or_else(|_| PathBuf::new(), |state| state.join("trust.yaml"));
        Ok(Self {
            trusted_by_name: !matches!(config_source, ConfigSource::Project | ConfigSource::Local),
            config_dir,
            config_source,
            state_dir,
            cache_dir,
            trust_file,
        })
    }
}

fn find_config(
    overrides: &Overrides,
    environment: &Environment,
) -> Result<(PathBuf, ConfigSource), SettingsError> {
    let cwd = &environment.cwd;
    if let Some(named) = &overrides.config_dir {
        return Ok((cwd.join(named), ConfigSource::Flag));
    }
    if let Some(named) = environment.get("TOLLGATE_CONFIG_DIR") {
        return Ok((cwd.join(named), ConfigSource::Environment));
    }
    let project = cwd
        .ancestors()
        .map(|directory| directory.join(".tollgate"))
        .find(|d| is_configuration(d));
    if let Some(project) = project {
        return Ok((project, ConfigSource::Project));
    }
    let local = cwd.join("config");
    if is_configuration(&local) {
        return Ok((local, ConfigSource::Local));
    }
    let user = user_directory(environment, "XDG_CONFIG_HOME", ".config")?;
    Ok((user, ConfigSource::User))
}

/// `$VARIABLE/tollgate`, else `~/fallback/tollgate`.
fn user_directory(
    environment: &Environment,
    variable: &str,
    fallback: &str,
) -> Result<PathBuf, SettingsError> {
    environment
        .absolute(variable)
        .or_else(|| Some(environment.home()?.join(fallback)))
        .map(|base| base.join("tollgate"))
        .ok_or(SettingsError::NoHome)
}
