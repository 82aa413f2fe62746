//! What the agent knows of its process and machine, for `/v1/agent/self` and `/v1/agent/host`.

use std::collections::BTreeMap;

use muster_api::views::HostDataView;
use muster_sys::procfs;

/// Variables whose values say how a machine is set up and hold no secrets.
const SHOWN: &[&str] =
    &["HOME", "LANG", "LOGNAME", "PATH", "PWD", "SHELL", "SHLVL", "TERM", "TMPDIR", "TZ", "USER"];

/// The `runtime` part of an agent's statistics.
pub fn runtime() -> BTreeMap<String, String> {
    let mut stats = BTreeMap::new();
    let mut put = |key: &str, value: String| stats.insert(key.to_owned(), value);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    put("cpu_count", cores.to_string());
    put("arch", std::env::consts::ARCH.to_owned());
    put("os", std::env::consts::OS.to_owned());
    put("version", env!("CARGO_PKG_VERSION").to_owned());
    if let Ok(host) = procfs::host() {
        put("kernel.name", host.kernel_name);
        put("kernel.version", host.kernel_release);
    }
    stats
}

/// The machine as it is now. What cannot be read is left empty.
pub fn host() -> HostDataView {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let os =
        procfs::host().map(|host| format!("{} {} {}", host.kernel_name, host.kernel_release, host.machine));
    HostDataView {
        os: os.unwrap_or_else(|_| std::env::consts::OS.to_owned()),
        resolv_conf: read("/etc/resolv.conf"),
        hosts: read("/etc/hosts"),
        environment: std::env::vars_os().map(shown).collect(),
        ..HostDataView::default()
    }
}

fn shown((name, value): (std::ffi::OsString, std::ffi::OsString)) -> (String, String) {
    let name = name.to_string_lossy().into_owned();
    let open = SHOWN.contains(&name.as_str()) || name.starts_with("LC_");
    let value = if open { value.to_string_lossy().into_owned() } else { "<redacted>".to_owned() };
    (name, value)
}
