//! Two looks at real directories.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use tempfile::TempDir;

use crate::model::{Clock as _, FileChanges, FixedClock, NAMES_KEPT, SystemClock};

use super::index_entries;
use super::*;

/// A directory that is looked at twice.
struct Place {
    dir: TempDir,
    limits: TreeLimits,
    /// Files are taken for old.
    later: bool,
}

impl Place {
    fn new() -> Self {
        Self {
            dir: TempDir::new().expect("a directory"),
            limits: TreeLimits::default(),
            later: false,
        }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("a file");
    }

    fn look(&self) -> Fingerprint {
        fingerprint(self.path(), &self.limits, &self.clock()).expect("a look")
    }

    fn clock(&self) -> FixedClock {
        let clock = FixedClock::at(SystemClock.now());
        if self.later {
            clock.advance(Duration::from_secs(3600));
        }
        clock
    }

    /// What `act` changes.
    fn during(&self, act: impl FnOnce(&Self)) -> FileChanges {
        let before = self.look();
        act(self);
        let after = fingerprint_after(self.path(), &before, &self.limits, &self.clock());
        changes(&before, &after.expect("a look"))
    }

    /// The same, as `+added ~changed -removed`, with `?` when there may be more.
    fn told(&self, act: impl FnOnce(&Self)) -> String {
        let changes = self.during(act);
        let kinds = [
            ('+', &changes.added),
            ('~', &changes.changed),
            ('-', &changes.removed),
        ];
        let mut words: Vec<String> = kinds
            .iter()
            .flat_map(|(sign, names)| names.first.iter().map(move |it| format!("{sign}{it}")))
            .collect();
        words.extend(changes.not_known.then(|| "?".to_owned()));
        words.join(" ")
    }
}

/// Write to other files until the file system's clock has ticked since `path` was written.
fn wait_for_a_tick(path: &Path) {
    let time = |path: &Path| {
        let metadata = fs::metadata(path).expect("a file");
        (metadata.ctime(), metadata.ctime_nsec())
    };
    let other = TempDir::new().expect("a directory");
    let other = other.path().join("tick");
    for _ in 0..10_000_000 {
        fs::write(&other, "x").expect("a file");
        if time(&other) > time(path) {
            return;
        }
    }
    panic!("the clock of the file system stands still");
}

fn write_unseen(path: &Path, content: &str) {
    let modified = fs::metadata(path).and_then(|it| it.modified());
    fs::write(path, content).expect("a file");
    let file = File::options().write(true).open(path).expect("a file");
    file.set_modified(modified.expect("a time"))
        .expect("to be set back");
}

#[test]
fn each_kind_of_change_is_told() {
    type Act = fn(&Path);
    let table: [(&str, Act); 14] = [
        ("", |_| {}),
        ("+new", |dir| fs::write(dir.join("new"), "x").unwrap()),
        ("+new/", |dir| fs::create_dir(dir.join("new")).unwrap()),
        ("~a.rs", |dir| fs::write(dir.join("a.rs"), "b").unwrap()),
        ("~a.rs", |dir| write_unseen(&dir.join("a.rs"), "b")),
        ("-a.rs", |dir| fs::remove_file(dir.join("a.rs")).unwrap()),
        ("+b.rs -a.rs", |dir| {
            fs::rename(dir.join("a.rs"), dir.join("b.rs")).unwrap();
        }),
        ("~a.rs", |dir| {
            fs::set_permissions(dir.join("a.rs"), fs::Permissions::from_mode(0o755)).unwrap();
        }),
        ("~src/", |dir| {
            fs::set_permissions(dir.join("src"), fs::Permissions::from_mode(0o700)).unwrap();
        }),
        ("~link", |dir| {
            fs::remove_file(dir.join("link")).unwrap();
            symlink("src/deep", dir.join("link")).unwrap();
        }),
        ("~src/deep/x", |dir| {
            fs::write(dir.join("src/deep/x"), "longer").unwrap();
        }),
        ("-src/ -src/deep/ -src/deep/x", |dir| {
            fs::remove_dir_all(dir.join("src")).unwrap();
        }),
        ("", |dir| {
            fs::write(dir.join("brief"), "x").unwrap();
            fs::remove_file(dir.join("brief")).unwrap();
        }),
        ("~a.rs", |dir| {
            fs::remove_file(dir.join("a.rs")).unwrap();
            fs::create_dir(dir.join("a.rs")).unwrap();
        }),
    ];
    for (number, (expected, act)) in table.into_iter().enumerate() {
        let place = Place::new();
        place.write("a.rs", "a");
        place.write("src/deep/x", "x");
        symlink("a.rs", place.path().join("link")).unwrap();
        let told = place
            .told(|place| act(place.path()))
            .replace("~a.rs/", "~a.rs");
        assert_eq!(told, expected, "case {number}");
    }
}

