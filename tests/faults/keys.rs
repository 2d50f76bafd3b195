//! Row 29: the same key from two processes at once.

use std::process::Child;

use serde_json::Value;
use tollgate_tests::house::TestHouse;

use super::ground::{house_of, told};

/// How often two race each other.
const ROUNDS: usize = 20;

fn sender(house: &TestHouse, key: &str, prompt: &str) -> Child {
    let args = ["run", "submit", "--json", "--key", key, "-a", "dev", prompt];
    house.call(args).start()
}

/// Its document, and whether it was taken on.
fn answer(child: Child) -> (bool, Value) {
    let output = child.wait_with_output().expect("an end");
    let document = serde_json::from_slice(&output.stdout);
    let document = document.unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output.status.success(), document)
}

#[test]
fn one_key_is_one_run_however_many_send_it_at_once() {
    let house = house_of(&["--emit-line", "ok"]);
    for round in 0..ROUNDS {
        let key = format!("key-{round}");
        let senders = [(); 3].map(|()| sender(&house, &key, "hi"));
        let answers = senders.map(answer);
        let names: Vec<&Value> = answers.iter().map(|(_, it)| &it["run_id"]).collect();
        assert!(answers.iter().all(|(taken, _)| *taken), "{answers:?}");
        assert!(names[0].is_string(), "{answers:?}");
        assert!(names.iter().all(|name| *name == names[0]), "{answers:?}");
        // The fault: all but one came second.
        let n_replayed = answers.iter().filter(|(_, it)| it["replayed"] == true);
        assert_eq!(n_replayed.count(), 2, "{answers:?}");
        assert_eq!(told(&house).invocations.len(), round + 1);
    }
}

#[test]
fn one_key_for_two_requests_at_once_is_refused_once() {
    let house = house_of(&["--emit-line", "ok"]);
    for round in 0..ROUNDS {
        let key = format!("key-{round}");
        let senders = ["this", "that"].map(|prompt| sender(&house, &key, prompt));
        let mut answers = senders.map(answer);
        answers.sort_by_key(|(taken, _)| *taken);
        let [(false, refused), (true, taken)] = &answers else {
            panic!("{answers:?}")
        };
        assert_eq!(refused["error"]["code"], "key_reused", "{refused:#}");
        assert_eq!(taken["replayed"], false, "{taken:#}");
        assert_eq!(told(&house).invocations.len(), round + 1);
    }
    // What was refused left nothing behind.
    let staged = std::fs::read_dir(house.path("state/runs/.new"));
    let n_staged = staged.map_or(0, std::iter::Iterator::count);
    assert_eq!(n_staged, 0);
}
