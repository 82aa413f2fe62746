//! What a job gets where it says nothing, and what is kept of what it says.

use std::time::Duration;

use muster_jobspec::view;
use muster_model::{JobType, NetworkMode, Operand};
use serde_json::json;

use crate::support::{decided, in_group, in_task, job, outcome};

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
    assert!(scaled.warnings.is_empty(), "{:?}", scaled.warnings);
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
    assert_eq!(decided.job, crate::support::decided("batch", &json!({})));
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
