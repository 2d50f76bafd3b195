//! What a policy is written with.
//!
//! Owns: the bindings of the `policy-plugin` world, the [`Policy`] trait with the macro that exports it, the reading of a
//! policy's configuration, and verdicts. Imports nothing from the host, not even a log: what a policy says depends on its
//! configuration and the request alone. Never computes money with floats.
//!
//! | part | idea |
//! |---|---|
//! | [`Policy`], [`export_policy!`] | one rule, and how the host reaches it |
//! | [`config`] | the user's configuration, and what to say when it is wrong |
//! | `json` | the small texts that both are in |
//! | [`money`] | micro-dollars, as text and from text |
//! | [`phase`] | when a policy is asked |
//! | `request` | questions that a request answers, as methods of the contract's records |
//! | `testing` | what holds of every policy, for its tests (feature `testing`) |
//! | [`verdict`] | verdicts, and the strictest of several |
//! | [`words`] | what somebody probably meant, and as much of it as fits |

pub mod config;
mod export;
mod json;
pub mod money;
pub mod phase;
mod policy;
mod request;
#[cfg(feature = "testing")]
pub mod testing;
pub mod verdict;
pub mod words;

pub use policy::{Policy, evaluate, validate};
pub use wit::exports::tollgate::policy::policy as contract;

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// Everything a policy's file usually names.
pub mod prelude {
    pub use crate::config::Fields;
    pub use crate::contract::{
        About, Attempt, Decision, Question, Reason, Request, Reroute, Target, Verdict, Window,
    };
    pub use crate::money::MicroUsd;
    pub use crate::phase;
    pub use crate::policy::Policy;
    pub use crate::words;
}

/// Generated from `wit/`; the prose is there. Use [`contract`].
#[doc(hidden)]
pub mod wit {
    wit_bindgen::generate!({
        path: ["../../wit/policy"],
        world: "tollgate:policy/policy-plugin",
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_policy_plugin",
        default_bindings_module: "tollgate_policy_sdk::wit",
        additional_derives: [PartialEq],
    });
}
