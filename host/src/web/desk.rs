//! What every request needs at hand: who is asked, what opens, and what is bounded.
//!
//! One for a server; it lives as long as the last connection.

use std::sync::{Arc, OnceLock};

use axum::body::Bytes;
use tokio::sync::{Semaphore, watch};

use super::body::Bodies;
use super::guard::Names;
use super::lanes::Lanes;
use super::live::Hub;
use super::options::ServeOptions;
use super::service::Service;

pub(super) struct Desk {
    pub(super) lanes: Arc<Lanes>,
    pub(super) hub: Arc<Hub>,
    pub(super) names: Names,
    pub(super) options: ServeOptions,
    pub(super) bodies: Bodies,
    /// Places for viewers. When all are free, none is left.
    pub(super) viewers: Arc<Semaphore>,
    /// True when the server goes.
    pub(super) leaving: watch::Receiver<bool>,
    /// The document of the interface, once somebody wanted it.
    pub(super) document: OnceLock<Bytes>,
}

impl Desk {
    pub(super) fn new(
        service: Arc<dyn Service>,
        hub: Arc<Hub>,
        names: Names,
        options: ServeOptions,
        leaving: watch::Receiver<bool>,
    ) -> Self {
        Self {
            lanes: Arc::new(Lanes::new(service, &options.limits)),
            hub,
            names,
            bodies: Bodies::new(options.limits.body),
            viewers: Arc::new(Semaphore::new(options.limits.n_viewers)),
            options,
            leaving,
            document: OnceLock::new(),
        }
    }
}
