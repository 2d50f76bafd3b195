//! The storm: whoever is there is killed, again and again, at moments that nobody chose.
//!
//! `TOLLGATE_TEST_STORMS` sets the number of kills; `TOLLGATE_TEST_SEED` another sequence.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Read as _;
use std::process::Child;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tollgate::journal::Reader;
use tollgate::model::{AttemptOutcome, AttemptState, Body, FailureCode, RunId};
use tollgate_tests::Lcg;
use tollgate_tests::house::TestHouse;
use tollgate_tests::occupants::{evict, kill_supervisor, running_from, supervisors};
use tollgate_tests::pids::wait_until_gone;

use super::ground::{SOON, amount, assert_no_tools, events_of, setup, state, text, told, until_so};
use super::record::{Attempt, Told, events};

const USUAL_KILLS: usize = 60;

/// Work that is kept open: four run, and others wait.
const OPEN: usize = 7;

/// A house whose tools take their time, and leave some of it to others.
struct Storm {
    house: TestHouse,
    random: Lcg,
    /// Runs whose names were printed by whoever submitted them.
    acknowledged: Vec<RunId>,
    n_asked: usize,
    n_kills: [usize; 3],
    record: RefCell<(Option<Reader>, Told)>,
}

impl Storm {
    fn new(seed: u64) -> Self {
        let house = TestHouse::new();
        setup()
            .template("messy", &["m"], &["--", "{prompt}"])
            .agent("mess", &["messy:m"])
            .write(&house);
        house.tool("tool", &["--emit-line", "ok", "--sleep-ms", "250"]);
        let messy = [
            "--spawn-grandchild",
            "--setsid",
            "--hold-stdout",
            "--ignore-term",
        ];
        let rest = [
            "--pid-file",
            "{arg:2}",
            "--sleep-ms",
            "150",
            "--emit-line",
            "ok",
        ];
        let script: Vec<&str> = messy.into_iter().chain(rest).collect();
        house.tool("messy", &script);
        Self {
            house,
            random: Lcg::new(seed),
            acknowledged: Vec::new(),
            n_asked: 0,
            n_kills: [0; 3],
            record: RefCell::default(),
        }
    }

    fn submitter(&mut self) -> Child {
        self.n_asked += 1;
        let path = text(&self.house.path(&format!("work/{}", self.n_asked)));
        let agent = ["dev", "mess"][self.n_asked % 2];
        let args = ["run", "submit", "-a", agent, &path];
        self.house.call(args).start()
    }

    /// Take in what a submitter printed, whole lines only, and how it ended.
    fn hear(&mut self, mut child: Child) -> std::process::ExitStatus {
        let mut said = String::new();
        let mut stdout = child.stdout.take().expect("a pipe");
        stdout.read_to_string(&mut said).expect("text");
        let lines = said.split_inclusive('\n').filter(|it| it.ends_with('\n'));
        let runs = lines.map(|line| RunId::new(line.trim_end()));
        self.acknowledged.extend(runs);
        child.wait().expect("an end")
    }

    /// What the record says by now.
    fn told<T>(&self, look: impl FnOnce(&Told) -> T) -> T {
        let (reader, told) = &mut *self.record.borrow_mut();
        let reader = reader.get_or_insert_with(|| Reader::open(&state(&self.house)).unwrap());
        told.go_on(reader);
        look(told)
    }

    /// Have enough to do.
    fn fill(&mut self) {
        loop {
            let open = |told: &Told| told.invocations.values().filter(|it| it.is_none()).count();
            if self.told(open) >= OPEN {
                return;
            }
            let both = [self.submitter(), self.submitter()];
            for child in both {
                let status = self.hear(child);
                assert!(status.success(), "{status:?}");
            }
        }
    }

    fn pause(&mut self, most_us: u64) {
        std::thread::sleep(Duration::from_micros(self.random.below(most_us)));
    }

    /// One kill, of somebody who was there.
    fn strike(&mut self) {
        let struck = match self.random.below(10) {
            0..4 => self.strike_submitter().then_some(0),
            4..9 => self.strike_supervisor().then_some(1),
            _ => (evict(self.house.path("").as_path()) > 0).then_some(2),
        };
        if let Some(kind) = struck {
            self.n_kills[kind] += 1;
        }
    }

    fn strike_submitter(&mut self) -> bool {
        let child = self.submitter();
        self.pause(25_000);
        // Not reaped: its number is its own.
        let _ = kill_process(Pid::from_child(&child), Signal::KILL);
        let status = self.hear(child);
        std::os::unix::process::ExitStatusExt::signal(&status) == Some(9)
    }

    fn strike_supervisor(&mut self) -> bool {
        self.pause(60_000);
        let state = state(&self.house);
        let all = supervisors(&state);
        let Some(last) = u64::try_from(all.len()).ok().filter(|n| *n > 0) else {
            return false;
        };
        let chosen = usize::try_from(self.random.below(last)).expect("small");
        kill_supervisor(&state, &all[chosen]) && wait_until_gone(all[chosen].pid, SOON)
    }

    /// Whoever comes next puts things right.
    fn look_after(&self) {
        let Some(run) = self.acknowledged.last() else {
            return;
        };
        let args = ["run", "wait", "--timeout", "1ms", run.as_str()];
        let outcome = self.house.run(args);
        assert!(matches!(outcome.status, Some(0 | 1 | 124)), "{outcome:?}");
    }

