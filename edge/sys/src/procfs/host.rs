//! The machine: processors, memory, kernel, boot id.

use std::fs;
use std::io;
use std::time::Duration;

/// Facts that do not change while the machine is up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    pub hostname: String,
    /// Such as `Linux`.
    pub kernel_name: String,
    pub kernel_release: String,
    pub kernel_version: String,
    /// As `uname -m` says it, such as `x86_64`.
    pub machine: String,
    pub boot_id: String,
    pub cpu_model: String,
    /// Processors that may run threads now.
    pub cpu_count: u32,
    /// The highest clock any processor reports; 0 when unknown.
    pub cpu_mhz: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    pub total_bytes: u64,
    pub available_bytes: u64,
    pub free_bytes: u64,
    pub swap_total_bytes: u64,
}

/// Time all processors together spent, since boot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTimes {
    pub user: Duration,
    pub system: Duration,
    pub idle: Duration,
    pub total: Duration,
}

/// # Errors
/// When `/proc` is not mounted or this is not Linux.
pub fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

/// # Errors
/// When `/proc` is not mounted or this is not Linux.
pub fn memory() -> io::Result<Memory> {
    Ok(parse_memory(&fs::read_to_string("/proc/meminfo")?))
}

/// # Errors
/// When `/proc` is not mounted or this is not Linux.
pub fn cpu_times() -> io::Result<CpuTimes> {
    Ok(parse_cpu_times(&fs::read_to_string("/proc/stat")?))
}

/// The same for each processor, by its kernel name such as `cpu0`.
///
/// # Errors
/// When `/proc` is not mounted or this is not Linux.
pub fn cpu_times_by_core() -> io::Result<Vec<(String, CpuTimes)>> {
    Ok(parse_cores(&fs::read_to_string("/proc/stat")?))
}

/// How long the machine has been up.
///
/// # Errors
/// When `/proc` is not mounted or this is not Linux.
pub fn uptime() -> io::Result<Duration> {
    let text = fs::read_to_string("/proc/uptime")?;
    let seconds = text.split_whitespace().next().and_then(|text| text.parse::<f64>().ok());
    let uptime = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    uptime.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}

/// # Errors
/// When `/proc` is not mounted.
#[cfg(target_os = "linux")]
pub fn host() -> io::Result<Host> {
    let name = rustix::system::uname();
    let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    let cpus = fs::read_to_string("/proc/cpuinfo")?;
    let online =
        std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX));
    Ok(Host {
        hostname: text(name.nodename()),
        kernel_name: text(name.sysname()),
        kernel_release: text(name.release()),
        kernel_version: text(name.version()),
        machine: text(name.machine()),
        boot_id: boot_id()?,
        cpu_model: field(&cpus, "model name").unwrap_or_default().to_owned(),
        cpu_count: online,
        cpu_mhz: max_clock_mhz().unwrap_or_else(|| current_clock_mhz(&cpus)),
    })
}

/// # Errors
/// Always: not known here yet.
#[cfg(not(target_os = "linux"))]
pub fn host() -> io::Result<Host> {
    Err(crate::unsupported("describing this machine"))
}

#[cfg(target_os = "linux")]
fn max_clock_mhz() -> Option<u32> {
    let khz = fs::read_to_string("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq").ok()?;
    khz.trim().parse::<u32>().ok().map(|khz| khz / 1000)
}

fn current_clock_mhz(cpuinfo: &str) -> u32 {
    let clocks = cpuinfo.lines().filter_map(|line| named(line, "cpu MHz"));
    clocks.filter_map(|text| text.parse::<f64>().ok()).fold(0.0, f64::max).round() as u32
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| named(line, name))
}

fn named<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (key, value) = line.split_once(':')?;
    (key.trim() == name).then(|| value.trim())
}

fn parse_memory(text: &str) -> Memory {
    let bytes = |name| {
        let kib = field(text, name).and_then(|value| value.split_whitespace().next()?.parse::<u64>().ok());
        kib.unwrap_or(0).saturating_mul(1024)
    };
    Memory {
        total_bytes: bytes("MemTotal"),
        available_bytes: bytes("MemAvailable"),
        free_bytes: bytes("MemFree"),
        swap_total_bytes: bytes("SwapTotal"),
    }
}

fn parse_cpu_times(text: &str) -> CpuTimes {
    times_of(text.lines().find_map(|line| line.strip_prefix("cpu ")).unwrap_or_default())
}

fn parse_cores(text: &str) -> Vec<(String, CpuTimes)> {
    let cores = text.lines().filter(|line| line.starts_with("cpu")).filter_map(|line| line.split_once(' '));
    cores.filter(|(name, _)| *name != "cpu").map(|(name, ticks)| (name.to_owned(), times_of(ticks))).collect()
}

/// From the numbers behind a processor's name.
fn times_of(line: &str) -> CpuTimes {
    let ticks: Vec<u64> = line.split_whitespace().filter_map(|n| n.parse().ok()).collect();
    let at = |index: usize| ticks.get(index).copied().unwrap_or(0);
    let time = |ticks: u64| Duration::from_millis(ticks.saturating_mul(1000) / super::ticks_per_second());
    // Guest time (8, 9) is already part of user time.
    let total = (0..8).map(at).fold(0, u64::saturating_add);
    CpuTimes { user: time(at(0) + at(1)), system: time(at(2)), idle: time(at(3) + at(4)), total: time(total) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn memory_is_read_in_bytes_and_unknown_lines_are_skipped() {
        let memory = parse_memory("MemTotal:  2 kB\nHuge: x\nMemAvailable: 1 kB\n");
        assert_eq!((memory.total_bytes, memory.available_bytes, memory.free_bytes), (2048, 1024, 0));
    }

    #[test]
    fn cpu_times_leave_guest_time_out_of_the_total() {
        let times = parse_cpu_times("cpu  100 0 50 800 50 0 0 0 100 0\ncpu0 1 1 1\n");
        assert_eq!(times.total, Duration::from_secs(10));
        assert_eq!(times.idle, Duration::from_millis(8500));
        let cores = parse_cores("cpu  1 1 1\ncpu0 100 0 0\ncpu1 0 0 200\nintr 1\n");
        let names: Vec<&str> = cores.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["cpu0", "cpu1"]);
        assert_eq!(cores.last().map(|(_, times)| times.system), Some(Duration::from_secs(2)));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_machine_describes_itself() {
        let host = host().unwrap();
        assert_eq!(host.boot_id.len(), 36);
        assert!(host.cpu_count > 0 && !host.kernel_release.is_empty() && !host.hostname.is_empty());
        assert!(memory().unwrap().total_bytes > 0);
    }
}
