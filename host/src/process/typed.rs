//! What somebody types at the terminal that this command belongs to, wherever its standard input
//! comes from.
//!
//! Whoever is asked can leave: Ctrl-C, Ctrl-D, and a closed terminal end the wait with nothing. It
//! never changes how the terminal behaves, and takes nothing that was not typed there.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::time::Duration;

use rustix::fs::{Mode, OFlags, open};

use super::Interrupts;

/// The longest line that is read, in bytes; what is longer ends there.
const LONGEST: usize = 256;

/// How soon a line is seen. Terminals cannot be waited for in the same way on every system, and
/// nobody notices this.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The next line, without what ends it; nothing when there is no terminal, or nobody who types one.
pub async fn typed_line(interrupts: &mut Interrupts) -> Option<String> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let mut terminal = File::from(open("/dev/tty", flags, Mode::empty()).ok()?);
    let mut typed = Vec::new();
    let mut bytes = [0; LONGEST];
    loop {
        match terminal.read(&mut bytes) {
            Ok(0) => return None,
            Ok(n) => {
                typed.extend_from_slice(&bytes[..n]);
                let end = typed.iter().position(|byte| *byte == b'\n');
                if end.is_some() || typed.len() >= LONGEST {
                    typed.truncate(end.unwrap_or(LONGEST));
                    return Some(String::from_utf8_lossy(&typed).into_owned());
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => tokio::select! {
                _ = interrupts.next() => return None,
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            },
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}
