//! One request from its prompt to its recorded answer, for somebody who waits.

use std::time::Duration;

use crate::model::{AgentName, AttemptRef, PrivacyLevel};
use crate::process::{Interrupts, typed_line};

use super::error::EngineError;
use super::follow::Follow;
use super::house::Engine;
use super::outcome::Context;
use super::progress::{Progress, Watcher};
use super::report::ExecReport;
use super::submit::Submission;

/// Run something that waits, on this thread, and that the user's Ctrl-C has a meaning for.
///
/// # Errors
/// As `work` says, and when the system refuses what waiting needs.
pub fn wait<T>(
    work: impl AsyncFnOnce(&mut Interrupts) -> Result<T, EngineError>,
) -> Result<T, EngineError> {
    look_on(async {
        let mut interrupts = Interrupts::listen().map_err(EngineError::Listen)?;
        work(&mut interrupts).await
    })
}

/// Wait for a line that the user types at the terminal; nothing when nobody does, or wants to stop.
///
/// # Errors
/// When the system refuses what waiting needs.
pub fn typed(prompt: impl FnOnce()) -> Result<Option<String>, EngineError> {
    wait(async |interrupts| {
        prompt();
        Ok(typed_line(interrupts).await)
    })
}

/// Run something that only looks on: Ctrl-C ends the command, as it ends any other.
///
/// # Errors
/// As `work` says, and when the system refuses what waiting needs.
pub fn look_on<T>(work: impl Future<Output = Result<T, EngineError>>) -> Result<T, EngineError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(EngineError::Runtime)?;
    runtime.block_on(work)
}

/// Wait for `work`, but not longer than `limit`; `false` when that passed first.
///
/// # Errors
/// As `work` says.
pub async fn within(
    limit: Duration,
    work: impl Future<Output = Result<(), EngineError>>,
) -> Result<bool, EngineError> {
    match tokio::time::timeout(limit, work).await {
        Ok(done) => done.map(|()| true),
        Err(_) => Ok(false),
    }
}

impl Engine {
    /// Answer a request: take it on, show what it does, and say what it came to. The user's Ctrl-C
    /// stops it; the death of this process does not.
    ///
    /// # Errors
    /// When no target can be chosen, or the record cannot be written. A tool that fails is a
    /// report, not an error.
    pub async fn exec(
        &self,
        submission: &Submission,
        interrupts: &mut Interrupts,
        watcher: &mut dyn Watcher,
    ) -> Result<ExecReport, EngineError> {
        let began = self.desk.clock.monotonic();
        // Slots of the dead are no reason to wait.
        self.desk.recover(None)?;
        let submitted = self.submit(submission)?;
        watcher.see(Progress::Routed(Box::new(submitted.decision.clone())));
        for remark in &submitted.remarks {
            watcher.see(Progress::Warning(remark.clone()));
        }
        let mut follow = Follow {
            run: &submitted.first.run,
            invocation: submitted.first.invocation,
            limits: Some(&self.settings.concurrency),
            interrupts: Some(interrupts),
        };
        self.desk.follow(&mut follow, watcher).await?;
        let mut report = self.desk.report(
            &submitted.first,
            &Context {
                agent: &AgentName::new(submission.request.route.agent.as_str()),
                decision: &submitted.decision,
                took: self.desk.clock.monotonic().saturating_sub(began),
            },
        );
        report.warnings.splice(0..0, submitted.remarks);
        self.tidy_up(submission, &submitted.first);
        Ok(report)
    }

    /// Whoever waited has the answer now; what is not to be kept goes.
    fn tidy_up(&self, submission: &Submission, name: &AttemptRef) {
        if !submission.detached && self.settings.telemetry.privacy != PrivacyLevel::Full {
            let folder = self.desk.spool.invocation(&name.run, name.invocation);
            // What cannot be removed now goes with the retention.
            drop(folder.remove());
        }
        self.prune();
    }

    /// Remove what is older than the configured retention.
    pub(super) fn prune(&self) {
        self.content().prune(self.desk.clock.now());
        let days = u64::from(self.settings.telemetry.retention_days);
        let age = (days > 0).then(|| Duration::from_secs(days * 86_400));
        // What cannot be removed now is tried again tomorrow.
        drop(self.desk.prune(age));
    }
}
