//! Open reservations in a snapshot: by the printed name of their attempt.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serializer, de};

use crate::model::AttemptRef;

use super::reservation::Reservation;

type ByName = BTreeMap<AttemptRef, Reservation>;

pub(super) fn serialize<S: Serializer>(open: &ByName, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(open.iter().map(|(name, it)| (name.to_string(), it)))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ByName, D::Error> {
    let printed = BTreeMap::<String, Reservation>::deserialize(deserializer)?;
    printed
        .into_iter()
        .map(|(name, it)| Ok((name.parse().map_err(de::Error::custom)?, it)))
        .collect()
}
