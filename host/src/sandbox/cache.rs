//! Compiled components on disk, so that loading one takes a tenth of a millisecond.
//!
//! Owns the format of an entry and the decision whether to trust one. An entry is machine code
//! that will be executed in this process, so nothing but this program's own, unchanged output is
//! ever deserialised. Never reads compiled code from anywhere else.

#![expect(
    unsafe_code,
    reason = "deserialising compiled code is unsafe; the checks that make it sound are here"
)]

use std::fs::DirBuilder;
use std::hash::{Hash as _, Hasher};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, Metadata, MetadataExt as _, OpenOptions, OpenOptionsExt as _};
use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use super::error::CacheError;

/// Folder within the cache directory.
const FOLDER: &str = "components";
/// First bytes of an entry; the digit is the format's version.
const MAGIC: &[u8; 16] = b"tollgate code 1\n";
/// Magic, component, engine, payload.
const HEADER: usize = MAGIC.len() + 3 * 32;
/// Larger entries are not read. Code is about 2.4 times its component, which has at most 16 MiB.
const MAX_ENTRY: u64 = 256 << 20;
/// Entries that are kept; the oldest go first. An author of a plugin makes one with each build.
const MAX_ENTRIES: usize = 64;

/// A SHA-256.
pub(super) type Hash = [u8; 32];

/// Where a component's code came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeOrigin {
    /// It was compiled.
    Compiled,
    /// It was read from the cache directory.
    Cached,
    /// This process had loaded it before.
    Memory,
    /// The entry in the cache directory could not be trusted, so it was compiled anew.
    Recompiled(Defect),
}

/// Why an entry was not used, and was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Defect {
    /// It ends too early, is too large, or is no file.
    #[error("its size is wrong")]
    Size,
    /// It belongs to another user.
    #[error("it belongs to another user")]
    Owner,
    /// Others can write to it.
    #[error("others can write to it")]
    Mode,
    /// It does not begin as an entry for this component and engine does.
    #[error("its header is wrong")]
    Header,
    /// Its code is not what was written.
    #[error("its code was changed")]
    Payload,
    /// The engine does not accept it.
    #[error("the engine refused it")]
    Refused,
    /// It cannot be read.
    #[error("it cannot be read")]
    Unreadable,
}

/// What an entry belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    /// Of the component's bytes.
    pub(super) component: Hash,
    /// Of the engine's version, settings, and target.
    pub(super) engine: Hash,
}

impl Key {
    fn file_name(&self) -> String {
        format!("{}-{}.code", hex(&self.component), hex(&self.engine[..8]))
    }
}

