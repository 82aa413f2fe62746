//! The rules of the contract, each broken once.

use serde_json::{Value, json};

use crate::support::{assert_refused, in_group, in_task, job, outcome};

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
        (json!({"Periodic": {"Spec": "61 * * * *"}}), "Invalid cron spec \"61 * * * *\""),
        (json!({"Periodic": {"Spec": "* * *"}}), "expected 5 fields (minute hour day month weekday)"),
        (json!({"Periodic": {"Spec": "@daily", "Specs": ["@hourly"]}}), "Only cron or crons may be used"),
        (
            json!({"Periodic": {"Spec": "@daily", "TimeZone": "Mars/Olympus"}}),
            "Invalid time zone \"Mars/Olympus\"",
        ),
        (json!({"ParameterizedJob": {"MetaOptional": ["a", ""]}}), "must not name an empty key"),
        (
            json!({"ParameterizedJob": {"MetaRequired": ["a", "b"], "MetaOptional": ["b"]}}),
            "should be disjoint. Following keys exist in both: b",
        ),
        (json!({"UI": {"Description": "x".repeat(1001)}}), "UI description must be under 1000 characters"),
        (json!({"Multiregion": {"Regions": [{"Name": "a"}, {"Name": "a"}]}}), "region `a` is named twice"),
        (
            allow(&json!({"Constraints": {"meta.ou": {"Values": []}}})),
            "constraint \"${meta.ou}\" needs `values`",
        ),
        (allow(&json!({"Constraints": {"job.x": {"Values": ["*"]}}})), "unsupported attribute \"${job.x}\""),
        (
            allow(&json!({"Constraints": {"meta.ou": {"Values": ["*"], "Operators": ["distinct_hosts"]}}})),
            "a dispatch cannot set `distinct_hosts`",
        ),
        (
            allow(&json!({"Constraints": {"meta.ou": {"Values": ["*"], "Operators": ["near"]}}})),
            "unknown constraint operator `near`",
        ),
        (allow(&json!({"Counts": {"x": {"Min": 1, "Max": 2}}})), "count \"x\": the job has no such group"),
        (allow(&json!({"Counts": {"g": {"Min": 3, "Max": 2}}})), "`min` (3) is greater than `max` (2)"),
        (allow(&json!({"Counts": {"g": {"Max": 60_000}}})), "`max` must be at most 50000"),
        (allow(&json!({"Counts": {"g": {"Min": -1}}})), "`min` must be between 0 and"),
        (allow(&json!({"CPU": {"x": {"Min": 1, "Max": 2}}})), "cpu \"x\": no task, or more than one"),
        (allow(&json!({"CPU": {"t": {"Max": 2}}})), "cpu \"t\": `min` must be at least 1"),
        (
            allow(&json!({"Memory": {"g/t": {"Min": 1, "Max": 20}}})),
            "memory \"g/t\": `min` must be at least 10",
        ),
        (
            json!({"ParameterizedJob": {"Payload": "some"}}),
            "unknown payload requirement `some`; expected one of: optional, required, forbidden",
        ),
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
        (
            json!({"DispatchPayload": {"File": "a/../../x"}}),
            "must be a file below the task's local directory",
        ),
        (json!({"DispatchPayload": {"File": "/etc/x"}}), "must be a file below the task's local directory"),
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
            "unknown service provider `dns`; expected one of: consul, nomad",
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
            "is connect native and requires the `task`",
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
fn cleanup_has_a_known_mode_and_keeps_nothing_for_others() {
    for (patch, want) in [
        (json!({"Cleanup": {}}), "cleanup needs a mode"),
        (json!({"Cleanup": {"Mode": "soon"}}), "unknown cleanup mode `soon`"),
        (json!({"Cleanup": {"Mode": "immediate", "Retention": "1h"}}), "keeps nothing"),
        (json!({"Cleanup": {"Mode": "retention", "Retention": -1}}), "Retention must not be negative"),
        (json!({"Cleanup": {"Mode": "immediate"}, "EphemeralDisk": {"Sticky": true}}), "one or the other"),
    ] {
        assert_refused("batch", &in_group(&patch), want);
    }
}

#[test]
fn rules_of_policies_are_refused_with_their_texts() {
    for (kind, patch, fragment) in [
        ("service", json!({"Migrate": {"HealthCheck": "manual"}}), "must be `checks` or `task_states`"),
        ("service", json!({"Migrate": {"HealthCheck": "often"}}), "unknown health_check `often`"),
        ("service", json!({"Disconnect": {"Reconcile": "first"}}), "unknown disconnect reconcile `first`"),
        (
            "service",
            json!({"Disconnect": {"LostAfter": "1h", "StopOnClientAfter": "1m"}}),
            "`lost_after` and `stop_on_client_after` exclude each other",
        ),
        ("system", json!({"Disconnect": {"StopOnClientAfter": "1m"}}), "service and batch jobs only"),
        ("service", json!({"Scaling": {"Min": 1}}), "`max` must be given"),
        (
            "service",
            json!({"Count": 9, "Scaling": {"Min": 1, "Max": 5}}),
            "must not be greater than maximum count",
        ),
        (
            "service",
            json!({"Count": 1, "Scaling": {"Min": 2, "Max": 5}}),
            "must not be less than minimum count",
        ),
        ("service", json!({"MaxRunDuration": "1h"}), "max_run_duration can only be used with"),
        ("batch", json!({"MaxRunDuration": 0}), "max_run_duration must be greater than zero"),
    ] {
        assert_refused(kind, &in_group(&patch), fragment);
    }
}

