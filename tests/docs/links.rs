//! Links to files and headings of this repository lead somewhere.

use regex::Regex;

use crate::page::{Page, page, pages, root};

#[test]
fn every_link_within_the_repository_resolves() {
    let mut pages = pages();
    for name in ["CHANGELOG.md", "CONTRIBUTING.md", "plugins/sdk/README.md"] {
        pages.push(page(name));
    }
    let link = Regex::new(r"\]\(([^)\s]+)\)").expect("a pattern");
    let mut broken = Vec::new();
    for page in &pages {
        for found in link.captures_iter(&page.text) {
            let target = &found[1];
            if !target.contains("://") && !resolves(page, target) {
                broken.push(format!("{}: {target}", page.name));
            }
        }
    }
    assert!(broken.is_empty(), "broken links: {broken:#?}");
}

fn resolves(from: &Page, target: &str) -> bool {
    let (path, heading) = target.split_once('#').unwrap_or((target, ""));
    let here = root().join(&from.name);
    let file = match path {
        "" => here,
        path => here.parent().expect("a folder").join(path),
    };
    if heading.is_empty() {
        return file.exists();
    }
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut headings = text.lines().filter(|line| line.starts_with('#'));
    headings.any(|line| anchor(line) == heading)
}

/// The anchor that GitHub gives to a heading.
fn anchor(line: &str) -> String {
    let title = line.trim_start_matches('#').trim().to_lowercase();
    let kept = title
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
