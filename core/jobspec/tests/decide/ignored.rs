//! What has no place in the model: refused, or accepted with a warning.

use serde_json::json;

use crate::support::{assert_refused, in_group, in_task, job, outcome};

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