#[test]
fn a_write_that_hides_its_time_of_modification_is_seen() {
    let mut place = Place::new();
    place.later = true;
    place.write("a.rs", "a");
    wait_for_a_tick(&place.path().join("a.rs"));
    let told = place.told(|place| write_unseen(&place.path().join("a.rs"), "b"));
    assert_eq!(told, "~a.rs");
}

#[test]
fn files_written_a_moment_before_are_compared_by_content() {
    let place = Place::new();
    for number in 0..300 {
        place.write(&format!("f{number}"), "a");
    }
    // Many of these leave the same times, since the file system's clock ticks slowly.
    let changes = place.during(|place| {
        for number in 0..300 {
            write_unseen(&place.path().join(format!("f{number}")), "b");
        }
    });
    assert_eq!((changes.changed.n, changes.not_known), (300, false));
}

#[test]
fn a_long_file_written_a_moment_before_leaves_it_open() {
    let mut place = Place::new();
    place.limits.content = 4;
    place.write("long", "12345");
    assert_eq!(place.during(|_| {}).any(), None);
    let changes = place.during(|place| place.write("new", "x"));
    assert_eq!((changes.any(), changes.not_known), (Some(true), true));
    place.later = true;
    assert_eq!(place.during(|_| {}).any(), Some(false), "old by then");
}

#[test]
fn what_is_made_from_other_files_is_not_looked_into() {
    let place = Place::new();
    place.write("node_modules/a/index.js", "a");
    place.write("target/CACHEDIR.TAG", "Signature");
    place.write("target/debug/x", "a");
    place.write(".venv/pyvenv.cfg", "a");
    place.write(".venv/lib", "a");
    place.write("pkg/target/rust.rs", "a");
    let told = place.told(|place| {
        place.write("node_modules/a/index.js", "bb");
        place.write("target/debug/x", "bb");
        place.write(".venv/lib", "bb");
        place.write("pkg/target/rust.rs", "bb");
        place.write("pkg/node_modules/new", "x");
    });
    assert_eq!(told, "+pkg/node_modules/ ~pkg/target/rust.rs");
    let told = place.told(|place| fs::remove_dir_all(place.path().join("target")).unwrap());
    assert_eq!(told, "-target/");
}

#[test]
fn what_is_left_out_may_change() {
    let mut place = Place::new();
    place.limits.left_out = vec![place.path().join("state")];
    place.write("state/journal", "a");
    assert_eq!(place.told(|place| place.write("state/journal", "ab")), "");
}

#[test]
fn links_are_not_followed_and_pipes_are_not_opened() {
    let (place, outside) = (Place::new(), Place::new());
    outside.write("secret", "a");
    symlink(outside.path(), place.path().join("out")).unwrap();
    symlink(".", place.path().join("round")).unwrap();
    let pipe = place.path().join("pipe");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    assert_eq!(place.told(|_| outside.write("secret", "b")), "");
}

#[test]
fn too_much_is_not_known() {
    let mut place = Place::new();
    for number in 0..20 {
        place.write(&format!("f{number}"), "a");
    }
    place.limits.entries = 20;
    assert_eq!(place.during(|_| {}).any(), Some(false));
    assert_eq!(place.during(|place| place.write("new", "x")).any(), None);
    assert_eq!(place.look(), Fingerprint::TooLarge);
    assert_eq!(place.during(|_| {}).any(), None);
}

#[test]
fn a_look_that_takes_too_long_is_given_up() {
    /// A clock on which every question takes a second.
    struct Slow(FixedClock);
    impl crate::model::Clock for Slow {
        fn now(&self) -> jiff::Timestamp {
            self.0.now()
        }
        fn monotonic(&self) -> Duration {
            self.0.advance(Duration::from_secs(1));
            self.0.monotonic()
        }
    }
    let place = Place::new();
    for number in 0..600 {
        place.write(&format!("f{number}"), "");
    }
    let look = |seconds| {
        let limits = TreeLimits {
            time: Duration::from_secs(seconds),
            ..TreeLimits::default()
        };
        fingerprint(place.path(), &limits, &Slow(place.clock())).expect("a look")
    };
    assert_eq!(look(2), Fingerprint::TooLarge);
    assert!(matches!(look(9_999), Fingerprint::Whole(tree) if tree.n_entries() == 600));
}