#[test]
fn rules_of_volumes_are_refused_with_their_texts() {
    let volume = |volume: Value| in_group(&json!({"Volumes": {"v": volume}}));
    for (kind, patch, fragment) in [
        ("service", volume(json!({"Source": "s"})), "volume has no type"),
        (
            "service",
            volume(json!({"Type": "nfs", "Source": "s"})),
            "unknown volume type `nfs`; expected one of: host, csi",
        ),
        ("service", volume(json!({"Type": "host"})), "volume has an empty source"),
        (
            "service",
            volume(json!({"Type": "host", "Source": "s", "MountOptions": {"FSType": "ext4"}})),
            "host volumes cannot have mount options",
        ),
        ("service", volume(json!({"Type": "csi", "Source": "s"})), "CSI volumes must have an access mode"),
        (
            "service",
            volume(
                json!({"Type": "csi", "Source": "s", "AccessMode": "multi-node-reader-only", "AttachmentMode": "file-system"}),
            ),
            "volumes must be read-only",
        ),
        (
            "system",
            volume(json!({"Type": "host", "Source": "s", "PerAlloc": true})),
            "volume cannot be per_alloc for system or sysbatch jobs",
        ),
        (
            "service",
            volume(json!({"Type": "host", "Source": "s", "PerAlloc": true, "Sticky": true})),
            "per_alloc and sticky",
        ),
        (
            "service",
            in_task(&json!({"VolumeMounts": [{"Volume": "logs", "Destination": "/x"}]})),
            "Volume Mount (0) references undefined volume logs",
        ),
        (
            "service",
            in_task(&json!({"VolumeMounts": [{"Volume": "logs", "PropagationMode": "up"}]})),
            "unknown volume_mount propagation_mode `up`",
        ),
    ] {
        assert_refused(kind, &patch, fragment);
    }
}

#[test]
fn rules_of_task_blocks_are_refused_with_their_texts() {
    let template = |template: Value| in_task(&json!({"Templates": [template]}));
    for (patch, fragment) in [
        (in_task(&json!({"KillSignal": "SIGFOO"})), "kill_signal `SIGFOO` is not a signal"),
        (template(json!({"DestPath": "local/x"})), "Must specify a source path or have an embedded template"),
        (template(json!({"EmbeddedTmpl": "x"})), "Must specify a destination"),
        (template(json!({"EmbeddedTmpl": "x", "DestPath": "../../x"})), "escapes the allocation directory"),
        (
            template(json!({"EmbeddedTmpl": "x", "DestPath": "local/x", "ChangeMode": "script"})),
            "needs a `change_script` block",
        ),
        (
            template(json!({"EmbeddedTmpl": "x", "DestPath": "local/x", "ChangeMode": "reload"})),
            "unknown template change_mode `reload`; expected one of: restart, noop, signal, script",
        ),
        (
            template(json!({"EmbeddedTmpl": "x", "DestPath": "local/x", "Perms": "0999"})),
            "not an octal number",
        ),
        (
            template(
                json!({"EmbeddedTmpl": "x", "DestPath": "local/x", "Envvars": true, "ChangeMode": "signal"}),
            ),
            "cannot use signals with env var templates",
        ),
        (
            in_task(&json!({"Templates": [
                {"EmbeddedTmpl": "x", "DestPath": "local/x"}, {"EmbeddedTmpl": "y", "DestPath": "local/x"}]})),
            "Template 2 has same destination as 1",
        ),
        (in_task(&json!({"Identities": [{"Name": "a b"}]})), "identity name `a b` must have"),
        (in_task(&json!({"Identity": {"TTL": "1h"}})), "the default `identity` takes no `ttl`"),
        (in_task(&json!({"Identities": [{"Name": "a", "Filepath": "x"}]})), "`filepath` needs `file = true`"),
        (in_task(&json!({"Identities": [{"Name": "a", "ChangeMode": "signal"}]})), "needs a `change_signal`"),
        (in_task(&json!({"Identities": [{"Name": "a"}, {"Name": "a"}]})), "identity name `a` is used twice"),
        (
            in_task(&json!({"Secrets": [{"Name": "a-b", "Provider": "x", "Path": "p"}]})),
            "letters, digits or underscores",
        ),
        (in_task(&json!({"Secrets": [{"Name": "a", "Path": "p"}]})), "secret needs a `provider`"),
        (in_task(&json!({"Actions": [{"Name": "a b", "Command": "x"}]})), "Action name `a b` must have"),
        (in_task(&json!({"Actions": [{"Name": "a"}]})), "Action needs a command"),
        (in_task(&json!({"CSIPluginConfig": {"ID": "x"}})), "csi_plugin needs a `type`"),
        (
            in_task(&json!({"Schedule": {"Cron": {"Start": "0 9", "End": "0 17"}}})),
            "`start` takes 6 cron fields, got 2",
        ),
        (in_task(&json!({"ScalingPolicies": [{"Type": "disk", "Max": 1}]})), "a task scales `cpu` or `mem`"),
        (in_task(&json!({"Kind": "sidecar"})), "task kind `sidecar` is unknown"),
        (in_task(&json!({"Resources": {"Devices": [{"Name": "a/b/c/d"}]}})), "must be `type`, `vendor/type`"),
        (in_task(&json!({"Resources": {"NUMA": {"Devices": ["gpu"]}}})), "is none of the task's devices"),
    ] {
        assert_refused("service", &patch, fragment);
    }
}

