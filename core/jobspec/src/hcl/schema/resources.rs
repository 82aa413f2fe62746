//! Resources, devices and networks.

use super::place::{AFFINITY, CONSTRAINT};
use super::{Schema, bool, int, list, one, text, text_map, texts};
use crate::hcl::finish;

pub static RESOURCES: Schema = Schema::new(
    "resources",
    &[
        int("cpu", "CPU"),
        int("cores", "Cores"),
        int("memory", "MemoryMB"),
        int("memory_max", "MemoryMaxMB"),
        int("disk", "DiskMB"),
        int("secrets", "SecretsMB"),
        int("iops", "IOPS"),
    ],
    &[list("network", "Networks", &NETWORK), list("device", "Devices", &DEVICE), one("numa", "NUMA", &NUMA)],
);

static DEVICE: Schema = Schema::new(
    "device",
    &[int("count", "Count")],
    &[list("constraint", "Constraints", &CONSTRAINT), list("affinity", "Affinities", &AFFINITY)],
)
.labelled("Name");

static NUMA: Schema = Schema::new("numa", &[text("affinity", "Affinity"), texts("devices", "Devices")], &[]);

pub static NETWORK: Schema = Schema::new(
    "network",
    &[
        text("mode", "Mode"),
        text("device", "Device"),
        text("cidr", "CIDR"),
        text("ip", "IP"),
        text("hostname", "Hostname"),
        int("mbits", "MBits"),
    ],
    &[list("port", "#ports", &PORT), one("dns", "DNS", &DNS), one("cni", "CNI", &CNI)],
)
.finished_by(finish::network);

static PORT: Schema = Schema::new(
    "port",
    &[
        int("static", "Value"),
        int("to", "To"),
        text("host_network", "HostNetwork"),
        bool("ignore_collision", "IgnoreCollision"),
    ],
    &[],
)
.labelled("Label");

static DNS: Schema = Schema::new(
    "dns",
    &[texts("servers", "Servers"), texts("searches", "Searches"), texts("options", "Options")],
    &[],
);

static CNI: Schema = Schema::new("cni", &[text_map("args", "Args")], &[]);