    fn check(&self) {
        self.told(|told| {
            for run in &self.acknowledged {
                // The fold fails when one is there twice.
                let known = told.invocations.contains_key(&(run.to_string(), 1));
                assert!(known, "{run} was acknowledged and is not on record");
            }
            assert!(told.most_held <= 4, "{} at once", told.most_held);
        });
        self.check_processes();
        let verified = self.house.run(["journal", "verify"]);
        assert_eq!(verified.status, Some(0), "{verified:?}");
    }

    /// Nothing runs for what is over, and nothing is over that runs.
    fn check_processes(&self) {
        let (over, running) = self.told(|told| {
            let over = |attempt: &&Attempt| attempt.state.is_terminal();
            let markers = told.attempts.values().filter(over);
            let markers = markers.filter_map(|attempt| Some(attempt.marker?.to_string()));
            let running = told.in_state(AttemptState::Running);
            let running: Vec<Attempt> = running.into_iter().cloned().collect();
            (markers.collect::<BTreeSet<String>>(), running)
        });
        for pid in running_from(&self.house.path("bin")) {
            let marker = marker_of(pid);
            assert!(
                !marker.as_ref().is_some_and(|marker| over.contains(marker)),
                "{pid:?} runs for an attempt that is over: {marker:?}"
            );
        }
        for attempt in running {
            let name = attempt.name.to_string();
            let lives = supervisors(&state(&self.house))
                .iter()
                .any(|supervisor| supervisor.attempt == name);
            // One that was there a moment ago may have come to its end.
            assert!(
                lives || self.is_over(&name),
                "nobody looks after {name}: {}",
                self.facts(&attempt)
            );
        }
    }

    /// Everything that is there about an attempt, for whoever has to find out.
    fn facts(&self, attempt: &Attempt) -> String {
        let run = &attempt.name.run;
        let folder = state(&self.house).join(format!("runs/{run}/i1/a{}", attempt.name.number));
        let log = std::fs::read_to_string(folder.join("supervisor.log"));
        let claim = std::fs::File::open(folder.join("claim")).map(|file| file.try_lock_shared());
        let files: Vec<_> = std::fs::read_dir(&folder).into_iter().flatten().collect();
        let events: Vec<_> = events_of(&self.house, run)
            .into_iter()
            .map(|event| (event.seq, event.at, event.actor.via, event.body))
            .collect();
        let supervisors = supervisors(&state(&self.house));
        let tools = running_from(&self.house.path("bin"));
        format!("{events:#?}\n{log:?} {claim:?} {files:?}\n{supervisors:?} {tools:?}")
    }

    fn is_over(&self, name: &str) -> bool {
        self.told(|told| {
            let mut all = told.attempts.values();
            all.any(|attempt| attempt.name.to_string() == name && attempt.state.is_terminal())
        })
    }

    /// Everything that was accepted comes to its end, and nothing is left.
    fn clear_up(&self) {
        until_so("the end of all", || {
            self.look_after();
            self.told(Told::is_over)
        });
        until_so("the end of all supervisors", || {
            supervisors(&state(&self.house)).is_empty()
        });
        assert_no_tools(&self.house);
        let told = told(&self.house);
        for attempt in told.attempts.values() {
            assert_eq!(attempt.n_ends, 1, "{attempt:?}");
        }
        for event in events(&state(&self.house)) {
            // Whoever was to start it was killed before; nothing else fails here.
            match &event.body {
                Body::AttemptSpawnFailed(failed) => {
                    assert_eq!(failed.code.as_str(), FailureCode::SPAWN_UNCONFIRMED);
                }
                Body::AttemptExited(exited) => {
                    // The kill may have hit the tool itself, a moment before it was one.
                    let is_true =
                        exited.outcome == AttemptOutcome::Done || exited.signal == Some(9);
                    assert!(is_true && exited.tree_empty == Some(true), "{exited:?}");
                }
                _ => {}
            }
        }
        self.check();
        let last = ["run", "submit", "--json", "-a", "dev", "hi"];
        let last = self.house.run(last).success().json();
        assert_eq!(last["state"], "starting", "a slot leaked: {last:#}");
        until_so("its end", || self.told(Told::is_over));
    }
}

fn marker_of(pid: Pid) -> Option<String> {
    let environment = std::fs::read(format!("/proc/{}/environ", pid.as_raw_pid())).ok()?;
    let environment = String::from_utf8_lossy(&environment).into_owned();
    let mut variables = environment.split('\0');
    variables.find_map(|it| it.strip_prefix("TOLLGATE_ATTEMPT=").map(str::to_owned))
}

#[test]
fn nothing_that_was_accepted_is_lost_from_sight_in_a_storm_of_kills() {
    let n_wanted = amount("TOLLGATE_TEST_STORMS", USUAL_KILLS);
    let seed = amount("TOLLGATE_TEST_SEED", 1) as u64;
    let mut storm = Storm::new(seed);
    while storm.n_kills.iter().sum::<usize>() < n_wanted {
        storm.fill();
        storm.strike();
        storm.look_after();
        storm.check();
    }
    let [submitters, supervisors, all] = storm.n_kills;
    println!(
        "seed {seed}: {submitters} submitters, {supervisors} supervisors, {all} times everybody; \
         {} runs acknowledged of {} asked for",
        storm.acknowledged.len(),
        storm.n_asked,
    );
    storm.clear_up();
    let told = told(&storm.house);
    for state in AttemptState::ALL {
        println!("{}: {}", state.as_str(), told.in_state(state).len());
    }
    assert!(storm.n_kills.iter().all(|n| *n > 0), "{:?}", storm.n_kills);
}
