//! The language of the scenario files. Each line is one step; `tests/scenarios/README.md` lists them.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::{Datacenter, DriverName, NodeClass, NodePool};
use muster_model::{
    Affinity, Constraint, DelayFunction, Job, JobType, Migrate, Node, Operand, PreemptionConfig,
    ReschedulePolicy, SchedulerAlgorithm, SchedulerConfig, Spread, SpreadTarget, UpdateStrategy,
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
        "driver" => task.driver = DriverName::new(value).unwrap(),
        "env" => drop(task.env.insert("V".into(), value.into())),
        "kill_timeout" => task.kill_timeout = duration(value),
        "dc" => job.datacenters = value.split(',').map(|dc| Datacenter::new(dc).unwrap()).collect(),
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
        "no_reschedule" => group.reschedule = None,
        "reschedule" => group.reschedule = Some(limited(value)),
        "ports" => {
            let request = |text: &str| {
                let (label, port) = text.split_once(':').unwrap_or((text, ""));
                muster_builders::port(label, port.parse().ok())
            };
            let ports = value.split(',').map(request).collect();
            group.network = Some(muster_builders::network(ports));
        }
        _ => panic!("unknown word `{key}` of a job"),
    }
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
