//! The language of the scenario files. Each line is one step; `tests/scenarios/README.md` lists them.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::{Datacenter, DriverName, Namespace, NodeClass, NodePool};
use muster_model::{
    Affinity, Constraint, DelayFunction, DeviceGroup, DeviceRequest, Disconnect, Group, HostNetwork,
    HostVolume, Job, JobType, Migrate, NamespaceDetails, Node, NodeAddress, Operand, PortRequest,
    PreemptionConfig, Quantity, ReschedulePolicy, SchedulerAlgorithm, SchedulerConfig, Spread, SpreadTarget,
    UpdateStrategy, VolumeRequest,
};

use crate::world;

/// `name key=value flag …` after the verb.
pub struct Words<'a> {
    pub name: &'a str,
    pairs: Vec<(&'a str, &'a str)>,
}

impl<'a> Words<'a> {
    pub fn parse(text: &'a str) -> Self {
        let mut words = text.split_whitespace();
        let name = words.next().unwrap();
        let pairs = words.map(|word| word.split_once('=').unwrap_or((word, ""))).collect();
        Self { name, pairs }
    }
}

pub fn node(words: &Words<'_>) -> Node {
    let mut node = world::node(words.name);
    for (key, value) in &words.pairs {
        match *key {
            "cpu" => node.capacity.total.cpu_mhz = value.parse().unwrap(),
            "memory" => node.capacity.total.memory_mb = value.parse().unwrap(),
            "disk" => node.capacity.total.disk_mb = value.parse().unwrap(),
            "dc" => node.datacenter = Datacenter::new(*value).unwrap(),
            "pool" => node.pool = NodePool::new(*value).unwrap(),
            "class" => node.class = Some(NodeClass::new(*value).unwrap()),
            "reserved_port" => node.reserved.ports.push(value.parse().unwrap()),
            "dynamic_ports" => {
                let (low, high) = value.split_once('-').unwrap();
                node.capacity.min_dynamic_port = low.parse().unwrap();
                node.capacity.max_dynamic_port = high.parse().unwrap();
            }
            "cores" => {
                let count: u16 = value.parse().unwrap();
                let mhz = u32::try_from(node.capacity.total.cpu_mhz).unwrap() / u32::from(count);
                node.capacity.cores = count;
                node.capacity.topology = muster_builders::topology(count, mhz);
            }
            "reserved_cores" => {
                let kept: Vec<u16> = value.split(',').map(|id| id.parse().unwrap()).collect();
                for core in &mut node.capacity.topology {
                    core.reservable = !kept.contains(&core.id);
                }
            }
            "numa" => {
                for (core, numa) in node.capacity.topology.iter_mut().zip(value.split(',')) {
                    core.numa = numa.parse().unwrap();
                }
            }
            "device" => node.capacity.devices.push(devices(value)),
            "sick_device" => {
                let all = node.capacity.devices.iter_mut().flat_map(|group| &mut group.instances);
                all.filter(|one| *one.id == **value).for_each(|one| one.healthy = false);
            }
            "network" => {
                let (name, ip) = value.split_once(':').unwrap();
                let (ip, kept) = ip.split_once('-').unwrap_or((ip, ""));
                node.host_networks.insert(name.into(), HostNetwork::default());
                node.capacity.addresses.push(NodeAddress {
                    network: name.into(),
                    ip: ip.into(),
                    interface: "eth0".into(),
                    reserved_ports: kept.parse().into_iter().collect(),
                });
            }
            "volume" => {
                let (name, mode) = value.split_once(':').unwrap_or((value, ""));
                let volume = HostVolume { path: "/srv".into(), read_only: mode == "ro" };
                node.host_volumes.insert(name.into(), volume);
            }
            "max_allocs" => node.capacity.max_allocs = value.parse().unwrap(),
            "no_driver" => node.drivers = BTreeMap::new(),
            "sick_driver" => node.drivers.values_mut().for_each(|driver| driver.healthy = false),
            key => match key.split_once('.') {
                Some(("attr", name)) => drop(node.attributes.insert(name.into(), (*value).into())),
                Some(("meta", name)) => drop(node.meta.insert(name.into(), (*value).into())),
                _ => panic!("unknown word `{key}` of a node"),
            },
        }
    }
    world::with_class(node)
}

