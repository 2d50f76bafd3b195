//! `yaml` blocks whose first line names a file, as in `# tools.yaml`, are valid configuration.
//!
//! All of a page's are laid over the shipped configuration, name by name, and the whole must be
//! valid without a warning.

use serde_yaml::{Mapping, Value};
use tollgate_tests::house::TestHouse;

use crate::page::{Page, page, pages, root};

const FILES: [&str; 6] = [
    "agents",
    "tools",
    "models",
    "policies",
    "telemetry",
    "prices",
];

#[test]
fn every_configuration_on_a_page_is_valid() {
    let mut checked = 0;
    for page in pages() {
        let house = TestHouse::new();
        if !write(&house, "config", &page) {
            continue;
        }
        let outcome = house.run(["--json", "config", "validate"]);
        let json = outcome.json();
        assert_eq!(outcome.status, Some(0), "{}: {json:#}", page.name);
        assert_eq!(json["warnings"], serde_json::json!([]), "{}", page.name);
        checked += 1;
    }
    assert!(checked > 0, "no page shows configuration");
}

/// Write the shipped configuration with the page's over it into a folder of the house; false when
/// the page shows none.
pub(crate) fn write(house: &TestHouse, folder: &str, of: &Page) -> bool {
    let examples = examples(of);
    if examples.is_empty() {
        return false;
    }
    for file in FILES {
        let shipped = page(&format!("config/{file}.yaml")).text;
        let mut whole: Mapping = serde_yaml::from_str(&shipped).expect("shipped YAML");
        for (_, text) in examples.iter().filter(|(stem, _)| *stem == file) {
            let example = serde_yaml::from_str(text);
            lay_over(
                &mut whole,
                example.unwrap_or_else(|e| panic!("{}: {e}\n{text}", of.name)),
            );
        }
        let text = serde_yaml::to_string(&whole).expect("YAML");
        house.write(&format!("{folder}/{file}.yaml"), text);
    }
    // The component of somebody else that pages speak of.
    let component = std::fs::read(root().join("plugins/dist/template.wasm"));
    let component = component.expect("a prebuilt component");
    house.write(&format!("{folder}/adapters/mine.wasm"), component);
    true
}

/// File stems and their texts.
fn examples(page: &Page) -> Vec<(&'static str, String)> {
    let blocks = page.blocks().into_iter().filter(|b| b.language == "yaml");
    blocks
        .filter_map(|block| {
            let text = page.text[block.range].to_owned();
            let file = text.lines().next()?.strip_prefix("# ")?.trim();
            let stem = file.strip_suffix(".yaml")?;
            let stem = FILES.into_iter().find(|known| *known == stem)?;
            Some((stem, text))
        })
        .collect()
}

/// Names of the example replace names of the same map; one level, as files are built.
fn lay_over(whole: &mut Mapping, example: Mapping) {
    for (key, value) in example {
        match (whole.get_mut(&key), value) {
            (Some(Value::Mapping(there)), Value::Mapping(new)) => there.extend(new),
            (_, value) => drop(whole.insert(key, value)),
        }
    }
}