/// The hash that tells which engines can run an engine's code.
pub(super) fn engine_hash(engine: &Engine) -> Hash {
    /// Rust's own hashers may change from version to version.
    struct Digesting(Sha256);
    impl Hasher for Digesting {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut hasher = Digesting(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.finalize().into()
}

/// Lower-case hex digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the cache holds for a key.
pub(super) enum Lookup {
    /// Code that can be run.
    Hit(Box<Component>),
    /// Nothing.
    Miss,
    /// Something that was deleted instead.
    Bad(Defect),
}

/// The directory of compiled components.
#[derive(Debug)]
pub(super) struct CodeCache {
    dir: Dir,
}

impl CodeCache {
    /// Open or make `<cache_dir>/components`, for this user alone.
    ///
    /// # Errors
    /// When that fails, or others can write there.
    pub(super) fn open(cache_dir: &Path) -> Result<Self, CacheError> {
        let path = cache_dir.join(FOLDER);
        let open = |path: &Path| -> io::Result<(Dir, Metadata)> {
            DirBuilder::new().recursive(true).mode(0o700).create(path)?;
            let dir = Dir::open_ambient_dir(path, ambient_authority())?;
            let metadata = dir.dir_metadata()?;
            Ok((dir, metadata))
        };
        match open(&path) {
            Ok((dir, metadata)) => match trust(&metadata) {
                Ok(()) => Ok(Self { dir }),
                Err(Defect::Owner) => Err(unsafe_dir(path, "it belongs to another user")),
                Err(_) => Err(unsafe_dir(path, "others can write to it")),
            },
            Err(source) => Err(CacheError::Open { path, source }),
        }
    }

    /// The code for `key`. An entry that cannot be trusted is deleted.
    pub(super) fn get(&self, engine: &Engine, key: &Key) -> Lookup {
        let name = key.file_name();
        let loaded = match self.read(&name, key) {
            Ok(None) => return Lookup::Miss,
            Ok(Some(entry)) => deserialize(engine, &entry),
            Err(defect) => Err(defect),
        };
        match loaded {
            Ok(component) => Lookup::Hit(Box::new(component)),
            Err(defect) => {
                // When it cannot be deleted either, writing the new entry will say so.
                drop(self.dir.remove_file(&name));
                Lookup::Bad(defect)
            }
        }
    }

    /// Keep the code of `component`: written beside, then renamed, so that no reader ever sees
    /// half an entry.
    ///
    /// # Errors
    /// When it cannot be written. Nothing is left behind then.
    pub(super) fn put(&self, key: &Key, component: &Component) -> Result<(), CacheError> {
        let payload = component.serialize().map_err(|e| CacheError::Serialise {
            reason: e.to_string(),
        })?;
        let name = key.file_name();
        let written = self.write(&name, key, &payload);
        written.map_err(|source| CacheError::Write { name, source })?;
        self.prune();
        Ok(())
    }

    fn read(&self, name: &str, key: &Key) -> Result<Option<Vec<u8>>, Defect> {
        let mut file = match self.dir.open(name) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(_) => return Err(Defect::Unreadable),
        };
        // Of the open file, so that what is checked is what is read.
        let metadata = file.metadata().map_err(|_| Defect::Unreadable)?;
        trust(&metadata)?;
        if !metadata.is_file() || metadata.len() > MAX_ENTRY {
            return Err(Defect::Size);
        }
        let mut entry = Vec::new();
        file.read_to_end(&mut entry)
            .map_err(|_| Defect::Unreadable)?;
        check(&entry, key)?;
        Ok(Some(entry))
    }

    fn write(&self, name: &str, key: &Key, payload: &[u8]) -> io::Result<()> {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let unique = COUNTER.fetch_add(1, Ordering::Relaxed);
        let beside = format!(".{name}.{}.{unique}", process::id());
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let write = || -> io::Result<()> {
            let mut file = self.dir.open_with(&beside, &options)?;
            file.write_all(&header(key, payload))?;
            file.write_all(payload)?;
            self.dir.rename(&beside, &self.dir, name)
        };
        write().inspect_err(|_| drop(self.dir.remove_file(&beside)))
    }

    /// Delete the oldest entries beyond [`MAX_ENTRIES`]. Failing to is no harm.
    fn prune(&self) {
        let Ok(entries) = self.dir.entries() else {
            return;
        };
        let mut files: Vec<_> = entries
            .flatten()
            .filter_map(|entry| {
                let modified = entry.metadata().ok()?.modified().ok()?;
                Some((modified.into_std(), PathBuf::from(entry.file_name())))
            })
            .collect();
        files.sort();
        let surplus = files.len().saturating_sub(MAX_ENTRIES);
        for (_, name) in &files[..surplus] {
            drop(self.dir.remove_file(name));
        }
    }
}

fn unsafe_dir(path: PathBuf, why: &'static str) -> CacheError {
    CacheError::Unsafe { path, why }
}

/// Ours, and nobody else can write to it.
fn trust(metadata: &Metadata) -> Result<(), Defect> {
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(Defect::Owner);
    }
    if metadata.mode() & 0o022 != 0 {
        return Err(Defect::Mode);
    }
    Ok(())
}

fn header(key: &Key, payload: &[u8]) -> Vec<u8> {
    let payload: Hash = Sha256::digest(payload).into();
    [&MAGIC[..], &key.component, &key.engine, &payload].concat()
}

/// Whether `entry` is, byte for byte, what was written for `key`.
fn check(entry: &[u8], key: &Key) -> Result<(), Defect> {
    let Some((found, payload)) = entry.split_at_checked(HEADER) else {
        return Err(Defect::Size);
    };
    let expected = header(key, payload);
    let keyed = HEADER - size_of::<Hash>();
    if found[..keyed] != expected[..keyed] {
        return Err(Defect::Header);
    }
    if found[keyed..] != expected[keyed..] {
        return Err(Defect::Payload);
    }
    Ok(())
}

