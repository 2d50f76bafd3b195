//! Components that are a burden to compile, and compiled code that nobody compiled.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tollgate::sandbox::{CodeOrigin, Defect, Limits, LoadError, Sandbox, builtin};

use crate::{Arena, Case, forge, task};

pub const CASES: &[Case] = &[
    Case {
        name: "a file of 100 MiB",
        run: too_large,
    },
    Case {
        name: "20,000 functions",
        run: many_functions,
    },
    Case {
        name: "one function of 700 KB",
        run: long_function,
    },
    Case {
        name: "compiling for longer than allowed",
        run: slow_compile,
    },
    Case {
        name: "machine code as a component",
        run: machine_code,
    },
    Case {
        name: "machine code in the cache",
        run: tampered_cache,
    },
    Case {
        name: "a cache directory that anybody can write to",
        run: open_cache,
    },
    Case {
        name: "a cache directory that is a file",
        run: no_cache,
    },
];

fn too_large(arena: &Arena) {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    bytes.resize(100 << 20, 0);
    let error = arena.refusal(&bytes);
    assert!(
        matches!(error, LoadError::TooLarge { size, limit } if size == 100 << 20 && limit == 16 << 20)
    );
}

fn many_functions(arena: &Arena) {
    let body = "(func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))\n";
    let adapter = arena.load(&forge::with(&body.repeat(20_000)).build());
    adapter
        .expect("large is not wrong")
        .start()
        .expect("it starts");
}

fn long_function(arena: &Arena) {
    let body = "(local.set 0 (i32.mul (local.get 0) (i32.const 1103515245)))\n".repeat(70_000);
    let fragment = format!("(func (param i32) {body})");
    let adapter = arena.load(&forge::with(&fragment).build());
    adapter
        .expect("large is not wrong")
        .start()
        .expect("it starts");
}

fn slow_compile(_: &Arena) {
    let limits = Limits {
        compile_time: Duration::from_millis(1),
        ..Limits::ADAPTER
    };
    let sandbox = Sandbox::with_limits(None, limits.clone());
    let body = "(func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))\n";
    let bytes = forge::with(&body.repeat(20_000)).build();
    let error = sandbox.load_adapter(&bytes, "slow").unwrap_err();
    assert!(matches!(error, LoadError::CompileTime { .. }), "{error}");
}

/// A fresh arena whose cache holds exactly one entry.
fn cached() -> (Arena, Vec<u8>, PathBuf) {
    let arena = Arena::new();
    let bytes = builtin("template").unwrap().to_vec();
    assert_eq!(arena.load(&bytes).unwrap().origin(), CodeOrigin::Compiled);
    let mut entries = fs::read_dir(arena.components()).unwrap();
    let entry = entries.next().unwrap().unwrap().path();
    assert!(entries.next().is_none());
    (arena, bytes, entry)
}

fn machine_code(arena: &Arena) {
    let (_other, _, entry) = cached();
    let file = fs::read(entry).unwrap();
    let elf = file.windows(4).position(|w| w == b"\x7fELF").unwrap();
    let error = arena.refusal(&file[elf..]);
    assert!(error.to_string().contains("machine code"), "{error}");
    let error = arena.refusal(&file);
    assert!(matches!(error, LoadError::NotAComponent { .. }), "{error}");
}

fn tampered_cache(_: &Arena) {
    let (arena, bytes, entry) = cached();
    let again = || Sandbox::new(Some(arena.home.path().to_owned()));
    let origin = || again().load_adapter(&bytes, "template").unwrap().origin();
    assert_eq!(origin(), CodeOrigin::Cached);
    let mut code = fs::read(&entry).unwrap();
    let middle = code.len() / 2;
    code[middle] ^= 0xff;
    fs::write(&entry, &code).unwrap();
    assert_eq!(origin(), CodeOrigin::Recompiled(Defect::Payload));
    assert_eq!(origin(), CodeOrigin::Cached, "a good entry took its place");
    // The code of another component under this one's name.
    let other = forge::good().build();
    again().load_adapter(&other, "other").unwrap();
    let foreign = fs::read_dir(arena.components()).unwrap();
    let foreign = foreign
        .map(|e| e.unwrap().path())
        .find(|path| *path != entry);
    fs::copy(foreign.unwrap(), &entry).unwrap();
    assert_eq!(origin(), CodeOrigin::Recompiled(Defect::Header));
}

/// The adapter works without the cache, and says why there is none.
fn without_cache(cache_dir: &Path) -> String {
    let sandbox = Sandbox::new(Some(cache_dir.to_owned()));
    let adapter = sandbox
        .load_adapter(&forge::good().build(), "good")
        .unwrap();
    adapter.start().unwrap().plan(&task()).unwrap();
    assert_eq!(adapter.origin(), CodeOrigin::Compiled);
    adapter.cache_problem().expect("a problem").to_string()
}

fn open_cache(_: &Arena) {
    let (arena, bytes, entry) = cached();
    fs::set_permissions(arena.components(), fs::Permissions::from_mode(0o777)).unwrap();
    let problem = without_cache(arena.home.path());
    assert!(problem.ends_with("others can write to it"), "{problem}");
    // The entry is as good as ever, and still not used.
    assert!(entry.exists());
    let adapter = Sandbox::new(Some(arena.home.path().to_owned()));
    let adapter = adapter.load_adapter(&bytes, "template").unwrap();
    assert_eq!(adapter.origin(), CodeOrigin::Compiled);
}

fn no_cache(_: &Arena) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    fs::write(&file, b"").unwrap();
    let problem = without_cache(&file);
    assert!(problem.starts_with("open the directory"), "{problem}");
}
