//! The reference pages are complete: every command, code, event, and limit stands there.
//!
//! The source or the program is asked what there is. Nothing here says what a thing means.

use regex::Regex;
use tollgate::sandbox::Limits;
use tollgate_tests::house::TestHouse;

use crate::page::page;

#[test]
fn every_command_has_its_help_on_the_page() {
    let house = TestHouse::new();
    let page = page("docs/cli.md");
    let mut commands = vec![String::new()];
    while let Some(command) = commands.pop() {
        let typed = format!("tollgate{command} --help");
        assert!(
            page.text.contains(&format!("$ {typed}\n")),
            "docs/cli.md does not show `{typed}`"
        );
        let words = command.split_whitespace().chain(["--help"]);
        let help = house.run(words).success().stdout;
        let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        for line in listed.take_while(|line| !line.is_empty()) {
            // A deeper line goes on with the help of the one before.
            let name = line.strip_prefix("  ").and_then(|l| l.split(' ').next());
            if let Some(name) = name.filter(|name| !name.is_empty()) {
                commands.push(format!("{command} {name}"));
            }
        }
    }
}

/// Words that the source lists and a page must explain: source, pattern, page.
const LISTED: &[(&str, &str, &str)] = &[
    (
        "host/src/cli/failure.rs",
        r#"=> "([a-z_]+)","#,
        "docs/exit-status.md",
    ),
    (
        "host/src/cli/failure.rs",
        r"Self::\w+ => (\d+),",
        "docs/exit-status.md",
    ),
    (
        "host/src/model/failure.rs",
        r#"= "([a-z-]+)";"#,
        "docs/exit-status.md",
    ),
    (
        "host/src/model/outcome.rs",
        r#"Self::\w+ => "([a-z_]+)""#,
        "docs/record.md",
    ),
    (
        "host/src/model/event.rs",
        r#"= "([a-z_.]+)" @"#,
        "docs/record.md",
    ),
];

#[test]
fn every_code_and_event_type_is_explained() {
    for (source, pattern, page_name) in LISTED {
        let source = page(source);
        let explained = page(page_name).text;
        let pattern = Regex::new(pattern).expect("a pattern");
        let words: Vec<&str> = pattern
            .captures_iter(&source.text)
            .map(|found| found.get(1).expect("a group").as_str())
            .collect();
        assert!(words.len() > 1, "{} lists nothing any more", source.name);
        for word in words {
            assert!(
                explained.contains(&format!("| `{word}` |")),
                "{page_name} does not explain `{word}`"
            );
        }
    }
}

#[test]
fn the_limits_of_the_sandbox_are_the_real_ones() {
    let limits = Limits::ADAPTER;
    let text = page("docs/adapters.md").text;
    for figure in [
        format!("| {} s |", limits.call_time.as_secs()),
        format!(
            "| {} ms, and {} ms for each MiB |",
            limits.push_time.as_millis(),
            limits.push_time_per_mib.as_millis()
        ),
        format!(
            "| {} s, and {} ms for each MiB |",
            limits.run_time.as_secs(),
            limits.run_time_per_mib.as_millis()
        ),
        format!(
            "| {} million, and {} for each byte |",
            limits.fuel / 1_000_000,
            limits.fuel_per_byte
        ),
        format!("| {} MiB |", limits.memory >> 20),
        format!(
            "| {} instances, {} tables, {} memories |",
            limits.instances, limits.tables, limits.memories
        ),
        format!(
            "| {} KiB, and {} bytes for each byte |",
            limits.transfer >> 10,
            limits.transfer_per_byte
        ),
        format!("| {} |", limits.handles),
        format!(
            "| {} lines, {} KiB |",
            limits.log_calls,
            limits.log_bytes >> 10
        ),
        format!("| {} MiB |", limits.component >> 20),
        format!("| {} s |", limits.compile_time.as_secs()),
    ] {
        assert!(text.contains(&figure), "docs/adapters.md lacks {figure:?}");
    }
}
