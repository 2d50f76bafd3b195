//! What the server holds for as long as it serves: where things are, and the record.
//!
//! It gives the web room its two verbs and nothing else; each question and command has a file.

use std::sync::Arc;
use std::time::Duration;

use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::open::{self, Ground};
use crate::cli::run::record::{OnRecord, failed};
use crate::cli::screen::Screen;
use crate::engine::{Desk, refresh_index};
use crate::model::SystemClock;
use crate::settings::Loaded;
use crate::web::{self, Answer, Command, Done, LiveEvent, Problem, Question};

use super::{doing, problem, reading, telling, upkeep};

/// How often an index that another process makes is looked at again, and how long after.
pub(super) const TRIES: u32 = 50;
pub(super) const PAUSE: Duration = Duration::from_millis(20);

/// The server's side of the counter.
pub(super) struct House {
    pub(super) global: Global,
    pub(super) ground: Ground,
    /// Open for as long as the server: it looks after runs and collects what others started.
    pub(super) desk: Desk,
    pub(super) hub: Arc<web::Hub>,
    pub(super) upkeep: upkeep::Upkeep,
    pub(super) telling: telling::Telling,
    pub(super) board: super::board::Boards,
}

impl House {
    /// Open the record and bring the index up to date once.
    pub(super) fn open(
        global: &Global,
        board: &super::BoardArgs,
        screen: Screen,
    ) -> Result<Self, Failure> {
        let ground = Ground::find(global)?;
        let desk = ground.desk()?;
        let indexed = refresh_index(&ground.places.state_dir, &SystemClock)
            .map_err(|error| open::engine(&error))?;
        if let Some(reason) = indexed.rebuilt.filter(|reason| *reason != "missing") {
            screen.note(&format!("the index was made anew ({reason})"));
        }
        let global = Global {
            json: true,
            quiet: true,
            verbose: false,
            ..global.clone()
        };
        let board = super::board::Boards::new(&ground, board);
        let record = OnRecord::as_it_is(ground.places.state_dir.clone())?;
        let last_seq = record.query.as_of_seq().map_err(|error| failed(&error))?;
        let hub = Arc::new(web::Hub::new(super::KEPT, last_seq.unwrap_or(0)));
        Ok(Self {
            global,
            ground,
            desk,
            hub,
            upkeep: upkeep::Upkeep::default(),
            telling: telling::Telling::default(),
            board,
        })
    }

    /// The index, as the upkeep left it; where it left none, because the record is a moment old or
    /// the index is damaged, it is made first.
    pub(super) fn record(&self) -> Result<OnRecord, Failure> {
        let open = || OnRecord::as_it_is(self.ground.places.state_dir.clone());
        let mut found = open();
        for _ in 0..TRIES {
            if found.is_ok() {
                break;
            }
            let another_makes_it = upkeep::index(self);
            found = open();
            if !another_makes_it {
                break;
            }
            std::thread::park_timeout(PAUSE);
        }
        found
    }

    /// The configuration as it is now; a change takes effect with the next question.
    pub(super) fn loaded(&self) -> Result<Loaded, Failure> {
        let mut loaded = None;
        Screen::captured(|screen| {
            loaded = Some(self.ground.load(screen)?);
            Ok(())
        })?;
        // Invariant: it is there when nothing failed.
        loaded.ok_or_else(|| {
            Failure::new(
                crate::cli::failure::Code::Internal,
                "a configuration was neither read nor refused",
            )
        })
    }
}

impl web::Service for House {
    fn answer(&self, question: Question) -> Result<Answer, Problem> {
        reading::answer(self, question)
    }

    fn perform(&self, command: Command) -> Result<Done, Problem> {
        let done = doing::perform(self, command);
        // Whoever did something sees it with the next question.
        upkeep::index(self);
        done
    }

    fn events_after(&self, after: u64, limit: usize) -> Result<Option<Vec<LiveEvent>>, Problem> {
        upkeep::events_after(self, after, limit).map_err(|failure| problem::problem(&failure))
    }
}
