//! What a task finds in its environment.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_builders::{network, port};
use muster_ids::{Region, Text};
use muster_model::{
    Alloc, AllocatedPort, Group, Job, JobType, Node, Parameterized, PortRequest, Task, Value,
};
use muster_runner::{BaseEnv, TaskDirs, TaskEnv, TaskEnvInput};

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, Text> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), Text::from(*value))).collect()
}

fn task() -> Task {
    Task {
        env: map(&[
            ("GREETING", "hi from ${node.unique.name} in ${NOMAD_DC} on ${NOMAD_PORT_http}"),
            ("NOMAD_TASK_NAME", "renamed"),
            ("MISSING", "${attr.no.such}"),
        ]),
        meta: map(&[("level", "task"), ("my-key", "${attr.kernel.name}")]),
        ..muster_builders::task("web")
    }
}

fn group() -> Group {
    let inside = PortRequest { to: 80, ..port("in-side", None) };
    Group {
        meta: map(&[("level", "group"), ("only_group", "g")]),
        network: Some(network(vec![port("http", None), inside])),
        tasks: vec![task()],
        ..muster_builders::group("front", 1)
    }
}

fn job() -> Job {
    Job {
        name: "shop".into(),
        parent_id: Some("shop".parse().unwrap()),
        dispatched: true,
        parameterized: Some(Arc::new(Parameterized {
            meta_optional: vec!["absent".into(), "only_job".into()],
            ..Parameterized::default()
        })),
        namespace: "team".parse().unwrap(),
        meta: map(&[("level", "job"), ("only_job", "j")]),
        groups: vec![group()].into(),
        ..muster_builders::job("shop/dispatch-17-ab", JobType::Service, 1)
    }
}

fn alloc() -> Alloc {
    let ports = [AllocatedPort { value: 20_001, to: 0 }, AllocatedPort { value: 20_002, to: 80 }];
    Alloc { name_index: 2, ports: ports.into_iter().collect(), ..muster_builders::alloc(job()) }
}

fn node() -> Node {
    let mut node = muster_builders::node(1);
    node.name = "host-1".into();
    node.capacity.ip = "10.0.0.9".into();
    node.meta = BTreeMap::from([("rack".into(), "r1".into())]);
    node
}

fn environment() -> TaskEnv {
    let (node, alloc) = (node(), alloc());
    let dirs =
        TaskDirs { alloc: "/a/alloc".into(), local: "/a/web/local".into(), secrets: "/a/web/secrets".into() };
    let base = BaseEnv {
        path: "/bin".into(),
        home: "/root".into(),
        tmpdir: "/a/web/tmp".into(),
        passed: [("NO_PROXY", "localhost"), ("NOMAD_TOKEN", "stolen")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        ..BaseEnv::default()
    };
    TaskEnv::build(&TaskEnvInput {
        node: &node,
        region: &Region::global(),
        alloc: &alloc,
        task: &alloc.job.groups[0].tasks[0],
        dirs: &dirs,
        base: &base,
        parent_cgroup: "/nomad",
    })
}

#[test]
fn the_environment_is_exactly_this() {
    let env = environment();
    let want = [
        ("GREETING", "hi from host-1 in dc1 on 20001"),
        ("HOME", "/root"),
        ("MISSING", "${attr.no.such}"),
        ("NOMAD_ADDR_http", "10.0.0.9:20001"),
        ("NOMAD_ADDR_in_side", "10.0.0.9:20002"),
        ("NOMAD_ALLOC_DIR", "/a/alloc"),
        ("NOMAD_ALLOC_ID", "07070707-0707-0707-0707-070707070707"),
        ("NOMAD_ALLOC_INDEX", "2"),
        ("NOMAD_ALLOC_NAME", "shop/dispatch-17-ab.front[2]"),
        ("NOMAD_ALLOC_PORT_http", "20001"),
        ("NOMAD_ALLOC_PORT_in-side", "80"),
        ("NOMAD_CPU_LIMIT", "100"),
        ("NOMAD_DC", "dc1"),
        ("NOMAD_GROUP_NAME", "front"),
        ("NOMAD_HOST_ADDR_http", "10.0.0.9:20001"),
        ("NOMAD_HOST_ADDR_in-side", "10.0.0.9:20002"),
        ("NOMAD_HOST_IP_http", "10.0.0.9"),
        ("NOMAD_HOST_IP_in-side", "10.0.0.9"),
        ("NOMAD_HOST_PORT_http", "20001"),
        ("NOMAD_HOST_PORT_in_side", "20002"),
        ("NOMAD_IP_http", "10.0.0.9"),
        ("NOMAD_IP_in_side", "10.0.0.9"),
        ("NOMAD_JOB_ID", "shop/dispatch-17-ab"),
        ("NOMAD_JOB_NAME", "shop"),
        ("NOMAD_JOB_PARENT_ID", "shop"),
        ("NOMAD_MEMORY_LIMIT", "64"),
        ("NOMAD_META_ABSENT", ""),
        ("NOMAD_META_LEVEL", "task"),
        ("NOMAD_META_MY_KEY", "linux"),
        ("NOMAD_META_ONLY_GROUP", "g"),
        ("NOMAD_META_ONLY_JOB", "j"),
        ("NOMAD_META_absent", ""),
        ("NOMAD_META_level", "task"),
        ("NOMAD_META_my_key", "linux"),
        ("NOMAD_META_only_group", "g"),
        ("NOMAD_META_only_job", "j"),
        ("NOMAD_NAMESPACE", "team"),
        ("NOMAD_PARENT_CGROUP", "/nomad"),
        ("NOMAD_PORT_http", "20001"),
        ("NOMAD_PORT_in_side", "80"),
        ("NOMAD_REGION", "global"),
        ("NOMAD_SECRETS_DIR", "/a/web/secrets"),
        ("NOMAD_SHORT_ALLOC_ID", "07070707"),
        ("NOMAD_TASK_DIR", "/a/web/local"),
        ("NOMAD_TASK_NAME", "renamed"),
        ("NO_PROXY", "localhost"),
        ("PATH", "/bin"),
        ("TMPDIR", "/a/web/tmp"),
    ];
    let found: Vec<(&str, &str)> =
        env.vars().iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(found, want);
}

#[test]
fn references_are_resolved_everywhere_inside_a_value() {
    let list = Value::List(vec![Value::String("${meta.rack}".into()), Value::Int(1)]);
    let config =
        BTreeMap::from([("args".to_owned(), list), ("on ${node.datacenter}".to_owned(), Value::Bool(true))]);
    let args = Value::List(vec![Value::String("r1".into()), Value::Int(1)]);
    let want = BTreeMap::from([("args".to_owned(), args), ("on dc1".to_owned(), Value::Bool(true))]);
    assert_eq!(environment().interpolate_map(&config), want);
}
