//! Tollgate: a local control plane for LLM command-line agents.
//!
//! # The rooms
//!
//! A room sees the floors below it, as `docs/house.md` says and a test holds.
//!
//! | floor | room | what it is for |
//! |---|---|---|
//! | 0 | [`model`] | the nouns: ids, money, usage, plans, events, settings |
//! | 1 | [`routing`] | which targets may take a request, in what order; pure |
//! | 1 | [`accounting`] | what an attempt used and cost, from what its tool reported; pure |
//! | 1 | [`lifecycle`] | what follows what: states, who may start, what an end means, which words are its answer; pure |
//! | 1 | [`verdict`] | many policies' verdicts become one ruling; pure |
//! | 1 | [`budget`] | what is set aside, what is spent, and what still fits; pure |
//! | 1 | [`telemetry`] | what ran, as OpenTelemetry says it: spans and metrics; pure |
//! | 1 | [`yaml`] | YAML as a tree of nodes with their places; pure |
//! | 2 | [`settings`] | reads configuration files and the environment |
//! | 2 | [`sandbox`] | runs plugins; the only room that names wasmtime |
//! | 2 | [`process`] | starts and signals programs |
//! | 2 | [`journal`] | writes history: append-only, the truth |
//! | 2 | [`index`] | the only room that names rusqlite: derived, can be thrown away |
//! | 2 | [`spool`] | the files of attempts in flight and after |
//! | 2 | [`tree`] | what the files of a working directory looked like, and what changed |
//! | 2 | [`otlp`] | sends that to a collector that somebody configured; the only room that sends anything |
//! | 2 | [`board`] | reads and moves specification and task files |
//! | 3 | [`engine`] | requests in, effects in the right order: submit, supervise, cancel, recover |
//! | 3 | [`query`] | typed questions, answered from the index |
//! | 4 | [`web`] | HTTP: the API, live events, and the pages; asks through a trait |
//! | 5 | [`cli`] | one file per command; exit statuses; rendering |
//!
//! # The words
//!
//! *Agent*: a role in `agents.yaml`. *Tool*: an LLM command-line program. *Adapter*: the plugin
//! that plans a tool's command and reads its output. *Target*: a tool and a model. *Request*: a
//! prompt for an agent. *Invocation*: a request on record. *Attempt*: one process of it; a fallback
//! or a retry is a new attempt. *Supervisor*: the process that owns an attempt. *Slot*: the right to
//! be at work; *admitted*: having one. *Claim*: a lock that shows that somebody looks after
//! something. *Lost*: ended without anybody seeing how. *Run*: a group of invocations. *Workflow*: a
//! run with a plan; its *steps* are invocations. *Event*: one line of the *journal*. *Index*:
//! the SQLite database made from it. *Settled*: a figure that will not change any more. *Basis*:
//! where an amount of money comes from. *Policy*: a component that judges; the *chain* is asked in
//! order, each gives a *verdict*, and a *ruling* comes of all. *Profile*: a named set of budget
//! figures. *Limit*: a cap over a period and a scope; its *window* is where it stands. *Reservation*:
//! what is set aside for an attempt. *Breaker*: what keeps requests from something that fails.
//! *Lane*: the folder that a task lies in. *Orphan*: a task that belongs to no specification.

pub mod accounting;
pub mod board;
pub mod budget;
pub mod cli;
pub mod engine;
pub mod index;
pub mod journal;
pub mod lifecycle;
pub mod model;
pub mod otlp;
pub mod process;
pub mod query;
pub mod routing;
pub mod sandbox;
pub mod settings;
pub mod spool;
pub mod telemetry;
pub mod tree;
pub mod verdict;
pub mod web;
pub mod yaml;
