//! Nothing is read or done without the token, and its file is nobody else's.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use jiff::{SignedDuration, Timestamp};

use super::house::House;
use crate::model::{Clock as _, SystemClock};
use crate::web::route::Act;
use crate::web::routes::all;
use crate::web::{Token, TokenFile};

#[test]
fn every_route_with_data_wants_the_token_in_its_header() {
    let house = House::new();
    let token = house.token.as_str();
    let other = Token::random().unwrap();
    let lines: Vec<Vec<String>> = vec![
        vec![],
        vec!["Authorization: ".to_owned()],
        vec!["Authorization: Bearer".to_owned()],
        vec!["Authorization: Bearer ".to_owned()],
        vec![format!("Authorization: Bearer {}", &token[..63])],
        vec![format!("Authorization: Bearer {token}0")],
        vec![format!("Authorization: Bearer {}", other.as_str())],
        vec![format!("Authorization: Bearer {}", token.to_uppercase())],
        vec![format!("Authorization: Basic {token}")],
        vec![format!("Authorization: {token}")],
        vec![format!("Cookie: token={token}; k={token}")],
        vec![format!("X-Token: {token}")],
        vec![
            format!("Authorization: Bearer {token}"),
            format!("Authorization: Bearer {}", other.as_str()),
        ],
    ];
    let closed: Vec<_> = all().filter(|route| !route.is_open).collect();
    assert!(closed.len() > 40, "the table lost its routes");
    for route in closed {
        let path = route.path.replace(['{', '}', '*'], "");
        let line = format!("{} {path}", route.verb.as_str());
        let body = route.body.map_or("", |form| form.example);
        for lines in &lines {
            let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            lines.push("Content-Type: application/json");
            let reply = house.send(&house.bare_request(&line, &lines, body));
            assert_eq!(reply.status, 401, "{line} {lines:?}");
            assert_eq!(reply.code(), "unauthorized");
            assert_eq!(
                reply.header("www-authenticate"),
                Some("Bearer realm=\"tollgate\"")
            );
        }
    }
    assert_eq!(house.service.asked(), 0);
}

#[test]
fn the_scheme_may_be_in_any_case() {
    let house = House::new();
    let line = format!("authorization: bEARER {}", house.token.as_str());
    let reply = house.send(&house.bare_request("GET /api/v1/overview", &[&line], ""));
    assert_eq!(reply.status, 200);
}

#[test]
fn a_token_in_an_address_is_no_token_and_is_refused() {
    let house = House::new();
    for name in ["token", "k", "access_token"] {
        let line = format!("GET /api/v1/overview?{name}={}", house.token.as_str());
        let reply = house.send(&house.bare_request(&line, &[], ""));
        assert_eq!(reply.status, 401, "{name}");
        let reply = house.send(&house.request(&line, &[], ""));
        assert_eq!(reply.status, 422, "{name}");
        assert!(!reply.text().contains(house.token.as_str()));
        assert!(
            reply.text().contains("is never accepted"),
            "{}",
            reply.text()
        );
    }
    assert_eq!(house.service.asked(), 0);
}

#[test]
fn what_is_open_is_the_page_and_signs_of_life() {
    let open = all().filter(|route| route.is_open);
    let mut open: Vec<_> = open.map(|route| (route.path, route.act)).collect();
    open.sort_by_key(|(path, _)| *path);
    let paths: Vec<_> = open.iter().map(|(path, _)| *path).collect();
    assert_eq!(
        paths,
        [
            "/",
            "/api/v1/live",
            "/api/v1/openapi.json",
            "/assets/{name}",
            "/health",
            "/healthz"
        ]
    );
    // None of them ever asks the service; the socket waits for the token first.
    for (path, act) in open {
        assert!(
            !matches!(act, Act::Ask(_) | Act::Do(_) | Act::Log | Act::Stream),
            "{path}"
        );
    }
}

#[test]
fn a_token_matches_itself_alone_and_hides() {
    let (one, other) = (Token::random().unwrap(), Token::random().unwrap());
    assert!(one.matches(one.as_str()));
    assert!(!one.matches(other.as_str()));
    assert!(!one.matches(""));
    assert!(!one.matches(&one.as_str()[..32]));
    assert_eq!(one.as_str().len(), 64);
    assert!(one.as_str().bytes().all(|b| b.is_ascii_hexdigit()));
    assert_eq!(format!("{one:?}"), "Token(..)");
}

#[test]
fn the_file_is_for_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    // Somebody left a readable file and wants the new token in it.
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let file = TokenFile::draw(&path).unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.trim_end(), file.token().as_str());
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing else is left"
    );
}

#[test]
fn a_link_in_its_place_is_replaced_and_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (path, target) = (folder.path().join("token"), folder.path().join("target"));
    fs::write(&target, "untouched").unwrap();
    symlink(&target, &path).unwrap();
    let file = TokenFile::draw(&path).unwrap();
    assert_eq!(fs::read_to_string(&target).unwrap(), "untouched");
    assert!(fs::symlink_metadata(&path).unwrap().is_file());
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.trim_end(), file.token().as_str());
}

#[test]
fn open_pages_go_on_after_a_restart_for_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let first = TokenFile::keep(&path, SystemClock.now()).unwrap();
    let drawn = Timestamp::try_from(fs::metadata(&path).unwrap().modified().unwrap()).unwrap();
    let after = |hours| TokenFile::keep(&path, drawn + SignedDuration::from_hours(hours)).unwrap();
    assert_eq!(after(0).token().as_str(), first.token().as_str());
    assert_eq!(after(23).token().as_str(), first.token().as_str());
    let next_day = after(24);
    assert_ne!(next_day.token().as_str(), first.token().as_str());
    // A file from the future says nothing about its age.
    assert_ne!(after(-1).token().as_str(), next_day.token().as_str());
}

#[test]
fn a_token_that_others_could_know_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let now = SystemClock.now() + SignedDuration::from_mins(1);
    let known = "a".repeat(64);
    let leave = |text: &str, mode: u32| {
        drop(fs::remove_file(&path));
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let taken = || TokenFile::keep(&path, now).unwrap().token().as_str() == known;
    leave(&known, 0o600);
    assert!(taken());
    for mode in [0o640, 0o604, 0o660, 0o700] {
        leave(&known, mode);
        assert!(!taken(), "{mode:o}");
    }
    for text in ["", "a", &known[1..], &format!("{known}a"), &"A".repeat(64)] {
        leave(text, 0o600);
        assert!(!taken(), "{text}");
    }
    leave(&known, 0o600);
    fs::hard_link(&path, folder.path().join("second")).unwrap();
    assert!(!taken());
    leave(&known, 0o600);
    fs::rename(&path, folder.path().join("elsewhere")).unwrap();
    symlink(folder.path().join("elsewhere"), &path).unwrap();
    assert!(!taken());
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no/token");
    let error = TokenFile::draw(&path).unwrap_err().to_string();
    assert!(error.contains("no/token"), "{error}");
}
