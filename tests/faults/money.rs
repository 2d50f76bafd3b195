//! A budget that holds: many processes, one limit, and kills at moments that nobody chose; and an
//! agent whose own agents spend what is left of its cap.
//!
//! `TOLLGATE_TEST_SEED` gives another sequence, `TOLLGATE_TEST_STORMS` more kills.

use std::collections::BTreeMap;
use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tollgate_tests::Lcg;
use tollgate_tests::house::TestHouse;
use tollgate_tests::occupants::{kill_supervisor, supervisors};
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

use super::ground::{amount, state, until_so};

const LIMIT: u64 = 10_000_000;
const PROCESSES: usize = 8;

/// What stands on record about money, summed event by event.
#[derive(Default)]
struct Sums {
    reserved: BTreeMap<String, u64>,
    settled: u64,
    overrun: u64,
    highest: u64,
}

impl Sums {
    fn of(events: &[Value]) -> Self {
        let mut sums = Self::default();
        for event in events {
            sums.take_in(event);
            let taken = sums.settled + sums.reserved.values().sum::<u64>();
            assert!(
                taken <= LIMIT + sums.overrun,
                "{taken} is taken at {event}, of which {} is overrun",
                sums.overrun
            );
            sums.highest = sums.highest.max(taken);
        }
        sums
    }

    fn take_in(&mut self, event: &Value) {
        let name = format!("{}.{}.{}", event["run_id"], event["inv"], event["att"]);
        let amount = |field: &str| event["data"][field].as_u64().unwrap_or(0);
        match event["type"].as_str().unwrap_or_default() {
            "budget.reserved" => {
                self.reserved.insert(name, amount("uusd"));
            }
            "budget.settled" => {
                let had = self.reserved.remove(&name);
                assert!(had.is_some(), "settled without a reservation: {event}");
                self.settled += amount("uusd");
                self.overrun += amount("overrun_uusd");
            }
            "budget.released" => {
                self.reserved.remove(&name);
            }
            _ => {}
        }
    }
}

/// A tool that takes a moment and costs $0.37, of which it tells on the way.
fn spender() -> Vec<String> {
    let mut script = vec!["--sleep-ms".to_owned(), "60".to_owned()];
    script.extend(
        Claude::says("ok")
            .billed([1_000, 12_000, 0, 0], 0.37)
            .script(),
    );
    script
}

#[test]
fn eight_processes_and_random_kills_never_pass_a_hard_limit_at_any_prefix() {
    let house = TestHouse::new();
    Setup::claude_dev()
        .daily(10.0, "hard")
        .at_once(8, &[])
        .write(&house);
    house.tool("claude", &spender());
    let mut random = Lcg::new(amount("TOLLGATE_TEST_SEED", 7) as u64);
    let mut children: Vec<Child> = Vec::new();
    let (mut denied, mut kills, mut asked) = (0, 0, 0);
    while denied < PROCESSES && asked < 400 {
        while children.len() < PROCESSES {
            asked += 1;
            children.push(house.call(["run", "submit", "-a", "dev", "go"]).start());
        }
        if kills < amount("TOLLGATE_TEST_STORMS", 30) {
            kills += usize::from(kill_somebody(&house, &mut random, &children));
        }
        let child = children.remove(0);
        let output = child.wait_with_output().expect("an end");
        denied += usize::from(output.status.code() == Some(1));
    }
    for child in children {
        drop(child.wait_with_output().expect("an end"));
    }
    assert!(kills > 10, "only {kills} were killed");
    assert!(
        denied >= PROCESSES,
        "after {asked} requests {denied} were refused"
    );
    // What was killed is put in order by whoever comes next.
    until_so("an end of every reservation", || {
        drop(house.run(["doctor", "--fix"]));
        Sums::of(&house.events()).reserved.is_empty()
    });
    let sums = Sums::of(&house.events());
    assert!(
        sums.highest > LIMIT * 8 / 10,
        "only {} were taken",
        sums.highest
    );
}

/// A submitter or a supervisor, whoever it hits.
fn kill_somebody(house: &TestHouse, random: &mut Lcg, children: &[Child]) -> bool {
    if random.below(2) == 0 {
        let place = usize::try_from(random.below(children.len() as u64)).expect("a place");
        return kill_process(Pid::from_child(&children[place]), Signal::KILL).is_ok();
    }
    let all = supervisors(&state(house));
    let Some(one) = all.first() else {
        return false;
    };
    kill_supervisor(&state(house), one)
}

fn data(house: &TestHouse, kind: &str) -> Vec<Value> {
    let events = house.events().into_iter();
    let of_kind = events.filter(|event| event["type"] == kind);
    of_kind.map(|event| event["data"].clone()).collect()
}

#[test]
fn what_an_agents_agent_spends_counts_against_the_agents_cap() {
    let house = TestHouse::new();
    Setup::claude_dev()
        .claude("inner", &["claude-opus-5-5"])
        .agent("child", &["inner:claude-opus-5-5"])
        .write(&house);
    // $0.16 for each reply.
    house.tool("claude", &Claude::says("working").spending(1, 5_000));
    house.tool("inner", &Claude::says("more").spending(50, 5_000));
    let parent = house
        .call(["exec", "-a", "dev", "--max-cost", "1.00", "go"])
        .start();
    until_so("the parent's first reply", || {
        !data(&house, "attempt.usage").is_empty()
    });
    let marker = data(&house, "attempt.intent")[0]["marker"].clone();
    let marker = marker.as_str().expect("a marker").to_owned();
    // Whichever of the two is stopped first: an agent that is stopped takes its own along.
    drop(
        house
            .call(["exec", "-a", "child", "--json", "go"])
            .env("TOLLGATE_ATTEMPT", marker)
            .run(),
    );
    let children: Vec<u64> = data(&house, "budget.reserved")
        .iter()
        .filter(|it| it["within"].is_string())
        .filter_map(|it| it["uusd"].as_u64())
        .collect();
    assert!(!children.is_empty(), "the child is linked to nobody");
    assert!(children.iter().all(|it| *it <= 840_000), "{children:?}");
    // It may be over by now.
    let _ = kill_process(Pid::from_child(&parent), Signal::INT);
    drop(parent.wait_with_output().expect("an end"));
    until_so("an end of every reservation", || {
        drop(house.run(["doctor", "--fix"]));
        Sums::of(&house.events()).reserved.is_empty()
    });
    let settled = data(&house, "budget.settled");
    assert_eq!(settled.len(), 2, "{settled:?}");
    let spent: u64 = settled.iter().filter_map(|it| it["uusd"].as_u64()).sum();
    // Each may go beyond by what it tells before it hears that it is to stop: a reply, or two.
    assert!(spent <= 1_000_000 + 4 * 160_000, "{settled:?}");
    let ends = data(&house, "attempt.exited");
    let stopped = ends.iter().any(|it| it["outcome"] == json!("over_budget"));
    assert!(stopped, "{ends:?}");
}
