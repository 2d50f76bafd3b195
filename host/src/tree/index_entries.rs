//! What is staged in a git index, without what git keeps there for its own speed.
//!
//! Reads the format of `gitformat-index(5)`, versions 2 to 4, as bytes: `git status` rewrites the
//! times and inode numbers in it, and its extensions, without changing anything. It never fails: an
//! index that it cannot read is taken as it is.

use crate::model::Digest;

const HEADER: usize = 12;
/// Times, device, inode, owner, and size stand around the permissions.
const MODE: std::ops::Range<usize> = 24..28;
const OBJECT: std::ops::Range<usize> = 40..60;
const FLAGS: std::ops::Range<usize> = 60..62;
const EXTENDED: u8 = 0x40;
const CHECKSUM: usize = 20;

/// The digest of names, permissions, contents, and flags of all that is staged.
pub(super) fn digest(index: &[u8]) -> Digest {
    staged(index).map_or_else(|| Digest::of(index), |staged| Digest::of(&staged))
}

/// The bytes that say what is staged; `None` when this is not an index that can be read.
fn staged(index: &[u8]) -> Option<Vec<u8>> {
    let version = number(index, 4)?;
    let n_entries = number(index, 8)?;
    if index.get(..4)? != b"DIRC" || !(2..=4).contains(&version) {
        return None;
    }
    let mut staged = Vec::new();
    let mut at = HEADER;
    for _ in 0..n_entries {
        at += entry(index.get(at..)?, version, &mut staged)?;
    }
    ends_well(index, at).then_some(staged)
}

/// Take in one entry; its length.
fn entry(bytes: &[u8], version: usize, staged: &mut Vec<u8>) -> Option<usize> {
    let flags = bytes.get(FLAGS)?;
    let extra = if version >= 3 && flags[0] & EXTENDED != 0 {
        2
    } else {
        0
    };
    let name = FLAGS.end + extra;
    let length = match version {
        // How much of the name before is kept, then the rest of this one.
        4 => {
            let rest = name + length_of_number(bytes.get(name..)?)?;
            rest + end_of_text(bytes.get(rest..)?)? + 1
        }
        _ => (name + end_of_text(bytes.get(name..)?)?) / 8 * 8 + 8,
    };
    staged.extend_from_slice(bytes.get(MODE)?);
    staged.extend_from_slice(bytes.get(OBJECT)?);
    staged.extend_from_slice(bytes.get(FLAGS.start..length)?);
    Some(length)
}

/// Whether `at` is where the entries end: nothing but known extensions and the checksum follow.
/// With other object ids (SHA-256) or a shared index this does not come out.
fn ends_well(index: &[u8], mut at: usize) -> bool {
    while index.len() > at + CHECKSUM {
        let is_shared = index.get(at..at + 4) == Some(b"link");
        let Some(length) = number(index, at + 4).filter(|_| !is_shared) else {
            return false;
        };
        at = at.saturating_add(8).saturating_add(length);
    }
    index.len() == at.saturating_add(CHECKSUM)
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    usize::try_from(u32::from_be_bytes(four.try_into().ok()?)).ok()
}

fn length_of_number(bytes: &[u8]) -> Option<usize> {
    let last = bytes.iter().position(|byte| byte & 0x80 == 0)?;
    Some(last + 1)
}

fn end_of_text(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| *byte == 0)
}