#[test]
fn a_directory_that_is_not_there_is_an_error() {
    let place = Place::new();
    let gone = place.path().join("gone");
    let error = fingerprint(&gone, &place.limits, &SystemClock).expect_err("nothing there");
    assert!(error.to_string().contains("gone"), "{error}");
}

#[test]
fn names_are_counted_and_the_first_are_kept() {
    let place = Place::new();
    let changes = place.during(|place| {
        for number in 0..250 {
            place.write(&format!("f{number:03}"), "a");
        }
    });
    assert_eq!(
        (changes.added.n, changes.added.first.len()),
        (250, NAMES_KEPT)
    );
    assert_eq!(changes.added.first[199], "f199");
}

#[test]
fn names_that_are_no_text_are_told_as_far_as_they_are() {
    use std::os::unix::ffi::OsStrExt as _;
    let place = Place::new();
    let odd = std::ffi::OsStr::from_bytes(b"a\xff\nb");
    let told = place.told(|place| fs::write(place.path().join(odd), "x").unwrap());
    assert_eq!(told, "+a\u{fffd}\nb");
}

#[test]
fn of_a_repository_counts_what_is_checked_out_and_staged() {
    let repository = || {
        let place = Place::new();
        place.write(".git/HEAD", "ref: refs/heads/main\n");
        place.write(".git/refs/heads/main", "1111\n");
        place.write(".git/objects/aa/bb", "x");
        fs::write(place.path().join(".git/index"), index(2, &[("a.rs", 1, 7)])).unwrap();
        place
    };
    type Act = fn(&Place);
    let table: [(&str, Act); 8] = [
        ("", |place| place.write(".git/objects/cc/dd", "y")),
        ("", |place| place.write(".git/logs/HEAD", "y")),
        ("", |place| {
            place.write(".git/refs/remotes/origin/main", "y");
        }),
        ("", |place| {
            let refreshed = index(2, &[("a.rs", 2, 7)]);
            fs::write(place.path().join(".git/index"), refreshed).unwrap();
        }),
        ("", |place| {
            place.write(".git/packed-refs", "# pack-refs\n1111 refs/heads/main\n");
            fs::remove_file(place.path().join(".git/refs/heads/main")).unwrap();
        }),
        ("~.git", |place| {
            place.write(".git/refs/heads/main", "2222\n");
        }),
        ("~.git", |place| {
            place.write(".git/HEAD", "ref: refs/heads/other\n");
        }),
        ("~.git", |place| {
            let staged = index(2, &[("a.rs", 1, 8)]);
            fs::write(place.path().join(".git/index"), staged).unwrap();
        }),
    ];
    for (number, (expected, act)) in table.into_iter().enumerate() {
        assert_eq!(repository().told(act), expected, "case {number}");
    }
}

#[test]
fn a_linked_working_tree_names_its_repository() {
    let (place, main) = (Place::new(), Place::new());
    main.write(".git/worktrees/w/HEAD", "ref: refs/heads/w\n");
    main.write(".git/worktrees/w/commondir", "../..\n");
    main.write(".git/refs/heads/w", "1111\n");
    let folder = main.path().join(".git/worktrees/w");
    place.write(".git", &format!("gitdir: {}\n", folder.display()));
    assert_eq!(
        place.told(|_| main.write(".git/refs/heads/main", "9\n")),
        ""
    );
    assert_eq!(
        place.told(|_| main.write(".git/refs/heads/w", "2222\n")),
        "~.git"
    );
}

