//! `telemetry.yaml`.

use super::{otlp, value};
use crate::model::{PrivacyLevel, Telemetry};
use crate::settings::collector::Collector;
use crate::settings::yaml::Node;

pub(super) fn read(root: &Node, notes: &mut Collector) -> Telemetry {
    let defaults = Telemetry::default();
    let level = match value::text(root, "privacy_level").as_deref() {
        Some("none") => PrivacyLevel::None,
        Some("full") => PrivacyLevel::Full,
        _ => PrivacyLevel::Metadata,
    };
    let enabled = value::flag(root, "enabled").unwrap_or(true);
    if let Some(written) = root
        .get("privacy_level")
        .filter(|_| !enabled && level != PrivacyLevel::None)
    {
        notes
            .warning(
                written.at,
                "privacy_level",
                "'privacy_level' has no effect beside 'enabled: false'",
            )
            .fix("remove one of the two");
    }
    let otlp = otlp::read(root, notes);
    if let Some(written) = root.get("otlp").filter(|_| !enabled && otlp.is_some()) {
        notes
            .warning(
                written.at,
                "otlp",
                "'otlp' has no effect beside 'enabled: false': nothing is sent",
            )
            .fix("remove one of the two");
    }
    Telemetry {
        privacy: if enabled { level } else { PrivacyLevel::None },
        retention_days: value::whole(root, "retention_days")
            .and_then(|days| u32::try_from(days).ok())
            .unwrap_or(defaults.retention_days),
        otlp: otlp.filter(|_| enabled),
    }
}
