//! The lookup order.

use std::path::PathBuf;

use super::*;

fn found(cwd: &Path, vars: &[(&str, &str)], flag: Option<&str>) -> Places {
    let mut environment = environment(cwd, vars);
    environment.vars.insert("HOME".into(), "/home/me".into());
    Places::find(
        &Overrides {
            config_dir: flag.map(PathBuf::from),
            state_dir: None,
        },
        &environment,
    )
    .unwrap()
}

#[test]
fn the_first_that_is_there_wins() {
    let root = tempfile::tempdir().unwrap();
    let deep = root.path().join("a/b");
    fs::create_dir_all(&deep).unwrap();
    let user = found(&deep, &[], None);
    assert_eq!(
        (user.config_source, user.config_dir),
        (ConfigSource::User, "/home/me/.config/tollgate".into())
    );
    assert_eq!(
        (user.state_dir, user.cache_dir),
        (
            "/home/me/.local/state/tollgate".into(),
            "/home/me/.cache/tollgate".into()
        )
    );
    assert!(user.trusted_by_name);

    fs::create_dir(deep.join("config")).unwrap();
    assert_eq!(
        found(&deep, &[], None).config_source,
        ConfigSource::User,
        "an empty ./config is no configuration"
    );
    fs::write(deep.join("config/agents.yml"), "").unwrap();
    let local = found(&deep, &[], None);
    assert_eq!(
        (local.config_source, local.trusted_by_name),
        (ConfigSource::Local, false)
    );

    fs::create_dir(root.path().join(".tollgate")).unwrap();
    assert_eq!(found(&deep, &[], None).config_source, ConfigSource::Local);
    fs::write(root.path().join(".tollgate/agents.yaml"), "").unwrap();
    let project = found(&deep, &[], None);
    assert_eq!(
        (project.config_source, project.trusted_by_name),
        (ConfigSource::Project, false)
    );
    assert_eq!(project.state_dir, root.path().join(".tollgate/state"));
    assert_eq!(
        project.trust_file,
        Path::new("/home/me/.local/state/tollgate/trust.yaml")
    );

    let named = found(&deep, &[("TOLLGATE_CONFIG_DIR", "x")], None);
    assert_eq!(
        (named.config_source, named.config_dir),
        (ConfigSource::Environment, deep.join("x"))
    );
    let flag = found(&deep, &[("TOLLGATE_CONFIG_DIR", "x")], Some("/y"));
    assert_eq!(
        (flag.config_source, flag.config_dir, flag.trusted_by_name),
        (ConfigSource::Flag, "/y".into(), true)
    );
}

#[test]
fn state_and_cache_can_be_named() {
    let root = tempfile::tempdir().unwrap();
    let vars = [
        ("XDG_STATE_HOME", "/s"),
        ("XDG_CACHE_HOME", "relative"),
        ("XDG_CONFIG_HOME", "/c"),
    ];
    let xdg = found(root.path(), &vars, None);
    assert_eq!(
        (xdg.state_dir, xdg.config_dir),
        ("/s/tollgate".into(), "/c/tollgate".into())
    );
    assert_eq!(xdg.cache_dir, Path::new("/home/me/.cache/tollgate"));
    let named = found(
        root.path(),
        &[("TOLLGATE_STATE_DIR", "/st"), ("TOLLGATE_CACHE_DIR", "/ca")],
        None,
    );
    assert_eq!(
        (named.state_dir, named.cache_dir),
        ("/st".into(), "/ca".into())
    );
}

#[test]
fn without_a_home_named_directories_still_work() {
    let root = tempfile::tempdir().unwrap();
    let environment = Environment {
        cwd: root.path().into(),
        ..Environment::default()
    };
    let find = |overrides| Places::find(&overrides, &environment);
    assert!(matches!(
        find(Overrides::default()),
        Err(SettingsError::NoHome)
    ));
    let named = Overrides {
        config_dir: Some("c".into()),
        state_dir: Some("s".into()),
    };
    assert_eq!(find(named).unwrap().cache_dir, root.path().join("s/cache"));
}