/// An index as git writes it: names, a time, and a byte that stands for the content.
fn index(version: u32, entries: &[(&str, u8, u8)]) -> Vec<u8> {
    let mut bytes = b"DIRC".to_vec();
    bytes.extend(version.to_be_bytes());
    bytes.extend(u32::try_from(entries.len()).unwrap().to_be_bytes());
    for (name, time, content) in entries {
        let start = bytes.len();
        bytes.extend([*time; 24]);
        bytes.extend(0o100_644_u32.to_be_bytes());
        bytes.extend([*time; 12]);
        bytes.extend([*content; 20]);
        bytes.extend(u16::try_from(name.len()).unwrap().to_be_bytes());
        if version == 4 {
            bytes.push(0);
        }
        bytes.extend(name.bytes());
        bytes.push(0);
        while version < 4 && !(bytes.len() - start).is_multiple_of(8) {
            bytes.push(0);
        }
    }
    bytes.extend(b"TREE");
    bytes.extend(3_u32.to_be_bytes());
    bytes.extend([entries.first().map_or(0, |entry| entry.1); 3]);
    bytes.extend([9; 20]);
    bytes
}

#[test]
fn an_index_is_the_same_when_only_what_git_remembers_for_itself_differs() {
    for version in [2, 3, 4] {
        let digest = |entries: &[_]| index_entries::digest(&index(version, entries));
        let first = digest(&[("a.rs", 1, 7), ("src/lib.rs", 1, 8)]);
        assert_eq!(first, digest(&[("a.rs", 2, 7), ("src/lib.rs", 3, 8)]));
        for other in [
            &[("a.rs", 1, 9), ("src/lib.rs", 1, 8)][..],
            &[("b.rs", 1, 7), ("src/lib.rs", 1, 8)],
            &[("a.rs", 1, 7)],
            &[],
        ] {
            assert_ne!(first, digest(other), "version {version}: {other:?}");
        }
    }
}

/// Header, two entries of 72 and 80 bytes, and the checksum of [`index`].
const WITHOUT_EXTENSION: usize = 12 + 72 + 80 + 20;

proptest! {
    #[test]
    fn an_index_that_cannot_be_read_is_taken_as_it_is(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        cut in 0_usize..200,
    ) {
        let whole = crate::model::Digest::of(&bytes);
        prop_assert_eq!(index_entries::digest(&bytes), whole);
        let torn = index(2, &[("a.rs", 1, 7), ("src/lib.rs", 1, 8)]);
        let torn = &torn[..cut.min(torn.len() - 1)];
        // Cut by exactly its extension it is whole again, as nobody computes the checksum.
        prop_assume!(torn.len() != WITHOUT_EXTENSION);
        prop_assert_eq!(index_entries::digest(torn), crate::model::Digest::of(torn));
    }
}

/// Every file below `dir` with its content.
fn contents(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let content = fs::read(&path).expect("a file");
                found.insert(path.display().to_string(), content);
            }
        }
    }
    found
}

#[derive(Debug, Clone)]
enum Act {
    Write(u8, u8),
    WriteUnseen(u8, u8),
    Remove(u8),
    Rename(u8, u8),
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0_u8..6, 0_u8..3).prop_map(|(name, content)| Act::Write(name, content)),
        (0_u8..6, 0_u8..3).prop_map(|(name, content)| Act::WriteUnseen(name, content)),
        (0_u8..6).prop_map(Act::Remove),
        (0_u8..6, 0_u8..6).prop_map(|(from, to)| Act::Rename(from, to)),
    ]
}

fn perform(dir: &Path, act: &Act) {
    let name = |number: &u8| {
        dir.join(if number.is_multiple_of(2) { "a" } else { "b" })
            .join(number.to_string())
    };
    // Whether a file is there to be moved or removed is left to chance.
    let _gone = match act {
        Act::Write(number, content) => fs::write(name(number), [*content]),
        Act::WriteUnseen(number, content) => {
            let path = name(number);
            if path.exists() {
                write_unseen(&path, &content.to_string());
            }
            Ok(())
        }
        Act::Remove(number) => fs::remove_file(name(number)),
        Act::Rename(from, to) => fs::rename(name(from), name(to)),
    };
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_differs_is_never_called_identical(
        first in prop::collection::vec(any_act(), 0..12),
        then in prop::collection::vec(any_act(), 0..6),
    ) {
        let place = Place::new();
        for folder in ["a", "b"] {
            fs::create_dir(place.path().join(folder)).expect("a folder");
        }
        first.iter().for_each(|act| perform(place.path(), act));
        let before = contents(place.path());
        let changes = place.during(|place| then.iter().for_each(|act| perform(place.path(), act)));
        let differs = before != contents(place.path());
        prop_assert!(!differs || changes.any() == Some(true), "{changes:?}");
        prop_assert!(!then.is_empty() || changes.any() == Some(false), "{changes:?}");
        prop_assert!(!changes.not_known);
    }
}