/// Code from an entry that passed [`check`].
fn deserialize(engine: &Engine, entry: &[u8]) -> Result<Component, Defect> {
    // SAFETY: `deserialize` requires bytes that `serialize` made, unchanged. The entry lies in a
    // directory that only this user can write to, is a file of this user that nobody else can
    // write to, was written by `put` for this very component and engine, and its digest matches.
    let component = unsafe { Component::deserialize(engine, &entry[HEADER..]) };
    component.map_err(|_| Defect::Refused)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::sandbox::engine::Clockwork;

    struct Bench {
        home: tempfile::TempDir,
        clockwork: Clockwork,
        key: Key,
    }

    impl Bench {
        fn new() -> Self {
            let clockwork = Clockwork::new().unwrap();
            let key = Key {
                component: [7; 32],
                engine: engine_hash(clockwork.engine()),
            };
            Self {
                home: tempfile::tempdir().unwrap(),
                clockwork,
                key,
            }
        }

        /// A cache that holds one entry, and the entry's path.
        fn filled(&self) -> (CodeCache, PathBuf) {
            let cache = CodeCache::open(self.home.path()).unwrap();
            let bytes = wat::parse_str("(component)").unwrap();
            let component = Component::from_binary(self.clockwork.engine(), &bytes).unwrap();
            cache.put(&self.key, &component).unwrap();
            let path = self.home.path().join(FOLDER).join(self.key.file_name());
            (cache, path)
        }

        fn defect(&self, cache: &CodeCache) -> Option<Defect> {
            match cache.get(self.clockwork.engine(), &self.key) {
                Lookup::Bad(defect) => Some(defect),
                Lookup::Hit(_) | Lookup::Miss => None,
            }
        }
    }

    #[test]
    fn what_was_kept_is_found_and_private() {
        let bench = Bench::new();
        let (cache, path) = bench.filled();
        assert!(matches!(
            cache.get(bench.clockwork.engine(), &bench.key),
            Lookup::Hit(_)
        ));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        let other = Key {
            component: [8; 32],
            ..bench.key
        };
        assert!(matches!(
            cache.get(bench.clockwork.engine(), &other),
            Lookup::Miss
        ));
    }

    #[test]
    fn every_single_changed_byte_of_the_header_is_noticed() {
        let bench = Bench::new();
        let (cache, path) = bench.filled();
        let good = fs::read(&path).unwrap();
        for place in 0..HEADER {
            let mut bad = good.clone();
            bad[place] ^= 1;
            fs::write(&path, &bad).unwrap();
            let expected = if place < HEADER - 32 {
                Defect::Header
            } else {
                Defect::Payload
            };
            assert_eq!(bench.defect(&cache), Some(expected), "byte {place}");
            assert!(!path.exists());
        }
    }

    #[test]
    fn damaged_entries_are_deleted() {
        let bench = Bench::new();
        type Damage = fn(&Path, Vec<u8>);
        let damages: [(Defect, Damage); 6] = [
            (Defect::Size, |path, good| {
                fs::write(path, &good[..50]).unwrap();
            }),
            (Defect::Size, |path, _| fs::write(path, b"").unwrap()),
            (Defect::Payload, |path, good| {
                fs::write(path, &good[..good.len() - 1]).unwrap();
            }),
            (Defect::Payload, |path, mut good| {
                *good.last_mut().unwrap() ^= 0x80;
                fs::write(path, good).unwrap();
            }),
            (Defect::Mode, |path, _| {
                fs::set_permissions(path, fs::Permissions::from_mode(0o620)).unwrap();
            }),
            (Defect::Header, |path, good| {
                fs::write(path, [b"\x7fELF", &good[..]].concat()).unwrap();
            }),
        ];
        for (expected, damage) in damages {
            let (cache, path) = bench.filled();
            damage(&path, fs::read(&path).unwrap());
            assert_eq!(bench.defect(&cache), Some(expected));
            assert!(!path.exists());
        }
    }

    #[test]
    fn code_of_another_engine_is_not_run_even_with_a_matching_header() {
        let bench = Bench::new();
        let (cache, path) = bench.filled();
        let payload = b"\x7fELF not really";
        fs::write(&path, [&header(&bench.key, payload)[..], payload].concat()).unwrap();
        assert_eq!(bench.defect(&cache), Some(Defect::Refused));
    }

    #[test]
    fn a_directory_that_others_can_write_to_is_not_used() {
        let bench = Bench::new();
        let (_, path) = bench.filled();
        let open = fs::Permissions::from_mode(0o777);
        fs::set_permissions(path.parent().unwrap(), open).unwrap();
        assert!(matches!(
            CodeCache::open(bench.home.path()),
            Err(CacheError::Unsafe { .. })
        ));
        let file = bench.home.path().join("file");
        fs::write(&file, b"").unwrap();
        assert!(matches!(
            CodeCache::open(&file),
            Err(CacheError::Open { .. })
        ));
    }

    #[test]
    fn the_oldest_entries_make_room() {
        let bench = Bench::new();
        let (cache, path) = bench.filled();
        for n in 0..MAX_ENTRIES + 5 {
            fs::write(path.with_file_name(format!("{n:03}.code")), b"").unwrap();
        }
        let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1);
        let oldest = fs::File::options().write(true).open(&path).unwrap();
        oldest.set_modified(long_ago).unwrap();
        cache.prune();
        let left = fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(left, MAX_ENTRIES);
        assert!(!path.exists(), "it was the oldest");
    }
}
