//! The adapters of a configuration, loaded and looked at: what each is, and what it may take.
//!
//! Nothing of a tool is run here.

use crate::model::{AdapterIdentity, AdapterSource, ToolName};
use crate::sandbox::Limits;

use super::house::{Engine, component_of};

/// An adapter as it would be used now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InspectedAdapter {
    /// Where it comes from.
    pub source: AdapterSource,
    /// Who it says it is, and its digest; or why it cannot be used.
    pub identity: Result<AdapterIdentity, String>,
    /// What it says of itself.
    pub summary: Option<String>,
    /// Size of the component in bytes.
    pub size: Option<usize>,
    /// Tools that use it.
    pub used_by: Vec<ToolName>,
    /// What it may ask for.
    pub grants: Vec<String>,
    /// What it may take.
    pub limits: PluginLimits,
}

/// What one call of a plugin may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PluginLimits {
    /// Processor time, in milliseconds.
    pub call_ms: u64,
    /// Fuel, before what input adds: about one unit for each instruction.
    pub fuel: u64,
    /// Memory, in bytes.
    pub memory_bytes: usize,
}

impl PluginLimits {
    /// Those of policies.
    #[must_use]
    pub fn of_policies() -> Self {
        Self::of(&Limits::POLICY)
    }

    fn of(limits: &Limits) -> Self {
        Self {
            call_ms: u64::try_from(limits.call_time.as_millis()).unwrap_or(u64::MAX),
            fuel: limits.fuel,
            memory_bytes: limits.memory,
        }
    }
}

/// Every adapter that a tool of the configuration names, once each.
#[must_use]
pub fn adapters_in_force(engine: &Engine) -> Vec<InspectedAdapter> {
    let mut all: Vec<InspectedAdapter> = Vec::new();
    for (name, tool) in &engine.settings.tools {
        let grant = format!("to plan a run of {}, nothing else", tool.binary);
        if let Some(known) = all.iter_mut().find(|it| it.source == tool.adapter) {
            known.used_by.push(name.clone());
            known.grants.push(grant);
            known.grants.dedup();
            continue;
        }
        let loaded = engine.adapter(&tool.adapter);
        let size = component_of(&tool.adapter)
            .ok()
            .map(|(bytes, _)| bytes.len());
        all.push(InspectedAdapter {
            source: tool.adapter.clone(),
            summary: loaded
                .as_ref()
                .ok()
                .map(|(it, _)| it.about().summary.clone()),
            identity: loaded.map(|(_, it)| it).map_err(|failure| failure.message),
            size,
            used_by: vec![name.clone()],
            grants: vec![grant],
            limits: PluginLimits::of(&Limits::ADAPTER),
        });
    }
    all
}
