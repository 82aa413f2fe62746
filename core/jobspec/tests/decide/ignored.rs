//! What is asked for and not done yet: a warning where it changes nothing of what runs, a refusal to register the job
//! where it would. The job is well-formed either way.

use serde_json::json;

use crate::support::{assert_not_registrable, in_group, in_task, job, outcome};

#[test]
fn what_would_change_what_runs_is_not_registered() {
    let connect = json!({"SidecarService": {"Proxy": {"Upstreams": [{"DestinationName": "db", "LocalBindPort": 5432}]}}});
    for (kind, patch, fragment) in [
        ("service", json!({"Multiregion": {"Regions": [{"Name": "eu"}]}}), "a `multiregion` block"),
        (
            "service",
            in_group(&json!({"Volumes": {"data": {"Type": "host", "Source": "data"}}})),
            "a `volume` block",
        ),
        ("service", in_group(&json!({"Networks": [{"Mode": "bridge"}]})), "network mode `bridge`"),
        ("service", in_group(&json!({"Networks": [{"Mode": "none"}]})), "network mode `none`"),
        (
            "service",
            in_group(&json!({"Networks": [{"Mode": "cni/x", "Hostname": "h"}]})),
            "network mode `cni/x`",
        ),
        (
            "service",
            in_group(&json!({"Networks": [{"DNS": {"Servers": ["1.1.1.1"]}}]})),
            "a network `dns` block",
        ),
        (
            "service",
            in_group(
                &json!({"Networks": [{"Mode": "bridge"}], "Services": [{"Name": "a", "Connect": connect}]}),
            ),
            "Service a: a `connect` block",
        ),
        (
            "service",
            in_task(&json!({"Templates": [{"EmbeddedTmpl": "x", "DestPath": "local/x"}]})),
            "`template` block",
        ),
        ("service", in_task(&json!({"Vault": {}})), "`vault` block"),
        (
            "service",
            in_task(&json!({"Secrets": [{"Name": "x", "Provider": "nomad", "Path": "p"}]})),
            "`secret` block",
        ),
        ("service", in_task(&json!({"CSIPluginConfig": {"ID": "x", "Type": "node"}})), "`csi_plugin` block"),
        (
            "service",
            in_task(&json!({"Schedule": {"Cron": {"Start": "0 9 * * 1-5 *", "End": "0 17"}}})),
            "`schedule` block",
        ),
        ("service", in_task(&json!({"Kind": "connect-proxy:x"})), "task kind `connect-proxy:x`"),
        ("service", in_task(&json!({"Identity": {"Env": true}})), "the default `identity`"),
        (
            "service",
            in_task(&json!({"Identities": [{"name": "default", "file": true}]})),
            "the default `identity`",
        ),
        ("service", in_task(&json!({"Identities": [{"Name": "aws"}]})), "identity `aws`"),
        ("service", in_task(&json!({"Resources": {"NUMA": {"Affinity": "require"}}})), "a `numa` block"),
        (
            "service",
            in_task(&json!({"Resources": {"Networks": [{"MBits": 1}]}})),
            "a `network` block in `resources`",
        ),
    ] {
        assert_not_registrable(kind, &patch, fragment);
    }
}

#[test]
fn what_placement_decides_is_neither_refused_nor_warned_of() {
    for patch in [
        in_task(&json!({"Resources": {"Cores": 2}})),
        in_task(&json!({"Resources": {"MemoryMB": 100, "MemoryMaxMB": 200}})),
        in_task(&json!({"Resources": {"Devices": [{"Name": "nvidia/gpu", "Count": 2}]}})),
        in_group(&json!({"Networks": [{"ReservedPorts":
            [{"Label": "a", "Value": 1, "IgnoreCollision": true, "HostNetwork": "lan"}]}]})),
    ] {
        let outcome = outcome(&job("service", &patch)).unwrap();
        assert_eq!(outcome.warnings, [""; 0], "{patch}");
        assert_eq!(outcome.unbuilt, [""; 0], "{patch}");
    }
}

#[test]
fn what_can_be_ignored_is_named_in_a_warning() {
    for (patch, fragment) in [
        (
            in_task(&json!({"ScalingPolicies": [{"Type": "cpu", "Max": 500}]})),
            "the `scaling` block has no effect",
        ),
        (in_group(&json!({"Services": [{"Name": "a"}]})), "the service is not registered"),
        (in_task(&json!({"Services": [{"Name": "a"}]})), "the service is not registered"),
        (in_group(&json!({"Consul": {"Cluster": "default"}})), "the `consul` block has no effect"),
        (in_group(&json!({"StopAfterClientDisconnect": 1})), "`stop_after_client_disconnect` has no effect"),
        (in_group(&json!({"Networks": [{"MBits": 10}]})), "network `mbits` has no effect"),
        (in_task(&json!({"Resources": {"IOPS": 1}})), "Task group g: Task t: resources `iops` has no effect"),
        (
            json!({"TaskGroups": [
                {"Count": 2, "Update": {"Canary": 1, "AutoPromote": true}},
                {"Name": "other", "Count": 2, "Update": {"Canary": 1},
                 "Tasks": [{"Name": "t", "Driver": "raw_exec", "Config": {"command": "/bin/true"}}]},
            ]}),
            "`auto_promote` is not set in every group",
        ),
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
