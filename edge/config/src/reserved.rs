//! `client { reserved {} }`: what of the machine is kept from work.

use muster_model::{Reserved, Resources};

use crate::decide::Findings;
use crate::ranges;

block! {
    ReservedInput {
        /// MHz.
        cpu: u64,
        /// MB.
        memory: u64,
        /// MB.
        disk: u64,
        /// Such as `22,80,8500-8600`.
        reserved_ports: String,
        /// Core ids, such as `0-1,7`.
        cores: String,
    }
    no_effect {}
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReservedConfig {
    /// Ports and cores are sorted.
    pub reserved: Reserved,
}

impl ReservedInput {
    pub(crate) fn decide(self, findings: &mut Findings) -> ReservedConfig {
        let ports = self.reserved_ports.unwrap_or_default();
        let ports = ranges::parse(&ports).and_then(|ports| {
            if ports.contains(&0) { Err("port 0 cannot be reserved".to_owned()) } else { Ok(ports) }
        });
        let ports = findings.take(ports.map_err(|why| format!("reserved.reserved_ports invalid: {why}")));
        let cores = ranges::parse(&self.cores.unwrap_or_default());
        let cores = findings.take(cores.map_err(|why| format!("reserved.cores invalid: {why}")));
        let resources = Resources {
            cpu_mhz: self.cpu.unwrap_or(0),
            memory_mb: self.memory.unwrap_or(0),
            disk_mb: self.disk.unwrap_or(0),
            ..Resources::default()
        };
        let (ports, cores) = (ports.unwrap_or_default(), cores.unwrap_or_default());
        ReservedConfig { reserved: Reserved { resources, ports, cores } }
    }
}
