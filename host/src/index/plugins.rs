//! What plugins did, by component: lines that adapters did not understand, and failures to answer.
//!
//! Adapters are counted by the attempts that stand in the index, policies by the times that are on
//! record. A policy that said yes without a remark may have left no event; it is not counted here.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::model::{FailureCode, Opinion, ToolName};

use super::attempt::AdapterName;
use super::columns::adapter_from;
use super::error::IndexError;
use super::unsigned::Unsigned;

/// What plugins did, all time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PluginCounts {
    /// By adapter and tool.
    pub adapters: Vec<AdapterCount>,
    /// By policy and component.
    pub policies: Vec<PolicyCount>,
}

/// What an adapter did for a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterCount {
    /// The component; `None` where it failed before it had planned anything.
    pub adapter: Option<AdapterName>,
    /// The tool that it was to drive.
    pub tool: ToolName,
    /// Attempts.
    pub n_attempts: u64,
    /// Lines of output that it was given.
    pub n_lines: u64,
    /// Those that it did not understand.
    pub n_unrecognised: u64,
    /// Attempts that it ended by a fault of its own (`adapter-fault`).
    pub n_faults: u64,
}

/// What a policy did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyCount {
    /// Its name in the configuration.
    pub policy: String,
    /// Version of the plugin.
    pub version: String,
    /// The component that was asked.
    pub sha256: String,
    /// Times that it was asked, as far as they are on record.
    pub n_asked: u64,
    /// Times that it failed to answer.
    pub n_faults: u64,
}

/// What is new about policies, collected over a transaction.
#[derive(Debug, Default)]
pub(super) struct PolicyChanges(BTreeMap<(String, String, String), (u64, u64)>);

impl PolicyChanges {
    pub(super) fn take(&mut self, opinions: &[Opinion]) {
        for opinion in opinions {
            let component = opinion.sha256.as_str().to_owned();
            let key = (opinion.policy.clone(), opinion.version.clone(), component);
            let (n_asked, n_faults) = self.0.entry(key).or_default();
            *n_asked += 1;
            *n_faults += u64::from(opinion.fault.is_some());
        }
    }

    pub(super) fn write(&self, connection: &Connection) -> Result<(), IndexError> {
        let failed = IndexError::doing("count what policies said");
        let mut upsert = connection
            .prepare_cached(
                "INSERT INTO policy_counts VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT (policy, version, sha256) DO UPDATE SET \
                 n_asked = n_asked + excluded.n_asked, n_faults = n_faults + excluded.n_faults",
            )
            .map_err(&failed)?;
        for ((policy, version, sha256), (n_asked, n_faults)) in &self.0 {
            let counts = (Unsigned(*n_asked), Unsigned(*n_faults));
            upsert
                .execute((policy, version, sha256, counts.0, counts.1))
                .map_err(&failed)?;
        }
        Ok(())
    }
}

/// What plugins did. One pass over a covering index: about 0.1 µs an attempt.
pub(super) fn counts(connection: &Connection) -> Result<PluginCounts, IndexError> {
    Ok(PluginCounts {
        adapters: adapters(connection)?,
        policies: policies(connection)?,
    })
}

fn adapters(connection: &Connection) -> Result<Vec<AdapterCount>, IndexError> {
    let failed = IndexError::doing("count what adapters did");
    let mut query = connection
        .prepare_cached(
            "SELECT adapter, tool, count(*), sum(n_lines), sum(n_unrecognised), \
             sum(ifnull(failure_code, '') = ?1) FROM attempts INDEXED BY attempts_by_adapter \
             GROUP BY adapter, tool",
        )
        .map_err(&failed)?;
    let rows = query
        .query_map([FailureCode::ADAPTER_FAULT], |row| {
            let number = |column| row.get::<_, Unsigned>(column).map(|number| number.0);
            Ok(AdapterCount {
                adapter: adapter_from(row, 0)?,
                tool: ToolName::new(row.get::<_, String>(1)?),
                n_attempts: number(2)?,
                n_lines: number(3)?,
                n_unrecognised: number(4)?,
                n_faults: number(5)?,
            })
        })
        .map_err(&failed)?;
    let mut found: Vec<AdapterCount> = rows.collect::<rusqlite::Result<_>>().map_err(&failed)?;
    // Without a component there is something to tell only when it failed.
    found.retain(|it| it.adapter.is_some() || it.n_faults > 0);
    Ok(found)
}

fn policies(connection: &Connection) -> Result<Vec<PolicyCount>, IndexError> {
    let failed = IndexError::doing("list what policies said");
    let mut query = connection
        .prepare_cached("SELECT policy, version, sha256, n_asked, n_faults FROM policy_counts")
        .map_err(&failed)?;
    let rows = query
        .query_map([], |row| {
            Ok(PolicyCount {
                policy: row.get(0)?,
                version: row.get(1)?,
                sha256: row.get(2)?,
                n_asked: row.get::<_, Unsigned>(3)?.0,
                n_faults: row.get::<_, Unsigned>(4)?.0,
            })
        })
        .map_err(&failed)?;
    rows.collect::<rusqlite::Result<_>>().map_err(&failed)
}
