//! What is left in the files of an invocation when it is over: no secrets, and what was asked.

use crate::model::{AttemptRef, PrivacyLevel, RunId, Target};
use crate::spool::{Found, Keep, Ticket};

use super::desk::Desk;
use super::exit_file::ExitFile;
use super::launch::{Kept, Launch};
use super::page::page;

impl Desk {
    /// Put the files of an invocation in order once it is over; nothing when it goes on. None of it
    /// is history, so what cannot be done now is left to the retention.
    pub(super) fn tidy(&self, name: &AttemptRef) {
        let over = self
            .view(|ledger| ledger.open(&name.run, name.invocation).is_none())
            .unwrap_or(false);
        if !over {
            return;
        }
        let folder = self.spool.invocation(&name.run, name.invocation);
        let launch = folder.launch::<Launch>().ok().and_then(Found::whole);
        if let Some(launch) = &launch {
            if is_forgotten(launch) {
                drop(folder.forget_all());
            } else if folder
                .request::<Kept>()
                .is_ok_and(|it| it.whole().is_none())
            {
                self.keep_request(name, launch);
            }
        }
        drop(folder.forget_launch());
        self.write_page(&name.run);
    }

    /// Keep what was asked, without its secrets. A supervisor does so before the end is on record:
    /// from then on, whoever waited may remove it all.
    pub(super) fn keep_request(&self, name: &AttemptRef, launch: &Launch) {
        if !is_forgotten(launch) {
            let kept = Kept::of(launch.clone(), self.clock.now());
            let folder = self.spool.invocation(&name.run, name.invocation);
            drop(folder.write_request(&kept));
        }
    }

    /// The same for one that never had a slot: its files may still lie where they were staged, and
    /// nobody has written yet how it ended.
    pub(super) fn tidy_withdrawn(
        &self,
        name: &AttemptRef,
        target: &Target,
        ticket: Option<uuid::Uuid>,
    ) {
        if let Some(ticket) = ticket {
            drop(
                self.spool
                    .settle(Ticket(ticket), &name.run, name.invocation),
            );
        }
        let invocation = self.spool.invocation(&name.run, name.invocation);
        if matches!(invocation.launch::<Launch>(), Ok(Found::Whole(_))) {
            let folder = invocation.attempt(name.number);
            let exit = ExitFile::withdrawn(name.number, target);
            // For whoever waits; the record has it already.
            drop(
                folder
                    .create()
                    .and_then(|()| folder.write_exit(&exit, Keep::Fast)),
            );
        }
        self.tidy(name);
    }

    /// Bring `run.yaml` up to date.
    pub(super) fn write_page(&self, run: &RunId) {
        let page = self.view(|ledger| page(ledger, run));
        if let Ok(Some(page)) = page {
            drop(self.spool.write_run_yaml(run, &page.to_string()));
        }
    }
}

/// Whether nothing of it is kept once it is over. Who waits in the foreground has yet to read it, and
/// the answers of steps are what later steps build on.
fn is_forgotten(launch: &Launch) -> bool {
    let unread = !launch.detached || launch.is_step;
    launch.settings.telemetry.privacy == PrivacyLevel::None && !unread
}
