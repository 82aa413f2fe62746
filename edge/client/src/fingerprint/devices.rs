//! Devices that tasks can be given: those that the operator declares, and the graphics processors that this machine
//! shows without a plugin.
//!
//! Seen are NVIDIA processors whose driver is loaded (`/proc/driver/nvidia`) and display controllers that can compute:
//! those with a render node in `/sys`. A plain console has none and is no device.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use muster_ids::Text;
use muster_model::{DeviceGroup, DeviceInstance, Quantity};

use crate::ClientConfig;

/// Vendors of display controllers, by their PCI numbers.
const VENDORS: [(&str, &str); 4] =
    [("0x1002", "amd"), ("0x10de", "nvidia"), ("0x8086", "intel"), ("0x1af4", "virtio")];

/// Sorted by name. What the operator declares takes the place of what is seen under the same name.
pub fn find(root: &Path, config: &ClientConfig) -> Vec<DeviceGroup> {
    let nvidia = nvidia(root);
    let display = display_controllers(root);
    // The driver of NVIDIA knows more of its devices than the bus does.
    let display = display.into_iter().filter(|seen| nvidia.is_empty() || *seen.vendor != *"nvidia");
    let mut groups: BTreeMap<(Text, Text, Text), DeviceGroup> = BTreeMap::new();
    for seen in nvidia.iter().cloned().chain(display) {
        add(&mut groups, seen);
    }
    for declared in &config.devices {
        groups.insert(key(declared), declared.clone());
    }
    groups.into_values().collect()
}

fn key(group: &DeviceGroup) -> (Text, Text, Text) {
    (Text::clone(&group.vendor), Text::clone(&group.kind), Text::clone(&group.name))
}

/// Devices of one model are one group.
fn add(groups: &mut BTreeMap<(Text, Text, Text), DeviceGroup>, seen: DeviceGroup) {
    match groups.get_mut(&key(&seen)) {
        Some(group) => {
            group.instances.extend(seen.instances);
            group.instances.sort_by(|one, other| one.id.cmp(&other.id));
        }
        None => drop(groups.insert(key(&seen), seen)),
    }
}

fn gpu(vendor: &str, name: &str, id: &str, bus: &str) -> DeviceGroup {
    DeviceGroup {
        vendor: vendor.into(),
        kind: "gpu".into(),
        name: name.into(),
        instances: vec![DeviceInstance {
            id: id.into(),
            healthy: true,
            health_description: None,
            pci_bus_id: Some(bus.into()),
        }],
        attributes: BTreeMap::new(),
    }
}

/// One directory a processor, named after its place on the bus.
fn nvidia(root: &Path) -> Vec<DeviceGroup> {
    let driver = root.join("proc/driver/nvidia");
    let version = fs::read_to_string(driver.join("version")).unwrap_or_default();
    let version = version.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let mut found = Vec::new();
    for (bus, dir) in entries(&driver.join("gpus")) {
        let text = fs::read_to_string(dir.join("information")).unwrap_or_default();
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'));
            line.map(str::trim).filter(|value| !value.is_empty())
        };
        let Some(model) = field("Model") else { continue };
        let id = field("GPU UUID").unwrap_or(&bus);
        let mut group = gpu("nvidia", model, id, &bus);
        if let Some(version) = version {
            group.attributes.insert("driver_version".into(), Quantity::text(version));
        }
        found.push(group);
    }
    found
}

/// PCI devices of class 3 with a render node.
fn display_controllers(root: &Path) -> Vec<DeviceGroup> {
    let mut found = Vec::new();
    for (bus, dir) in entries(&root.join("sys/bus/pci/devices")) {
        let read = |file: &str| fs::read_to_string(dir.join(file)).unwrap_or_default().trim().to_owned();
        let renders = entries(&dir.join("drm")).into_iter().find(|(name, _)| name.starts_with("renderD"));
        let Some((node, _)) = renders.filter(|_| read("class").starts_with("0x03")) else { continue };
        let number = read("vendor");
        let vendor = VENDORS.iter().find(|(known, _)| *known == number).map_or(&*number, |(_, name)| name);
        let product = read("product_name");
        let name = if product.is_empty() { read("device") } else { product };
        if vendor.is_empty() || name.is_empty() {
            continue;
        }
        let mut group = gpu(vendor, &name, &bus, &bus);
        if let Ok(bytes) = read("mem_info_vram_total").parse::<i64>() {
            let memory = Quantity { value: muster_model::Scalar::Int(bytes >> 20), unit: Some("MiB".into()) };
            group.attributes.insert("memory".into(), memory);
        }
        tracing::debug!(device = bus, "{node} renders");
        found.push(group);
    }
    found
}

/// Names and paths, sorted; nothing where there is no such directory.
fn entries(dir: &Path) -> Vec<(String, std::path::PathBuf)> {
    let all = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut all: Vec<_> =
        all.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path()))).collect();
    all.sort();
    all
}
