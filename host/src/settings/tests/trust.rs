//! A project's configuration is asked about once, and again after every change.

use super::*;

fn project(house: &House) -> Places {
    Places::find(&Overrides::default(), &house.environment()).unwrap()
}

#[test]
fn trust_is_given_once_and_lost_with_a_change() {
    let house = House::with(&[
        ("mine.wasm", "one"),
        (
            "tools.yaml",
            &TOOLS.replace("adapter: claude-code", "adapter: ./mine.wasm"),
        ),
    ]);
    let places = project(&house);
    let state = || check_trust(&places, &house.load().unwrap()).unwrap();
    let config = fs::canonicalize(house.home.path().join("config")).unwrap();
    let TrustState::Untrusted { path, programs } = state() else {
        panic!("should ask")
    };
    assert_eq!(path, config);
    assert_eq!(
        programs[1..],
        ["claude".to_owned(), "ollama run {model}".to_owned()],
        "with the arguments that would be run"
    );
    assert!(programs[0].ends_with("mine.wasm"));

    record_trust(&places, &house.load().unwrap()).unwrap();
    assert_eq!(state(), TrustState::Trusted);

    house.file("mine.wasm", "two");
    assert!(matches!(state(), TrustState::Changed { .. }));
    house.file("mine.wasm", "one");
    assert_eq!(state(), TrustState::Trusted);
    house.file("telemetry.yaml", "enabled: true\n");
    assert!(matches!(state(), TrustState::Changed { .. }));
}

#[test]
fn what_the_user_names_is_trusted() {
    let house = House::with(&[]);
    assert_eq!(
        check_trust(&house.places(), &house.load().unwrap()).unwrap(),
        TrustState::Trusted
    );
}

#[test]
fn a_damaged_record_trusts_nothing() {
    let house = House::with(&[]);
    let places = project(&house);
    let loaded = house.load().unwrap();
    record_trust(&places, &loaded).unwrap();
    for text in [
        "",
        "trusted: {}",
        "version: 2\ntrusted: {}",
        "version: [",
        "version: 1\nversion: 1\n",
    ] {
        fs::write(&places.trust_file, text).unwrap();
        assert!(
            matches!(
                check_trust(&places, &loaded),
                Err(SettingsError::TrustRecord { .. })
            ),
            "{text}"
        );
        assert!(
            record_trust(&places, &loaded).is_err(),
            "must not be overwritten: {text}"
        );
    }
}

#[cfg(unix)]
#[test]
fn the_record_is_private_and_holds_several() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::with(&[]);
    let places = project(&house);
    let loaded = house.load().unwrap();
    record_trust(&places, &loaded).unwrap();
    let other = house.home.path().join("ot\"her\n");
    fs::create_dir(&other).unwrap();
    let elsewhere = Places {
        config_dir: other,
        ..places.clone()
    };
    record_trust(&elsewhere, &loaded).unwrap();
    assert_eq!(check_trust(&places, &loaded).unwrap(), TrustState::Trusted);
    assert_eq!(
        check_trust(&elsewhere, &loaded).unwrap(),
        TrustState::Trusted
    );
    let mode = fs::metadata(&places.trust_file)
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}
