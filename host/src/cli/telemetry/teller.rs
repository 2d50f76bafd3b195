//! The collector of the configuration, and telling it what ended behind the place it has got to.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::cli::failure::Failure;
use crate::cli::open::{self, Ground};
use crate::engine::tell::{
    Bookmark, Collector, Interrupted, OtlpError, Pause, PushError, Pushed, Retries, Sender, Source,
    Terms, push,
};
use crate::model::{Cursor, ModelName, Otlp, Settings, SystemClock};
use crate::query::{Query, QueryError};
use crate::settings::{Loaded, otlp_headers};

/// Told until then, and why no further.
type Untold = Box<Interrupted<QueryError>>;

/// How the collector is told.
pub(in crate::cli) struct How<'a> {
    /// All spans again, without moving the place and without metrics.
    pub(in crate::cli) again: bool,
    pub(in crate::cli) retries: Retries,
    pub(in crate::cli) pause: &'a dyn Pause,
}

/// Tells one collector.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::cli) struct Teller {
    /// Where, and what.
    pub(in crate::cli) otlp: Otlp,
    /// With their variables filled in: secrets.
    headers: Vec<(String, String)>,
    providers: BTreeMap<ModelName, String>,
    state_dir: PathBuf,
}

impl Teller {
    /// The collector that the configuration names; `None` when it names none. A project's
    /// configuration has to be trusted before it may say where to.
    pub(in crate::cli) fn of(ground: &Ground, loaded: &Loaded) -> Result<Option<Self>, Failure> {
        let Some(otlp) = &loaded.settings.telemetry.otlp else {
            return Ok(None);
        };
        ground.require_trust(loaded)?;
        let headers = otlp_headers(otlp, &ground.environment);
        Ok(Some(Self {
            otlp: otlp.clone(),
            headers: headers.map_err(|error| open::settings(&error, &ground.environment))?,
            providers: providers(&loaded.settings),
            state_dir: ground.places.state_dir.clone(),
        }))
    }

    /// How far the collector has got in the log of `query`; `None` at the beginning.
    pub(in crate::cli) fn place(&self, log: &str) -> Result<Option<Cursor>, OtlpError> {
        Bookmark::place(&self.state_dir, &self.otlp.endpoint, log)
    }

    /// Send what `query` knows to have ended behind that place, and move it.
    pub(in crate::cli) fn push(&self, query: &Query, how: &How<'_>) -> Result<Pushed, Untold> {
        let Some(known) = query.cursor().map_err(unread)? else {
            // Nothing was ever recorded.
            return Ok(Pushed::default());
        };
        let collector = Collector::new(&self.otlp, &self.headers).map_err(unsent)?;
        let mut bookmark = if how.again {
            Bookmark::unkept(&self.otlp.endpoint, None)
        } else {
            Bookmark::open(&self.state_dir, &self.otlp.endpoint, &known.log).map_err(unsent)?
        };
        let terms = Terms::of(&self.otlp, source(&known.log));
        let sender = Sender::new(collector, how.retries, &SystemClock, how.pause);
        let provider = |model: &ModelName| self.providers.get(model).cloned();
        let ended = query.ended(bookmark.at(), terms.most, &provider);
        push(ended.map_err(unread)?, &terms, &sender, &mut bookmark)
    }
}

fn unsent(error: OtlpError) -> Untold {
    Box::new(Interrupted {
        pushed: Pushed::default(),
        why: PushError::Send(error),
    })
}

fn unread(error: QueryError) -> Untold {
    Box::new(Interrupted {
        pushed: Pushed::default(),
        why: PushError::Batch(error),
    })
}

/// Whose record it is.
pub(in crate::cli) fn source(log: &str) -> Source {
    Source {
        log: log.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// Who serves which model.
pub(in crate::cli) fn providers(settings: &Settings) -> BTreeMap<ModelName, String> {
    let models = settings.models.iter();
    models
        .map(|(name, model)| (name.clone(), model.provider.clone()))
        .collect()
}