#[test]
fn rules_of_checks_are_refused_with_their_texts() {
    let check = |check: Value| {
        let mut check = check;
        crate::support::merge(&mut check, &json!({"Interval": "5s", "Timeout": "1s"}));
        in_group(&json!({"Networks": [{"DynamicPorts": [{"Label": "http"}]}],
            "Services": [{"Name": "s", "Provider": "nomad", "PortLabel": "http", "Checks": [check]}]}))
    };
    for (patch, fragment) in [
        (check(json!({})), "check needs a `type`"),
        (
            check(json!({"Type": "ping"})),
            "unknown check type `ping`; expected one of: http, tcp, grpc, script",
        ),
        (check(json!({"Type": "tcp", "AddressMode": "auto"})), "unknown check address_mode `auto`"),
        (
            check(json!({"Type": "tcp", "TLSServerName": "x"})),
            "`tls_server_name` is for checks of the provider consul",
        ),
        (
            check(json!({"Type": "tcp", "OnUpdate": "ignore", "CheckRestart": {"Limit": 1}})),
            "incompatible with check_restart",
        ),
        (
            check(json!({"Type": "tcp", "PortLabel": "grpc"})),
            "port label \"grpc\" referenced by services s does not exist",
        ),
        (in_group(&json!({"Services": [{"Name": "a_b"}]})), "Service name `a_b` must have"),
        (in_group(&json!({"Services": [{"Name": "a", "TaskName": "x"}]})), "refers to task x"),
        (
            in_task(&json!({"Services": [{"Name": "a", "TaskName": "u"}]})),
            "Service may only name its own task",
        ),
        (in_task(&json!({"Services": [{"Name": "a", "PortLabel": "80"}]})), "needs address_mode \"driver\""),
        (
            in_group(&json!({"Services": [{"Name": "a", "AddressMode": "driver"}]})),
            "can only be used in task services",
        ),
        (
            in_group(&json!({"Services": [{"Name": "a", "Connect": {"SidecarService": {}}}]})),
            "connect sidecars require the network mode bridge",
        ),
    ] {
        assert_refused("service", &patch, fragment);
    }
}

#[test]
fn versions_to_compare_with_must_be_versions() {
    let constraint = |operand: &str, right: &str| json!({"Constraints": [{"LTarget": "${attr.a}", "Operand": operand, "RTarget": right}]});
    assert_refused("service", &constraint("version", ">= one"), "Version constraint is invalid");
    assert_refused("service", &constraint("semver", "~> 1.2"), "Semver constraint is invalid");
    for (operand, right) in
        [("version", ">= 1.2, < 2"), ("version", "~> 1.2"), ("semver", ">= 1.2.0"), ("version", "${attr.b}")]
    {
        assert!(outcome(&job("service", &constraint(operand, right))).is_ok(), "{operand} {right}");
    }
}

fn allow(allow: &serde_json::Value) -> serde_json::Value {
    json!({"ParameterizedJob": {"Allow": allow}})
}

#[test]
fn what_a_dispatch_may_set_is_kept_in_one_form() {
    let patch = allow(&json!({
        "Constraints": {"meta.ou": {"Values": ["finance"]}}, "Nodes": 3, "CPU": {"t": {"Min": 1, "Max": 9}},
    }));
    let job = outcome(&job("batch", &patch)).unwrap().job;
    let shown = serde_json::to_value(muster_jobspec::view(&job)).unwrap();
    let expected = json!({
        "Constraints": {"${meta.ou}": {"Operators": ["="], "Values": ["finance"], "Required": false}},
        "Nodes": 3, "NodePools": null, "Datacenters": null, "Counts": null,
        "CPU": {"t": {"Min": 1, "Max": 9}}, "Memory": null,
    });
    assert_eq!(shown["ParameterizedJob"]["Allow"], expected);
}