/// `a allow=pool,… deny=pool,…`; an empty `allow` is the default pool only.
pub fn namespace(words: &Words<'_>) -> NamespaceDetails {
    let mut namespace = NamespaceDetails::bare(Namespace::new(words.name).unwrap());
    for (key, value) in &words.pairs {
        let names = value.split(',').filter(|name| !name.is_empty()).map(Into::into).collect();
        match *key {
            "allow" => namespace.pools.allowed = Some(names),
            "deny" => namespace.pools.denied = names,
            key => panic!("unknown word `{key}` of a namespace"),
        }
    }
    namespace
}

/// `vendor/type/model:id,id[;attribute=value…]`
fn devices(text: &str) -> DeviceGroup {
    let mut parts = text.split(';');
    let (name, ids) = parts.next().unwrap().split_once(':').unwrap();
    let name: Vec<&str> = name.split('/').collect();
    let mut group = muster_builders::devices(name[0], name[1], name[2], &ids.split(',').collect::<Vec<_>>());
    for attribute in parts {
        let (key, value) = attribute.split_once('=').unwrap();
        group.attributes.insert(key.into(), Quantity::parse(value));
    }
    group
}

/// `name` or `name:count`
fn device(text: &str) -> DeviceRequest {
    let (name, count) = text.split_once(':').unwrap_or((text, "1"));
    DeviceRequest { name: name.into(), count: count.parse().unwrap(), ..DeviceRequest::default() }
}

/// `label[:port[!]][@network]`, where `!` allows others to have the port, too.
fn port(text: &str) -> PortRequest {
    let (text, network) = text.split_once('@').unwrap_or((text, "default"));
    let (label, port) = text.split_once(':').unwrap_or((text, ""));
    PortRequest {
        host_network: network.into(),
        ignore_collision: port.ends_with('!'),
        ..muster_builders::port(label, port.trim_end_matches('!').parse().ok())
    }
}

/// `name source=… [read_only] [per_alloc]`
pub fn volume(text: &str) -> VolumeRequest {
    let words = Words::parse(text);
    let has = |key: &str| words.pairs.iter().any(|pair| pair.0 == key);
    let source = words.pairs.iter().find(|pair| pair.0 == "source").unwrap().1;
    VolumeRequest {
        name: words.name.into(),
        source: source.into(),
        read_only: has("read_only"),
        per_alloc: has("per_alloc"),
        ..VolumeRequest::default()
    }
}

pub fn job(words: &Words<'_>) -> Job {
    let kind: JobType =
        words.pairs.iter().find(|(key, _)| *key == "type").map_or("service", |pair| pair.1).parse().unwrap();
    let mut job = world::job(words.name, kind);
    for (key, value) in &words.pairs {
        set(&mut job, key, value);
    }
    job
}

fn set(job: &mut Job, key: &str, value: &str) {
    let group = &mut job.groups[0];
    let task = &mut group.tasks[0];
    match key {
        "type" => {}
        "count" => group.count = value.parse().unwrap(),
        "cpu" => task.resources.cpu_mhz = value.parse().unwrap(),
        "memory" => task.resources.memory_mb = value.parse().unwrap(),
        "cores" => {
            task.resources.cores = value.parse().unwrap();
            task.resources.cpu_mhz = 0;
        }
        "memory_max" => task.resources.memory_max_mb = value.parse().unwrap(),
        "device" => task.resources.devices.push(device(value)),
        "driver" => task.driver = DriverName::new(value).unwrap(),
        "env" => drop(task.env.insert("V".into(), value.into())),
        "kill_timeout" => task.kill_timeout = duration(value),
        "dc" => job.datacenters = value.split(',').map(|dc| Datacenter::new(dc).unwrap()).collect(),
        "namespace" => job.namespace = Namespace::new(value).unwrap(),
        "pool" => job.node_pool = NodePool::new(value).unwrap(),
        "update" => {
            let (parallel, canary) = value.split_once('/').unwrap_or((value, "0"));
            let strategy = UpdateStrategy {
                max_parallel: parallel.parse().unwrap(),
                canary: canary.parse().unwrap(),
                ..UpdateStrategy::default()
            };
            group.update = Some(Box::new(strategy));
        }
        "auto_revert" => group.update.as_mut().unwrap().auto_revert = true,
        "priority" => job.priority = value.parse().unwrap(),
        "disk" => group.ephemeral_disk.size_mb = value.parse().unwrap(),
        "max_parallel" => {
            let max_parallel = value.parse().unwrap();
            group.migrate = Some(Box::new(Migrate { max_parallel, ..Migrate::default() }));
        }
        "sticky" => group.ephemeral_disk.sticky = true,
        "lost_after" => disconnect(group).lost_after = duration(value),
        "stop_on_client" => disconnect(group).stop_on_client_after = Some(duration(value)),
        "no_replace" => disconnect(group).replace = false,
        "reconcile" => disconnect(group).reconcile = value.parse().unwrap(),
        "no_reschedule" => group.reschedule = None,
        "reschedule" => group.reschedule = Some(limited(value)),
        "ports" => {
            let ports = value.split(',').map(port).collect();
            group.network = Some(muster_builders::network(ports));
        }
        _ => panic!("unknown word `{key}` of a job"),
    }
}

