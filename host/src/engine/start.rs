//! Starting supervisors for attempts that were given a slot.
//!
//! The claim on an attempt is taken here and handed over to its supervisor, so that there is no
//! moment in which an attempt that is looked after seems to be nobody's.

use std::ffi::OsString;

use crate::model::{AttemptRef, FailureCode, sentence};
use crate::process::{Supervisor, SupervisorSpec, start_supervisor};
use crate::spool::Ticket;

use super::closing::{Closing, close};
use super::desk::Desk;
use super::error::EngineError;
use super::exit_file::ExitFile;

/// The hidden command that a supervisor is started with.
pub const SUPERVISE: &str = "__supervise";

/// The running program, which stays what it was even when its file is replaced.
const OWN_PROGRAM: &str = "/proc/self/exe";

impl Desk {
    /// Start the supervisors of these attempts. One that cannot be started is a failed attempt, on
    /// record as such.
    pub(super) fn start(&self, admitted: &[AttemptRef]) -> Result<(), EngineError> {
        for name in admitted {
            if let Err(why) = self.start_one(name) {
                self.not_started(name, &why)?;
            }
        }
        Ok(())
    }

    fn start_one(&self, name: &AttemptRef) -> Result<(), String> {
        let failed = |error: &dyn std::error::Error| format!("failed to {}", sentence(error));
        let ticket = self
            .view(|ledger| ledger.open(&name.run, name.invocation)?.ticket)
            .map_err(|error| failed(&error))?;
        let invocation = match ticket {
            // Whoever submitted it may have died before it could do this.
            Some(ticket) => self
                .spool
                .settle(Ticket(ticket), &name.run, name.invocation)
                .map_err(|error| failed(&error))?,
            None => self.spool.invocation(&name.run, name.invocation),
        };
        let folder = invocation.attempt(name.number);
        folder.create().map_err(|error| failed(&error))?;
        let claim = folder
            .claim()
            .map_err(|error| failed(&error))?
            .ok_or("somebody else looks after it")?;
        let log = folder.supervisor_log().map_err(|error| failed(&error))?;
        let program = own_program().map_err(|error| failed(&error))?;
        let supervisor = start_supervisor(SupervisorSpec {
            program,
            args: vec![
                OsString::from(SUPERVISE),
                self.state_dir.clone().into_os_string(),
                OsString::from(name.to_string()),
            ],
            // It takes everything from its files; what a tool gets is among them.
            env: Vec::new(),
            cwd: self.state_dir.clone(),
            claim: claim.into_file(),
            log,
        })
        .map_err(|error| failed(&error))?;
        self.keep(supervisor);
        Ok(())
    }

    /// Hold on to a child until it is gone, so that a command that lives long collects no zombies.
    fn keep(&self, supervisor: Supervisor) {
        let mut kept = self
            .supervisors
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.retain_mut(|it| it.reap().is_none());
        kept.push(supervisor);
    }

    fn not_started(&self, name: &AttemptRef, why: &str) -> Result<(), EngineError> {
        let target = self.view(|ledger| {
            let open = ledger.open(&name.run, name.invocation)?;
            Some(open.attempt.as_ref()?.target.clone())
        })?;
        let Some(target) = target else { return Ok(()) };
        let message = format!("its supervisor was not started: {why}");
        let exit = ExitFile::never_ran(name.number, &target, FailureCode::SPAWN_FAILED, &message);
        close(self, &Closing::new(name, &exit)).map(drop)
    }
}

fn own_program() -> std::io::Result<std::path::PathBuf> {
    let link = std::path::Path::new(OWN_PROGRAM);
    if link.exists() {
        return Ok(link.to_owned());
    }
    std::env::current_exe()
}
