//! `driver.*`: which drivers run here, asked of each driver itself.

use std::collections::BTreeMap;

use muster_driver::DriverFingerprint;
use muster_ids::{DriverName, Text, UnixNanos};
use muster_model::{DriverInfo, Node, computed_class};

use crate::ClientConfig;

/// Drivers that the operator's options leave out do not exist on this node.
pub async fn inspect(config: &ClientConfig, now: UnixNanos) -> BTreeMap<DriverName, DriverInfo> {
    let reports = config.drivers.fingerprints().await.into_iter();
    let allowed = reports.filter(|(name, _)| config.allows_driver(name));
    allowed.map(|(name, report)| (name.clone(), describe(&name, report, now))).collect()
}

/// `fresh`, with the times of reports that say nothing new left as they were.
#[must_use]
pub fn keep_times(
    mut fresh: BTreeMap<DriverName, DriverInfo>,
    known: &BTreeMap<DriverName, DriverInfo>,
) -> BTreeMap<DriverName, DriverInfo> {
    for (name, info) in &mut fresh {
        if let Some(before) = known.get(name)
            && (DriverInfo { updated_at: before.updated_at, ..info.clone() }) == *before
        {
            info.updated_at = before.updated_at;
        }
    }
    fresh
}

/// Replaces what the node says of its drivers, everywhere it says it.
pub fn adopt(node: &mut Node, drivers: BTreeMap<DriverName, DriverInfo>) {
    node.attributes.retain(|key, _| !key.starts_with("driver."));
    for info in drivers.values() {
        node.attributes.extend(info.attributes.clone());
    }
    node.drivers = drivers;
    node.computed_class = computed_class(node);
}

fn describe(name: &DriverName, report: DriverFingerprint, now: UnixNanos) -> DriverInfo {
    let text = |(key, value): (String, String)| (Text::from(key), Text::from(value));
    let mut attributes: BTreeMap<Text, Text> = report.attributes.into_iter().map(text).collect();
    // The contract: `1` once detected, absent otherwise, whatever the driver says of itself.
    let flag = Text::from(format!("driver.{name}"));
    attributes.remove(&flag);
    if report.detected {
        attributes.insert(flag, "1".into());
    }
    let description = report.description.into();
    DriverInfo {
        detected: report.detected,
        healthy: report.healthy,
        description,
        attributes,
        updated_at: now,
    }
}