fn disconnect(group: &mut Group) -> &mut Disconnect {
    group.disconnect.get_or_insert_default()
}

/// `attempts/interval/delay`.
fn limited(text: &str) -> ReschedulePolicy {
    let parts: Vec<&str> = text.split('/').collect();
    ReschedulePolicy {
        attempts: parts[0].parse().unwrap(),
        interval: duration(parts[1]),
        delay: duration(parts[2]),
        delay_function: DelayFunction::Constant,
        max_delay: Duration::ZERO,
        unlimited: false,
    }
}

/// `[spread] [preempt=service,batch,…] [limit=n]`.
pub fn config(text: &str) -> SchedulerConfig {
    let mut config = SchedulerConfig::default();
    for word in text.split_whitespace() {
        match word.split_once('=').unwrap_or((word, "")) {
            ("spread", _) => config.algorithm = SchedulerAlgorithm::Spread,
            ("limit", count) => config.feasible_node_limit = count.parse().unwrap(),
            ("preempt", kinds) => {
                let on = |kind: &str| kinds.split(',').any(|one| one == kind);
                config.preemption = PreemptionConfig {
                    system: on("system"),
                    sysbatch: on("sysbatch"),
                    batch: on("batch"),
                    service: on("service"),
                };
            }
            _ => panic!("unknown word `{word}` of a configuration"),
        }
    }
    config
}

pub fn constraint(text: &str) -> Constraint {
    let (left, operand, right) = three(text);
    Constraint { left: left.into(), operand, right: right.into() }
}

pub fn affinity(text: &str) -> Affinity {
    let (rest, weight) = text.rsplit_once(" weight ").unwrap();
    let (left, operand, right) = three(rest);
    Affinity { left: left.into(), operand, right: right.into(), weight: weight.parse().unwrap() }
}

/// `attribute weight n [value:percent,…]`.
pub fn spread(text: &str) -> Spread {
    let words: Vec<&str> = text.split_whitespace().collect();
    let target = |text: &str| {
        let (value, percent) = text.split_once(':').unwrap();
        SpreadTarget { value: value.into(), percent: percent.parse().unwrap() }
    };
    let targets = words.get(3).map(|list| list.split(',').map(target).collect()).unwrap_or_default();
    Spread { attribute: words[0].into(), weight: words[2].parse().unwrap(), targets }
}

/// `left operand right`, where the outer two may be missing for some operators.
fn three(text: &str) -> (String, Operand, String) {
    let words: Vec<&str> = text.split_whitespace().collect();
    let at = if words[0].starts_with("distinct_hosts") { 0 } else { 1 };
    let operand = words[at].parse().unwrap();
    (words[..at].join(" "), operand, words[at + 1..].join(" "))
}

pub fn duration(text: &str) -> Duration {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap();
    let (number, unit) = text.split_at(split);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => panic!("unknown unit in `{text}`"),
    };
    Duration::from_secs(number.parse::<u64>().unwrap() * seconds)
}
