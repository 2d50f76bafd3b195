//! Every route answers, is documented, and refuses what it must; the documents say nothing more.

use std::collections::BTreeSet;

use serde_json::Value;

use super::house::House;
use crate::web::assets::names as asset_names;
use crate::web::documents::{openapi_bytes, problems, reference};
use crate::web::problem::CODES;
use crate::web::route::{Act, Place, Route};
use crate::web::routes::all;

/// A path of the route that works.
fn sample(route: &Route) -> String {
    route
        .path
        .replace("{*path}", "a/b.md")
        .replace("{name}", "app.js")
        .replace("{run}", "RUN-1")
        .replace("{id}", "ID-1")
}

fn openapi() -> Value {
    serde_json::from_slice(&openapi_bytes()).unwrap()
}

#[test]
fn every_route_answers_as_its_documents_say() {
    let house = House::new();
    for route in all() {
        let line = format!("{} {}", route.verb.as_str(), sample(route));
        let body = route.body.map_or("", |form| form.example);
        let more = [
            "Idempotency-Key: k",
            "If-Match: \"v1\"",
            "Content-Type: application/json",
        ];
        let mut client = house.connect();
        client.write(&house.request(&line, &more, body));
        let status = client.head().status;
        let replies: Vec<u16> = route.replies.iter().map(|reply| reply.status).collect();
        let expected = match route.act {
            // Without an upgrade.
            Act::Socket => status == 426,
            _ => replies.contains(&status),
        };
        assert!(expected, "{line}: {status}, documented: {replies:?}");
    }
}

#[test]
fn the_document_has_every_route_and_no_other() {
    let document = openapi();
    let mut documented = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            documented.insert((path.clone(), method.to_uppercase()));
        }
    }
    let routed: BTreeSet<_> = all()
        .map(|route| {
            (
                route.path.replace("{*", "{"),
                route.verb.as_str().to_owned(),
            )
        })
        .collect();
    assert_eq!(documented, routed);
    assert_eq!(all().count(), routed.len(), "a route stands there twice");
}

#[test]
fn the_document_is_whole() {
    let document = openapi();
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = BTreeSet::new();
    for methods in document["paths"].as_object().unwrap().values() {
        for operation in methods.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} stands there twice");
            let responses = operation["responses"].as_object().unwrap();
            for needed in ["400", "421", "500", "default"] {
                assert!(responses.contains_key(needed), "{id} lacks {needed}");
            }
            let open = operation["security"].as_array().is_some_and(Vec::is_empty);
            assert_eq!(responses.contains_key("401"), !open, "{id}");
        }
    }
    // Whatever is referred to is there.
    let text = document.to_string();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name: String = reference
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        assert!(
            document["components"]["schemas"][&name].is_object(),
            "{name}"
        );
    }
}

#[test]
fn the_table_is_sound() {
    let codes: BTreeSet<_> = CODES.iter().map(|class| class.code).collect();
    for route in all() {
        for code in route.fails {
            assert!(codes.contains(code), "{}: {code}", route.path);
        }
        for classes in problems(route).values() {
            assert!(
                classes.iter().all(|class| codes.contains(class.code)),
                "{}",
                route.path
            );
        }
        // One value by one name, wherever it stands.
        let fields = route.body.iter().flat_map(|form| form.fields);
        let names: Vec<_> = route
            .params
            .iter()
            .map(|param| param.name)
            .chain(fields.map(|field| field.name))
            .collect();
        let unique: BTreeSet<_> = names.iter().collect();
        assert_eq!(unique.len(), names.len(), "{}: {names:?}", route.path);
        for param in route.params {
            let in_path = route.path.contains(&format!("{{{}}}", param.name))
                || route.path.contains(&format!("{{*{}}}", param.name));
            assert_eq!(
                param.place == Place::Path,
                in_path,
                "{} {}",
                route.path,
                param.name
            );
            if let Some(default) = param.default {
                assert!(
                    param.kind.read(default).is_ok(),
                    "{} {}",
                    route.path,
                    param.name
                );
            }
        }
        let n_parts = route.path.matches('{').count();
        let in_path = route
            .params
            .iter()
            .filter(|param| param.place == Place::Path);
        assert_eq!(in_path.count(), n_parts, "{}", route.path);
        assert!(
            matches!(route.act, Act::Do(_)) || route.body.is_none(),
            "{}",
            route.path
        );
    }
}

#[test]
fn the_document_is_served_and_needs_no_token() {
    let house = House::new();
    let reply = house.send(&house.bare_request("GET /api/v1/openapi.json", &[], ""));
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json(), openapi());
}

/// `TOLLGATE_DOCS=write` puts what the table says into the page.
#[test]
fn the_page_of_the_reference_is_what_the_table_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/api.md");
    if std::env::var_os("TOLLGATE_DOCS").is_some_and(|word| word == "write") {
        std::fs::write(path, reference()).unwrap();
    }
    let page = std::fs::read_to_string(path).unwrap();
    assert!(
        page == reference(),
        "docs/api.md is not what the table says: run with TOLLGATE_DOCS=write and read the diff"
    );
}

#[test]
fn every_file_of_the_page_is_in_the_list() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/web/assets");
    let files = std::fs::read_dir(folder).unwrap();
    let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<_> = files.collect();
    let listed: BTreeSet<_> = asset_names().map(str::to_owned).collect();
    assert_eq!(files, listed);
}

#[test]
fn the_page_needs_nothing_that_its_policy_forbids() {
    let house = House::new();
    let reply = house.send(&house.bare_request("GET /", &[], ""));
    let page = reply.text().to_ascii_lowercase();
    for forbidden in [
        "<style",
        " style=",
        "javascript:",
        " onclick",
        " onload",
        " onerror",
    ] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    for script in page.split("<script").skip(1) {
        let tag = script.split('>').next().unwrap();
        assert!(tag.contains("src=\"/assets/"), "{tag}");
    }
    for link in page.split(" href=\"").skip(1) {
        let own = link.starts_with("/assets/") || link.starts_with('#') || link.starts_with("/#");
        assert!(
            own || link.starts_with("data:"),
            "{}",
            &link[..20.min(link.len())]
        );
    }
}

/// Sources as they were written, not minified: a third of this goes over a wire that packs.
#[test]
fn all_files_of_the_page_together_are_small() {
    let house = House::new();
    let size = |name| {
        let line = format!("GET /assets/{name}");
        house.send(&house.bare_request(&line, &[], "")).body.len()
    };
    let total: usize = asset_names().map(size).sum();
    assert!(total < 175_000, "{total} bytes");
}
