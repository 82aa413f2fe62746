//! Where a setup puts things, and the address it serves on.

use std::net::IpAddr;
use std::path::PathBuf;

use crate::failure::Failure;

#[derive(Debug, clap::Args)]
pub(super) struct Place {
    /// Directory of the agent's configuration
    #[arg(long, value_name = "PATH", default_value = "/etc/muster.d")]
    pub config_dir: PathBuf,
    /// Directory of the agent's data
    #[arg(long, value_name = "PATH", default_value = "/var/lib/muster")]
    pub data_dir: PathBuf,
    /// User that the agent runs as and that is to own its files
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Start the agent in the background when everything is written
    #[arg(long)]
    pub start: bool,
}

impl Place {
    pub(super) fn check(&self) -> Result<(), Failure> {
        for (flag, dir) in [("config-dir", &self.config_dir), ("data-dir", &self.data_dir)] {
            if !dir.is_absolute() {
                return Err(Failure::new(format!("-{flag} must be an absolute path: `{}`", dir.display())));
            }
        }
        Ok(())
    }
}

/// The address given, else the private one of this machine that others most likely reach.
pub(super) fn address(given: Option<&str>) -> Result<IpAddr, Failure> {
    if let Some(text) = given {
        let parsed = text.parse::<IpAddr>().ok().filter(|ip| !ip.is_unspecified());
        return parsed.ok_or_else(|| {
            Failure::new(format!(
                "-address must be an IP address that others reach this machine at, not `{text}`"
            ))
        });
    }
    let found = muster_sys::net::addresses().unwrap_or_default();
    let default = muster_sys::net::default_interface();
    let outside = found.into_iter().filter(|one| !one.ip.is_loopback());
    let best = outside.min_by_key(|one| {
        let private = matches!(one.ip, IpAddr::V4(ip) if ip.is_private());
        (!private, !one.ip.is_ipv4(), Some(&one.interface) != default.as_ref())
    });
    best.map(|one| one.ip).ok_or_else(|| {
        Failure::new("this machine has no address beyond loopback: connect it to a network, or give -address")
    })
}

/// A text as HCL has it.
pub(super) fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "$${").replace("%{", "%%{");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_that_others_reach() {
        assert_eq!(address(Some("10.1.2.3")).ok(), "10.1.2.3".parse().ok());
        for wrong in ["0.0.0.0", "::", "host.example", ""] {
            assert!(address(Some(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn texts_mean_themselves() {
        assert_eq!(quoted("a\"b\\c${x}"), "\"a\\\"b\\\\c$${x}\"");
    }
}
