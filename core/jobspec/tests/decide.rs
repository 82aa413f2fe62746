//! Deciding: defaults by type, every rule with the text users know, and what is refused or warned about.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use muster_jobspec::{Decided, Limits, decide, parse_json, validation_message, view};
use muster_model::{Job, JobType, NetworkMode, Operand};
use serde_json::{Value, json};

/// A small valid job of `kind` with `patch` laid over it.
fn job(kind: &str, patch: &Value) -> Value {
    let mut job = json!({
        "ID": "x", "Type": kind,
        "TaskGroups": [{"Name": "g", "Tasks": [{"Name": "t", "Driver": "raw_exec", "Config": {"command": "/bin/true"}}]}],
    });
    merge(&mut job, patch);
    job
}

/// Objects merge, the elements of lists merge by position, anything else replaces.
fn merge(base: &mut Value, patch: &Value) {
    match (base, patch) {
        (Value::Object(base), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(base.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(base), Value::Array(patch)) => {
            base.resize(base.len().max(patch.len()), Value::Null);
            base.iter_mut().zip(patch).for_each(|(base, patch)| merge(base, patch));
        }
        (base, patch) => *base = patch.clone(),
    }
}

fn in_group(patch: &Value) -> Value {
    json!({"TaskGroups": [patch]})
}

fn in_task(patch: &Value) -> Value {
    in_group(&json!({"Tasks": [patch]}))
}

fn outcome(job: &Value) -> Result<Decided, String> {
    let input = parse_json(job.to_string().as_bytes()).unwrap();
    decide(input, &Limits::default()).map_err(|errors| validation_message(&errors))
}

fn decided(kind: &str, patch: &Value) -> Job {
    outcome(&job(kind, patch)).unwrap().job
}

fn assert_refused(kind: &str, patch: &Value, fragment: &str) {
    match outcome(&job(kind, patch)) {
        Ok(_) => panic!("accepted: {patch}"),
        Err(text) => assert!(text.contains(fragment), "{patch}\nexpected: {fragment}\ngot: {text}"),
    }
}

#[test]
fn what_is_not_written_gets_the_contracts_defaults() {
    let job = decided("service", &json!({"Type": null}));
    assert_eq!((job.kind, job.priority, &*job.name), (JobType::Service, 50, "x"));
    assert_eq!((job.region.as_str(), job.namespace.as_str()), ("global", "default"));
    assert_eq!((job.datacenters[0].as_str(), job.node_pool.as_str()), ("*", "default"));
    let group = &job.groups[0];
    assert_eq!((group.count, group.ephemeral_disk.size_mb), (1, 300));
    let task = &group.tasks[0];
    assert_eq!((task.resources.cpu_mhz, task.resources.memory_mb), (100, 300));
    assert_eq!((task.logs.max_files, task.logs.max_file_size_mb), (10, 10));
    assert_eq!(task.kill_timeout, Duration::from_secs(5));
    assert_eq!(task.restart, group.restart);
}

#[test]
fn policies_follow_the_type() {
    for (kind, attempts, hours, rescheduled) in [
        ("service", 2, 0.5, true),
        ("system", 2, 0.5, false),
        ("batch", 3, 24.0, true),
        ("sysbatch", 3, 24.0, false),
    ] {
        let group = decided(kind, &json!({})).groups.remove(0);
        assert_eq!(group.restart.attempts, attempts, "{kind}");
        assert_eq!(group.restart.interval, Duration::from_secs_f64(hours * 3600.0), "{kind}");
        assert_eq!(group.reschedule.is_some(), rescheduled, "{kind}");
    }
    assert!(decided("service", &json!({})).groups[0].reschedule.as_ref().unwrap().unlimited);
    assert_eq!(decided("batch", &json!({})).groups[0].reschedule.as_ref().unwrap().attempts, 1);
}

#[test]
fn narrower_blocks_are_laid_over_wider_ones() {
    let patch = json!({
        "Reschedule": {"Delay": "1m", "MaxDelay": "2h"},
        "TaskGroups": [{
            "RestartPolicy": {"Attempts": 1, "Delay": "1s"},
            "ReschedulePolicy": {"MaxDelay": "3h"},
            "Tasks": [{"RestartPolicy": {"Attempts": 9}}],
        }],
    });
    let group = decided("service", &patch).groups.remove(0);
    let reschedule = group.reschedule.unwrap();
    assert_eq!((reschedule.delay.as_secs(), reschedule.max_delay.as_secs()), (60, 3 * 3600));
    let task = &group.tasks[0].restart;
    assert_eq!((group.restart.attempts, task.attempts, task.delay.as_secs()), (1, 9, 1));
}

#[test]
fn counts_come_from_the_group_or_its_scaling_bounds() {
    assert_eq!(decided("service", &in_group(&json!({"Count": 0}))).groups[0].count, 0);
    let scaled = outcome(&job("service", &in_group(&json!({"Scaling": {"Min": 3, "Max": 5}})))).unwrap();
    assert_eq!(scaled.job.groups[0].count, 3);
    assert!(scaled.warnings[0].contains("`scaling` block has no effect"), "{:?}", scaled.warnings);
}

#[test]
fn operators_are_canonical_and_artifacts_have_destinations() {
    let patch = in_task(&json!({
        "Constraints": [{"LTarget": "${attr.kernel.name}", "RTarget": "linux"}],
        "Artifacts": [
            {"GetterSource": "https://x.test/a.zip"},
            {"GetterSource": "https://x.test/bin/tool?x=1", "GetterMode": "file"},
        ],
    }));
    let task = decided("batch", &patch).groups.remove(0).tasks.remove(0);
    assert_eq!(task.constraints[0].operand, Operand::Equal);
    let destinations: Vec<_> = task.artifacts.iter().map(|artifact| &*artifact.destination).collect();
    assert_eq!(destinations, ["local/", "local/tool"]);
}

#[test]
fn static_ports_come_first_and_assigned_values_are_forgotten() {
    let patch = in_group(&json!({"Networks": [{
        "DynamicPorts": [{"Label": "http", "Value": 23456, "To": -1}],
        "ReservedPorts": [{"Label": "ssh", "Value": 22}],
    }]}));
    let network = decided("service", &patch).groups.remove(0).network.unwrap();
    assert_eq!(network.mode, NetworkMode::Host);
    let ports: Vec<_> = network.ports.iter().map(|port| (&*port.label, port.static_port, port.to)).collect();
    assert_eq!(ports, [("ssh", Some(22), 0), ("http", None, -1)]);
}

#[test]
fn rules_of_the_job_are_refused_with_their_texts() {
    for (patch, fragment) in [
        (json!({"ID": null}), "Missing job ID"),
        (json!({"ID": "a b"}), "Job ID contains a space"),
        (json!({"ID": "a\0b"}), "Job ID contains a null character"),
        (json!({"Name": "a\0b"}), "Job Name contains a null character"),
        (json!({"Datacenters": ["dc1", ""]}), "Job datacenter must be non-empty string"),
        (json!({"TaskGroups": null}), "Missing job task groups"),
        (json!({"Type": "cron"}), "Invalid job type: \"cron\""),
        (json!({"Type": "_core"}), "job type cannot be core"),
        (json!({"Priority": 0}), "job priority must be between [1, 100]"),
        (json!({"Priority": 101}), "job priority must be between [1, 100]"),
        (json!({"Payload": "eA=="}), "job can't be submitted with a payload, only dispatched"),
        (json!({"Namespace": "a b"}), "namespace `a b` is invalid"),
        (json!({"TaskGroups": [{}, {"Name": "g"}]}), "Job task group 2 redefines 'g' from group 1"),
        (
            in_group(&json!({"Count": 50_001})),
            "total count was greater than configured job_max_count: 50001 > 50000",
        ),
        (
            json!({"Periodic": {"Spec": "* * * * *"}}),
            "Periodic can only be used with \"batch\" or \"sysbatch\"",
        ),
        (json!({"Periodic": {}}), "Must specify a spec"),
        (json!({"ParameterizedJob": {"Payload": "some"}}), "Unknown payload requirement: \"some\""),
    ] {
        assert_refused("service", &patch, fragment);
    }
}

#[test]
fn rules_of_groups_are_refused_with_their_texts() {
    for (kind, patch, fragment) in [
        (
            "service",
            json!({"Count": -1}),
            "Task group g validation failed: 1 error occurred:\n\t* Task group count can't be negative",
        ),
        (
            "system",
            json!({"Count": 2}),
            "Job task group g has count 2. Count cannot exceed 1 with system scheduler",
        ),
        ("service", json!({"Tasks": null}), "Missing tasks for task group"),
        ("service", json!({"Tasks": [{}, {"Name": "t", "Driver": "x"}]}), "Task 2 redefines 't' from task 1"),
        (
            "service",
            json!({"Tasks": [{"Leader": true}, {"Name": "u", "Driver": "x", "Leader": true}]}),
            "Only one task may be marked as leader",
        ),
        ("service", json!({"EphemeralDisk": {"SizeMB": 9}}), "minimum DiskMB value is 10; got 9"),
        (
            "service",
            json!({"EphemeralDisk": {"SizeMB": 100}}),
            "log storage (100 MB) must be less than requested disk capacity (100 MB)",
        ),
        ("service", json!({"RestartPolicy": {"Mode": "never"}}), "Unsupported restart mode: \"never\""),
        (
            "service",
            json!({"RestartPolicy": {"Interval": "4s", "Attempts": 0}}),
            "Interval can not be less than 5s (got 4s)",
        ),
        (
            "service",
            json!({"RestartPolicy": {"Attempts": 0, "Mode": "delay"}}),
            "Restart policy \"delay\" with 0 attempts is ambiguous",
        ),
        (
            "service",
            json!({"RestartPolicy": {"Attempts": 5, "Interval": "1m"}}),
            "Nomad can't restart the TaskGroup 5 times in an interval of 1m0s with a delay of 15s",
        ),
        ("service", json!({"RestartPolicy": {"Delay": -1}}), "restart delay must not be negative; got -1ns"),
        ("service", json!({"ReschedulePolicy": {"Attempts": 2}}), "set `unlimited` to false"),
        ("service", json!({"ReschedulePolicy": {"Delay": "1s"}}), "Delay cannot be less than 5s (got 1s)"),
        (
            "service",
            json!({"ReschedulePolicy": {"MaxDelay": "10s"}}),
            "Max Delay cannot be less than Delay 30s (got 10s)",
        ),
        (
            "batch",
            json!({"ReschedulePolicy": {"Interval": "10s"}}),
            "Interval cannot be less than 15s (got 10s)",
        ),
        (
            "batch",
            json!({"ReschedulePolicy": {"Attempts": 4_000_000_000_u32, "DelayFunction": "fibonacci", "MaxDelay": "1h"}}),
            "do not fit in an interval of 24h0m0s",
        ),
        (
            "batch",
            json!({"ReschedulePolicy": {"DelayFunction": "linear"}}),
            "Invalid delay function \"linear\"",
        ),
        (
            "system",
            json!({"ReschedulePolicy": {"Attempts": 1}}),
            "system jobs should not have a reschedule policy",
        ),
        (
            "system",
            json!({"Affinities": [{"LTarget": "${attr.a}", "RTarget": "b"}]}),
            "system jobs may not have an affinity block",
        ),
        (
            "system",
            json!({"Spreads": [{"Attribute": "${attr.a}"}]}),
            "system jobs may not have a spread block",
        ),
        (
            "system",
            json!({"Scaling": {"Max": 1}}),
            "Task groups with job type system do not support scaling blocks",
        ),
        ("batch", json!({"Update": {"MaxParallel": 1}}), "Job type \"batch\" does not allow update block"),
        ("batch", json!({"Migrate": {"MaxParallel": 1}}), "Job type \"batch\" does not allow migrate block"),
        (
            "service",
            json!({"Update": {"MinHealthyTime": "10m"}}),
            "Minimum healthy time must be less than healthy deadline",
        ),
        (
            "service",
            json!({"Update": {"AutoPromote": true}}),
            "Auto Promote requires a Canary count greater than zero",
        ),
        (
            "service",
            json!({"Update": {"Canary": 1}, "Tasks": [{"KillTimeout": "1h"}]}),
            "KillTimout (1h0m0s) longer than the group's ProgressDeadline (10m0s)",
        ),
        ("service", json!({"ShutdownDelay": -5}), "ShutdownDelay must not be negative"),
    ] {
        assert_refused(kind, &in_group(&patch), fragment);
    }
}

#[test]
fn rules_of_tasks_are_refused_with_their_texts() {
    let resources = |patch| json!({"Resources": patch});
    for (patch, fragment) in [
        (json!({"Driver": ""}), "Task t validation failed: 1 error occurred:\n\t* Missing task driver"),
        (json!({"Name": "alloc"}), "task name `alloc` is invalid"),
        (json!({"Name": "a/b"}), "task name `a/b` is invalid"),
        (
            resources(json!({"CPU": 100, "Cores": 1})),
            "Task can only ask for 'cpu' or 'cores' resource, not both.",
        ),
        (resources(json!({"MemoryMB": 9})), "minimum MemoryMB value is 10; got 9"),
        (resources(json!({"CPU": 0})), "minimum CPU value is 1; got 0"),
        (
            resources(json!({"MemoryMaxMB": 200})),
            "MemoryMaxMB value (200) should be larger than MemoryMB value (300)",
        ),
        (
            resources(json!({"SecretsMB": 301})),
            "SecretsMB value (301) cannot be larger than MemoryMB value (300)",
        ),
        (resources(json!({"DiskMB": 1})), "disk resources"),
        (json!({"Lifecycle": {}}), "no lifecycle hook provided"),
        (json!({"Lifecycle": {"Hook": "later"}}), "invalid hook: later"),
        (json!({"LogConfig": {"MaxFiles": 0}}), "minimum number of files is 1; got 0"),
        (json!({"KillTimeout": -1}), "KillTimeout must not be negative"),
        (
            json!({"Artifacts": [{"GetterSource": ""}]}),
            "Artifact 1 validation failed: 1 error occurred:\n\t* source must be specified",
        ),
        (json!({"Artifacts": [{"GetterSource": "x", "GetterMode": "all"}]}), "invalid artifact mode \"all\""),
        (
            json!({"Artifacts": [{"GetterSource": "x", "RelativeDest": "../../etc"}]}),
            "escapes the allocation directory",
        ),
        (
            json!({"Artifacts": [{"GetterSource": "x", "GetterOptions": {"checksum": "sha256:adf767759......"}}]}),
            "sha256 takes 64 hexadecimal digits, got 15",
        ),
        (
            json!({"Artifacts": [{"GetterSource": "x", "GetterOptions": {"checksum": "abcd"}}]}),
            "\"type:value\"",
        ),
        (
            json!({"Artifacts": [{"GetterSource": "x", "GetterOptions": {"checksum": "crc:abcd"}}]}),
            "unsupported checksum type",
        ),
    ] {
        assert_refused("service", &in_task(&patch), fragment);
    }
}

#[test]
fn rules_of_placement_are_refused_with_their_texts() {
    let constraint = |left: &str, operand: &str, right: &str| json!({"Constraints": [{"LTarget": left, "Operand": operand, "RTarget": right}]});
    for (patch, fragment) in [
        (
            constraint("${attr.a}", "~", "b"),
            "Constraint 1 validation failed: 1 error occurred:\n\t* Unknown constraint type \"~\"",
        ),
        (constraint("${attr.a}", "", ""), "Operator \"=\" requires an RTarget"),
        (constraint("", "=", "b"), "no attribute provided but is required by operator"),
        (constraint("${node.region}", "=", "b"), "unsupported attribute \"${node.region}\""),
        (constraint("${attr[\"a.b\"]}", "=", "b"), "unsupported attribute"),
        (constraint("${attr.a}", "is_set", "b"), "does not support an RTarget"),
        (constraint("${attr.a}", "regexp", "("), "Regular expression failed to compile"),
        (constraint("${attr.a}", "distinct_property", "0"), "a count of 1 or more"),
        (constraint("", "distinct_hosts", "2"), "takes `true` or `false`"),
        (in_task(&constraint("", "distinct_hosts", "")), "a task may not have a distinct_hosts constraint"),
        (
            json!({"Affinities": [{"LTarget": "${attr.a}", "RTarget": "b", "Weight": 0}]}),
            "Affinity weight cannot be zero",
        ),
        (
            json!({"Affinities": [{"LTarget": "${attr.a}", "RTarget": "b", "Weight": 101}]}),
            "within the range [-100,100]",
        ),
        (
            json!({"Affinities": [{"LTarget": "${attr.a}", "Operand": "is_set"}]}),
            "Unknown affinity operator \"is_set\"",
        ),
        (
            json!({"Spreads": [{"Attribute": "${attr.a}", "Weight": -1}]}),
            "Spread block must have a positive weight from 0 to 100",
        ),
        (
            json!({"Spreads": [{"Attribute": "a", "SpreadTarget": [{"Value": "v", "Percent": 60}, {"Value": "v", "Percent": 60}]}]}),
            "Spread target value \"v\" already defined",
        ),
        (
            json!({"Spreads": [{"Attribute": "a", "SpreadTarget": [{"Value": "v", "Percent": 60}, {"Value": "w", "Percent": 60}]}]}),
            "Sum of spread target percentages must not be greater than 100%; got 120%",
        ),
    ] {
        assert_refused("service", &patch, fragment);
    }
}

#[test]
fn rules_of_ports_are_refused_with_their_texts() {
    let reserved = |ports: Value| in_group(&json!({"Networks": [{"ReservedPorts": ports}]}));
    for (patch, fragment) in [
        (
            reserved(json!([{"Label": "a", "Value": 80}, {"Label": "a", "Value": 81}])),
            "Port label a already in use by",
        ),
        (
            reserved(json!([{"Label": "a", "Value": 80}, {"Label": "b", "Value": 80}])),
            "Static port 80 already reserved by a",
        ),
        (reserved(json!([{"Label": "a", "Value": 65_536}])), "Port a (65536) cannot be greater than 65535"),
        (reserved(json!([{"Label": "a", "Value": 80, "To": -2}])), "`to` (-2)"),
        (reserved(json!([{"Value": 80}])), "Missing label of a network port"),
        (in_group(&json!({"Networks": [{"Mode": "nat"}]})), "Unknown network mode \"nat\""),
    ] {
        assert_refused("service", &patch, fragment);
    }
    let elsewhere = json!([{"Label": "a", "Value": 80}, {"Label": "b", "Value": 80, "HostNetwork": "admin"}]);
    assert!(outcome(&job("service", &reserved(elsewhere))).is_ok());
}

#[test]
fn rules_of_services_are_refused_with_their_texts() {
    let check = |check: Value| {
        in_group(
            &json!({"Services": [{"Name": "s", "Provider": "nomad", "PortLabel": "80", "Checks": [check]}]}),
        )
    };
    for (patch, fragment) in [
        (
            in_group(&json!({"Services": [{"Name": "a"}, {"Name": "b", "Provider": "nomad"}]})),
            "must use the same provider",
        ),
        (
            in_group(&json!({"Services": [{"Name": "a", "Provider": "dns"}]})),
            "Service provider must be one of: consul, nomad",
        ),
        (
            in_group(&json!({"Services": [{"Name": "a"}, {"Name": "a"}]})),
            "Services are not unique: group->a:",
        ),
        (
            in_group(&json!({"Services": [{"Name": "a", "PortLabel": "http"}]})),
            "port label \"http\" referenced by services a does not exist",
        ),
        (
            in_group(&json!({"Services": [{"Name": "a", "Connect": {"Native": true}}]})),
            "a `connect` block is not supported by this version of muster",
        ),
        (
            check(json!({"Type": "script", "Interval": "1s", "Timeout": "1s"})),
            "check type must be one of: http, tcp",
        ),
        (
            check(json!({"Type": "tcp", "Interval": "1ms", "Timeout": "1s"})),
            "interval (1ms) cannot be lower than 1s",
        ),
        (
            check(json!({"Type": "http", "Interval": "1s", "Timeout": "1s"})),
            "http checks need a relative URL",
        ),
    ] {
        assert_refused("service", &patch, fragment);
    }
}

#[test]
fn what_would_change_what_runs_is_refused() {
    let cases = [
        json!({"Type": "batch", "Periodic": {"Spec": "* * * * *"}}),
        json!({"Type": "batch", "Periodic": {"Enabled": false}}),
        json!({"Type": "batch", "ParameterizedJob": {}}),
        json!({"Multiregion": {"Regions": []}}),
        in_group(&json!({"Volumes": {"data": {"Type": "host", "Source": "data"}}})),
        in_group(&json!({"Disconnect": {"LostAfter": 1}})),
        json!({"Type": "batch", "TaskGroups": [{"MaxRunDuration": "1h"}]}),
        in_group(&json!({"Networks": [{"Mode": "bridge"}]})),
        in_group(&json!({"Networks": [{"Mode": "none"}]})),
        in_group(&json!({"Networks": [{"Mode": "cni/x"}]})),
        in_group(&json!({"Networks": [{"DNS": {"Servers": ["1.1.1.1"]}}]})),
        in_group(&json!({"Networks": [{"Hostname": "x"}]})),
        in_group(
            &json!({"Networks": [{"ReservedPorts": [{"Label": "a", "Value": 1, "IgnoreCollision": true}]}]}),
        ),
        in_group(&json!({"Networks": [{}, {}]})),
        in_task(&json!({"Templates": [{"EmbeddedTmpl": "x", "DestPath": "local/x"}]})),
        in_task(&json!({"VolumeMounts": [{"Volume": "data"}]})),
        in_task(&json!({"Vault": {}})),
        in_task(&json!({"Secrets": [{"Name": "x"}]})),
        in_task(&json!({"DispatchPayload": {"File": "x"}})),
        in_task(&json!({"CSIPluginConfig": {"ID": "x"}})),
        in_task(&json!({"Schedule": {"Cron": {}}})),
        in_task(&json!({"ScalingPolicies": [{"Type": "vertical_cpu"}]})),
        in_task(&json!({"Kind": "connect-proxy:x"})),
        in_task(&json!({"Identity": {"Env": true}})),
        in_task(&json!({"Identity": {"name": "default", "file": true}})),
        in_task(&json!({"Identities": [{"Name": "aws"}]})),
        in_task(&json!({"Resources": {"Devices": [{"Name": "gpu"}]}})),
        in_task(&json!({"Resources": {"NUMA": {"Affinity": "require"}}})),
        in_task(&json!({"Resources": {"MemoryMaxMB": -1}})),
        in_task(&json!({"Resources": {"Networks": [{"MBits": 1}]}})),
    ];
    for patch in cases {
        assert_refused("service", &patch, "is not supported by this version of muster");
    }
}

#[test]
fn what_can_be_ignored_is_named_in_a_warning() {
    for (patch, fragment) in [
        (
            json!({"Update": {"MaxParallel": 1}}),
            "Task group g: the `update` block has no effect in this version of muster",
        ),
        (json!({"Migrate": {"MaxParallel": 1}}), "the `migrate` block has no effect"),
        (json!({"UI": {"Description": "x"}}), "the `ui` block has no effect"),
        (in_group(&json!({"Services": [{"Name": "a"}]})), "the service is not registered"),
        (in_task(&json!({"Services": [{"Name": "a"}]})), "the service is not registered"),
        (in_group(&json!({"Consul": {"Cluster": "default"}})), "the `consul` block has no effect"),
        (in_group(&json!({"StopAfterClientDisconnect": 1})), "`stop_after_client_disconnect` has no effect"),
        (in_group(&json!({"Networks": [{"MBits": 10}]})), "network `mbits` has no effect"),
        (in_task(&json!({"Actions": [{"Name": "a", "Command": "b"}]})), "the `action` block has no effect"),
        (in_task(&json!({"Resources": {"IOPS": 1}})), "Task group g: Task t: resources `iops` has no effect"),
        (json!({"Update": {"MaxParallel": 3}}), "`max_parallel` (3) is greater than the count (1)"),
    ] {
        let warnings = outcome(&job("service", &patch)).unwrap().warnings;
        assert!(warnings.iter().any(|warning| warning.contains(fragment)), "{patch}: {warnings:?}");
    }
    assert_eq!(outcome(&job("service", &json!({}))).unwrap().warnings, [] as [String; 0]);
}

#[test]
fn every_reason_is_given_at_once() {
    let patch = json!({
        "ID": "a b", "Priority": 1000, "Datacenters": [""],
        "TaskGroups": [{"Count": -1, "Tasks": [{"Driver": "", "Resources": {"CPU": 0, "MemoryMB": 1}}]}],
    });
    let text = outcome(&job("service", &patch)).unwrap_err();
    assert!(text.starts_with("4 errors occurred:\n\t* Job ID contains a space\n\t* "), "{text}");
    for fragment in ["priority", "datacenter", "negative", "Missing task driver", "CPU", "MemoryMB"] {
        assert!(text.contains(fragment), "{fragment} is missing in {text}");
    }
}

#[test]
fn what_other_servers_answer_for_a_plain_job_can_be_registered_here() {
    let zero = json!({"Stagger": 0, "MaxParallel": 0, "HealthCheck": "", "MinHealthyTime": 0, "HealthyDeadline": 0,
        "ProgressDeadline": 0, "AutoRevert": false, "AutoPromote": false, "Canary": 0});
    let identity = json!({"Name": "default", "Audience": ["nomadproject.io"], "Env": false, "File": false});
    let patch = json!({
        "Stop": false, "Dispatched": false, "Payload": null, "Status": "running", "Version": 3, "Stable": true,
        "SubmitTime": 1_700_000_000_000_000_000_i64, "Update": zero, "ParentID": "", "ConsulNamespace": "",
        "TaskGroups": [{"Volumes": null, "Services": [], "Networks": null, "Tasks": [{
            "Templates": [], "Identity": identity, "Identities": [], "Kind": "", "Vault": null, "Actions": null,
            "Resources": {"CPU": 100, "Cores": 0, "MemoryMB": 300, "DiskMB": 0, "IOPS": 0, "Devices": null},
        }]}],
    });
    let decided = outcome(&job("batch", &patch)).unwrap();
    assert_eq!(decided.warnings, [] as [String; 0]);
    assert_eq!(decided.job, self::decided("batch", &json!({})));
}

#[test]
fn the_servers_own_fields_are_shown_but_never_taken_over() {
    let mut stored = decided("service", &json!({}));
    stored.version = 7;
    stored.create_index = muster_ids::Index(9);
    stored.status = muster_model::JobStatus::Running;
    let shown = serde_json::to_value(view(&stored)).unwrap();
    assert_eq!(
        (&shown["Version"], &shown["CreateIndex"], &shown["Status"]),
        (&json!(7), &json!(9), &json!("running"))
    );
    let again = outcome(&shown).unwrap().job;
    assert!(again.same_spec(&stored));
    assert_eq!((again.version, again.create_index), (0, muster_ids::Index::ZERO));
}
