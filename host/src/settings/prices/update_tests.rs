//! From a list of somebody else to `prices.yaml`.

use std::fs;
use std::path::Path;

use super::super::import;
use super::*;
use crate::model::{ModelName, Price};
use crate::settings::{Overrides, load, moment};

const MODELS: &str = "\
models:
  claude-opus-5-5: {}
  flash: {}
  mine: { provider: me, context_window: 5, price_per_million_tokens: { input: 9, output: 9 } }
  unheard-of: { provider: me, context_window: 5, price_per_million_tokens: { input: 1, output: 1 } }
";

struct House {
    home: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        let house = Self {
            home: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(house.home.path().join("config")).unwrap();
        for (name, text) in [
            ("agents.yaml", "agents: {}\n"),
            ("tools.yaml", "tools: {}\n"),
            ("models.yaml", MODELS),
            ("policies.yaml", "policies: {}\n"),
        ] {
            house.file(name, text);
        }
        house
    }

    fn file(&self, name: &str, text: &str) {
        fs::write(self.home.path().join("config").join(name), text).unwrap();
    }

    fn text(&self) -> String {
        fs::read_to_string(self.home.path().join("config/prices.yaml")).unwrap()
    }

    fn environment(&self) -> Environment {
        Environment {
            cwd: self.home.path().to_path_buf(),
            vars: [("HOME".into(), self.home.path().into())].into(),
        }
    }

    fn places(&self) -> Places {
        let overrides = Overrides {
            config_dir: Some("config".into()),
            state_dir: None,
        };
        Places::find(&overrides, &self.environment()).unwrap()
    }

    /// Read a list in which every model costs as much, in micro-dollars per token.
    fn list(&self, models: &[(&str, u32)], at: &str) -> PriceImport {
        let models: Vec<String> = models.iter().map(|(name, micros)| {
            format!(r#""{name}": {{"mode": "chat", "litellm_provider": "x", "max_input_tokens": 100, "input_cost_per_token": {micros}e-6, "output_cost_per_token": {micros}e-6}}"#)
        }).collect();
        let path = self.home.path().join("list.json");
        fs::write(&path, format!("{{{}}}", models.join(","))).unwrap();
        import(&path, moment::parse(at).unwrap()).unwrap()
    }

    fn update(&self, import: &PriceImport) -> PriceUpdate {
        update(&self.places(), &self.environment(), import, false).unwrap()
    }

    fn model(&self, name: &str) -> crate::model::Model {
        let loaded = load(&self.places(), &self.environment()).unwrap();
        assert_eq!(loaded.warnings, []);
        loaded.settings.models[&ModelName::new(name)].clone()
    }
}

/// `before -> after`, `window`, and who overrules.
fn in_words(update: &PriceUpdate) -> String {
    let input = |prices: &Prices| prices.input.unwrap().0 / 1_000_000;
    let line = |change: &PriceChange| {
        let before = change.before.as_ref().map(input);
        let own = change.overruled_by.as_ref().map(input);
        let (was, is) = (change.window_before, change.window_after);
        format!(
            "{}{}: {before:?} -> {}, {was:?} -> {is:?}, own {own:?}",
            change.model,
            if change.is_configured {
                ""
            } else {
                " (not used)"
            },
            input(&change.after)
        )
    };
    update
        .changes
        .iter()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

const ALL: &[(&str, u32)] = &[
    ("claude-opus-5-5", 6),
    ("claude-sonnet-5-5", 7),
    ("mine", 8),
    ("vendor/flash", 5),
    ("other", 1),
];

#[test]
fn a_list_changes_what_is_configured_or_listed() {
    let house = House::new();
    let change = house.update(&house.list(ALL, "2026-12-01T10:00:00Z"));
    insta::assert_snapshot!(in_words(&change), @r"
    claude-opus-5-5: Some(4) -> 6, Some(1000000) -> Some(100), own None
    claude-sonnet-5-5 (not used): Some(2) -> 7, Some(1000000) -> Some(100), own None
    mine: None -> 8, None -> Some(100), own Some(9)
    vendor/flash: None -> 5, None -> Some(100), own None
    ");
    assert_eq!(change.unknown, ["unheard-of"]);
    assert!(
        !change.path.exists(),
        "nothing is written before it is asked for"
    );
    let all = update(
        &house.places(),
        &house.environment(),
        &house.list(ALL, "2026-12-01"),
        true,
    );
    assert!(all.unwrap().text.contains("\n  other: {"));
}

#[test]
fn what_ran_before_keeps_its_price() {
    let house = House::new();
    house
        .update(&house.list(ALL, "2026-12-01T10:00:00Z"))
        .write()
        .unwrap();
    house
        .update(&house.list(&[("claude-opus-5-5", 6), ("vendor/flash", 5)], "2026-12-02"))
        .write()
        .unwrap();
    house
        .update(&house.list(&[("claude-opus-5-5", 9)], "2026-12-03"))
        .write()
        .unwrap();
    let input_at = |name: &str, at: &str| {
        let prices = house.model(name).prices_at(moment::parse(at).unwrap());
        prices.input.unwrap().0 / 1_000_000
    };
    for (at, opus) in [
        ("2026-11-01", 4),
        ("2026-12-01T09:59:59Z", 4),
        ("2026-12-01T10:00:00Z", 6),
        ("2026-12-02", 6),
        ("2026-12-03", 9),
    ] {
        assert_eq!(input_at("claude-opus-5-5", at), opus, "{at}");
    }
    assert_eq!(
        house.model("claude-opus-5-5").later.len(),
        2,
        "no change, no entry"
    );
    assert_eq!(
        input_at("flash", "2030-01-01"),
        5,
        "what a list leaves out stays"
    );
    assert_eq!(input_at("mine", "2030-01-01"), 9, "its own price wins");
    let text = house.text();
    assert!(
        text.contains("taken: 2026-12-03\n") && text.contains("source: \"list.json\"\n"),
        "{text}"
    );
    assert!(
        house
            .home
            .path()
            .join("config/schema/prices.schema.json")
            .is_file()
    );
}

#[test]
fn the_same_moment_twice_is_one_change() {
    let house = House::new();
    for micros in [6, 7] {
        house
            .update(&house.list(
                &[("claude-opus-5-5", micros), ("vendor/flash", 1)],
                "2026-12-01",
            ))
            .write()
            .unwrap();
    }
    let later = house.model("claude-opus-5-5").later;
    assert_eq!(later.len(), 1);
    assert_eq!(later[0].prices.input, Some(Price(7_000_000)));
}

#[test]
fn files_with_mistakes_are_not_updated() {
    let failed = |name: &str, text: &str| {
        let house = House::new();
        house.file(name, text);
        let list = house.list(ALL, "2026-12-01");
        let result = update(&house.places(), &house.environment(), &list, false);
        let Err(SettingsError::Invalid(found)) = result else {
            panic!("{result:?}")
        };
        found[0].to_string()
    };
    assert!(
        failed("prices.yaml", "taken: never\nmodels: {}\n")
            .starts_with("config/prices.yaml:1:8: error")
    );
    assert!(failed("models.yaml", "models: [\n").starts_with("config/models.yaml:2:1: error"));
}

#[test]
fn the_shipped_catalogue_is_what_the_program_would_write() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/prices.yaml");
    let text = fs::read_to_string(path).unwrap();
    assert_eq!(text, render(super::super::shipped::shipped()));
}
