//! The way to the service: calls that may block go to threads of their own, a few at a time.
//!
//! Reading, doing, and looking back for viewers have a lane each, so that a slow report keeps
//! nobody from cancelling a run. A call that has begun ends, even if nobody waits for it any more.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::live::LiveEvent;
use super::options::Limits;
use super::problem::Problem;
use super::service::{Notice, Service};

/// Looks back at the same time; each holds one page of events.
const N_LOOKING_BACK: usize = 2;

/// The service behind its lanes.
pub(super) struct Lanes {
    service: Arc<dyn Service>,
    reading: Arc<Semaphore>,
    doing: Arc<Semaphore>,
    looking_back: Arc<Semaphore>,
    patience: Duration,
}

impl Lanes {
    pub(super) fn new(service: Arc<dyn Service>, limits: &Limits) -> Self {
        let lane = |n: usize| Arc::new(Semaphore::new(n.max(1)));
        Self {
            service,
            reading: lane(limits.n_reading),
            doing: lane(limits.n_doing),
            looking_back: lane(N_LOOKING_BACK),
            patience: limits.turn,
        }
    }

    /// Read something.
    pub(super) async fn read<T, W>(&self, place: &'static str, work: W) -> Result<T, Problem>
    where
        T: Send + 'static,
        W: FnOnce(&dyn Service) -> Result<T, Problem> + Send + 'static,
    {
        self.run(&self.reading, place, work).await
    }

    /// Change something.
    pub(super) async fn act<T, W>(&self, place: &'static str, work: W) -> Result<T, Problem>
    where
        T: Send + 'static,
        W: FnOnce(&dyn Service) -> Result<T, Problem> + Send + 'static,
    {
        self.run(&self.doing, place, work).await
    }

    /// Events of the record after `after`; as [`Service::events_after`].
    pub(super) async fn look_back(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<LiveEvent>>, Problem> {
        let work = move |service: &dyn Service| service.events_after(after, limit);
        self.run(&self.looking_back, "events_after", work).await
    }

    /// Tell the operator.
    pub(super) fn notice(&self, notice: Notice) {
        self.service.noticed(notice);
    }

    async fn run<T, W>(
        &self,
        lane: &Arc<Semaphore>,
        place: &'static str,
        work: W,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        W: FnOnce(&dyn Service) -> Result<T, Problem> + Send + 'static,
    {
        let turn = timeout(self.patience, Arc::clone(lane).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            return Err(
                Problem::new("unavailable", "the server is busy with other requests")
                    .fix("try again in a moment"),
            );
        };
        let service = Arc::clone(&self.service);
        let ended = spawn_blocking(move || {
            // The place in the lane is free when the work ends, not when nobody waits any more.
            let _turn = turn;
            work(service.as_ref())
        });
        match ended.await {
            Ok(result) => result,
            Err(_) => Err(self.panicked(place)),
        }
    }

    /// A piece of ours panicked: tell the operator, and say so to whoever asked.
    pub(super) fn panicked(&self, place: &str) -> Problem {
        self.notice(Notice::Panicked {
            place: place.to_owned(),
        });
        Problem::new(
            "internal",
            "the server stumbled over this request; it goes on",
        )
        .fix("look at what the server printed, and report it with that")
    }
}
