//! Deciding what a view shows gives back the job, for any job; and no input whatever makes deciding fail to answer.
#![expect(clippy::unwrap_used, reason = "tests")]

use muster_jobspec::{JobInput, Limits, decide, parse_json, validation_message, view};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn text() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9_-]{0,7}"
}

fn texts() -> impl Strategy<Value = Value> {
    prop::collection::btree_map(text(), ".{0,6}", 0..3).prop_map(|map| json!(map))
}

/// Absent, null or given: the three ways to write a member.
fn maybe(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Option<Value>> {
    prop_oneof![1 => Just(None), 1 => Just(Some(Value::Null)), 4 => value.prop_map(Some)]
}

fn object(members: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let (names, values): (Vec<_>, Vec<_>) =
        members.into_iter().map(|(name, value)| (name, maybe(value))).unzip();
    values
        .prop_map(move |values| {
            let given =
                names.iter().zip(values).filter_map(|(name, value)| Some(((*name).to_owned(), value?)));
            Value::Object(given.collect::<Map<_, _>>())
        })
        .boxed()
}

fn one_of(choices: &'static [&'static str]) -> BoxedStrategy<Value> {
    prop::sample::select(choices).prop_map(Value::from).boxed()
}

fn whole(range: std::ops::Range<i64>) -> BoxedStrategy<Value> {
    range.prop_map(Value::from).boxed()
}

fn flag() -> BoxedStrategy<Value> {
    any::<bool>().prop_map(Value::from).boxed()
}

fn seconds(range: std::ops::Range<i64>) -> BoxedStrategy<Value> {
    prop_oneof![
        range.clone().prop_map(|count| json!(format!("{count}s"))),
        range.prop_map(|count| json!(count * 1_000_000_000))
    ]
    .boxed()
}

fn list(item: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    prop::collection::vec(item, 0..3).prop_map(Value::from).boxed()
}

fn constraint() -> BoxedStrategy<Value> {
    let operators =
        &["", "=", "==", "is", "!=", "not", ">", "version", "regexp", "set_contains", "set_contains_all"];
    (one_of(operators), text())
        .prop_map(|(operator, right)| {
            let right = if operator == "version" { ">= 1.2, < 2".to_owned() } else { right };
            json!({"LTarget": "${attr.a}", "Operand": operator, "RTarget": right})
        })
        .boxed()
}

fn affinity() -> BoxedStrategy<Value> {
    (constraint(), 1..100_i64, any::<bool>())
        .prop_map(|(mut affinity, weight, repels)| {
            affinity["Weight"] = json!(if repels { -weight } else { weight });
            affinity
        })
        .boxed()
}

fn spread() -> BoxedStrategy<Value> {
    (1..100_i64, 0..50_i64)
        .prop_map(|(weight, percent)| {
            json!({"Attribute": "${node.datacenter}", "Weight": weight,
                "SpreadTarget": [{"Value": "a", "Percent": percent}, {"Value": "b", "Percent": percent}]})
        })
        .boxed()
}

fn restart() -> BoxedStrategy<Value> {
    object(vec![
        ("Attempts", whole(1..4)),
        ("Interval", seconds(600..6_000)),
        ("Delay", seconds(0..100)),
        ("Mode", one_of(&["fail", "delay", ""])),
        ("RenderTemplates", flag()),
    ])
}

fn reschedule() -> BoxedStrategy<Value> {
    let limited = (1..4_i64, seconds(5..60), one_of(&["constant", "exponential", "fibonacci"])).prop_map(
        |(attempts, delay, function)| {
            json!({"Attempts": attempts, "Unlimited": false, "Interval": "24h", "Delay": delay,
                "DelayFunction": function, "MaxDelay": "1h"})
        },
    );
    let never = Just(json!({"Attempts": 0, "Unlimited": false}));
    prop_oneof![limited, never].boxed()
}

const MAIN_TASK: &str = "t";

fn task(name: &'static str) -> BoxedStrategy<Value> {
    let artifact = object(vec![
        ("GetterMode", one_of(&["any", "file", "dir"])),
        ("RelativeDest", one_of(&["local/x", "", "../alloc/x"])),
        ("GetterHeaders", texts().boxed()),
        ("GetterInsecure", flag()),
        ("Chown", flag()),
    ])
    .prop_map(|mut artifact| {
        artifact["GetterSource"] = json!("https://x.test/a/b.zip");
        artifact
    });
    let resources = prop_oneof![
        object(vec![("CPU", whole(1..10_000)), ("MemoryMB", whole(10..10_000))]),
        object(vec![("MemoryMaxMB", whole(400..500))]),
    ];
    let config =
        prop_oneof![Just(json!({"command": "x", "args": ["a", 1, 1.5, -3, true, {"k": [null]}]})), texts()];
    object(vec![
        ("User", text().prop_map(Value::from).boxed()),
        ("Config", config.boxed()),
        ("Env", texts().boxed()),
        ("Meta", texts().boxed()),
        ("Constraints", list(constraint())),
        ("Affinities", list(affinity())),
        ("Resources", resources.boxed()),
        ("RestartPolicy", restart()),
        ("Artifacts", list(artifact.boxed())),
        (
            "LogConfig",
            object(vec![("MaxFiles", whole(1..5)), ("MaxFileSizeMB", whole(1..5)), ("Enabled", flag())]),
        ),
        ("KillTimeout", seconds(0..100)),
        ("KillSignal", one_of(&["SIGINT", ""])),
        (
            "Lifecycle",
            one_of(&["prestart", "poststart", "poststop"]).prop_map(|hook| json!({"Hook": hook})).boxed(),
        ),
        ("ShutdownDelay", seconds(0..100)),
        ("DispatchPayload", Just(json!({"File": "in/payload.bin"})).boxed()),
        ("Templates", template()),
        ("Vault", object(vec![("Role", text().prop_map(Value::from).boxed()), ("Env", flag())])),
        ("VolumeMounts", Just(json!([{"Volume": "v", "Destination": "/v"}])).boxed()),
        ("Identity", object(vec![("Env", flag()), ("File", flag())])),
        (
            "Identities",
            object(vec![("TTL", seconds(0..900)), ("Audience", Just(json!(["a", "b"])).boxed())])
                .prop_map(|mut identity| {
                    identity["Name"] = json!("cloud");
                    json!([identity])
                })
                .boxed(),
        ),
        ("Actions", Just(json!([{"Name": "a", "Command": "b", "Args": ["c"]}])).boxed()),
        ("Consul", object(vec![("Namespace", text().prop_map(Value::from).boxed())])),
    ])
    .prop_map(move |mut task| {
        task["Name"] = json!(name);
        task["Driver"] = json!("raw_exec");
        // Every group has one main task at least.
        if name == MAIN_TASK
            && let Some(task) = task.as_object_mut()
        {
            task.remove("Lifecycle");
        }
        task
    })
    .boxed()
}

fn template() -> BoxedStrategy<Value> {
    object(vec![
        ("ChangeMode", one_of(&["noop", "restart", "signal", ""])),
        ("Splay", seconds(0..90)),
        ("Perms", one_of(&["", "0600"])),
        ("Uid", whole(-1..2_000)),
        ("Once", flag()),
        ("Wait", object(vec![("Min", seconds(1..5)), ("Max", seconds(5..9))])),
        ("ErrMissingKey", flag()),
    ])
    .prop_map(|mut template| {
        template["EmbeddedTmpl"] = json!("{{ env \"A\" }}");
        template["DestPath"] = json!("local/a");
        json!([template])
    })
    .boxed()
}

fn service() -> BoxedStrategy<Value> {
    object(vec![
        ("Name", one_of(&["web", "${JOB}-web", ""])),
        ("Tags", Just(json!(["a"])).boxed()),
        ("Provider", one_of(&["consul", "nomad", ""])),
        ("AddressMode", one_of(&["auto", "host", ""])),
        ("Meta", texts().boxed()),
        ("Weights", object(vec![("Passing", whole(1..5))])),
        ("CheckRestart", object(vec![("Limit", whole(1..4)), ("Grace", seconds(1..90))])),
        ("OnUpdate", one_of(&["require_healthy", ""])),
    ])
    .prop_map(|mut service| {
        service["PortLabel"] = json!("a");
        service["Checks"] = json!([{"Type": "tcp", "Interval": "5s", "Timeout": "2s"}]);
        json!([service])
    })
    .boxed()
}

fn network() -> BoxedStrategy<Value> {
    (one_of(&["host", "bridge", "cni/x", "none", ""]), 0..60_000_u16, -1..60_000_i32)
        .prop_map(|(mode, port, to)| {
            json!([{"Mode": mode,
                "DynamicPorts": [{"Label": "a", "To": to, "Value": port}],
                "ReservedPorts": [{"Label": "b"}, {"Label": "c", "Value": port, "HostNetwork": "lan"}]}])
        })
        .boxed()
}

fn group() -> BoxedStrategy<Value> {
    let members = object(vec![
        ("Count", whole(0..20)),
        ("Constraints", list(constraint())),
        ("Affinities", list(affinity())),
        ("Spreads", list(spread())),
        ("Meta", texts().boxed()),
        ("RestartPolicy", restart()),
        ("ReschedulePolicy", reschedule()),
        ("EphemeralDisk", object(vec![("SizeMB", whole(300..900)), ("Sticky", flag()), ("Migrate", flag())])),
        (
            "Cleanup",
            one_of(&["after_read", "retention"])
                .prop_map(|mode| json!({"Mode": mode, "Retention": "5m"}))
                .boxed(),
        ),
        ("ShutdownDelay", seconds(0..100)),
        ("Disconnect", object(vec![("LostAfter", seconds(0..900)), ("Replace", flag())])),
        ("Consul", object(vec![("Cluster", one_of(&["", "blue"]))])),
    ]);
    (members, task(MAIN_TASK), task("u"), network(), service())
        .prop_map(|(mut group, first, second, networks, services)| {
            group["Networks"] = networks;
            group["Services"] = services;
            group["Volumes"] = json!({"v": {"Type": "host", "Source": "s", "ReadOnly": true}});
            group["Name"] = json!("g");
            // What is kept for the next allocation is not cleaned up.
            let kept = group["EphemeralDisk"]["Sticky"] == true || group["EphemeralDisk"]["Migrate"] == true;
            if let Some(group) = group.as_object_mut().filter(|_| kept) {
                group.remove("Cleanup");
            }
            group["Tasks"] = json!([first, second]);
            group
        })
        .boxed()
}

fn job() -> impl Strategy<Value = Value> {
    let members = object(vec![
        ("Name", "[a-z][a-z0-9-]{0,7}".prop_map(Value::from).boxed()),
        ("Region", text().prop_map(Value::from).boxed()),
        ("Namespace", text().prop_map(Value::from).boxed()),
        ("Priority", whole(1..101)),
        ("AllAtOnce", flag()),
        ("Datacenters", one_of(&["dc1", "*"]).prop_map(|name| json!([name])).boxed()),
        ("NodePool", text().prop_map(Value::from).boxed()),
        ("Constraints", list(constraint())),
        ("Affinities", list(affinity())),
        ("Spreads", list(spread())),
        ("Meta", texts().boxed()),
        ("Stop", flag()),
    ]);
    (members, one_of(&["service", "batch"]), "[a-z][a-z0-9]{0,7}", group()).prop_map(
        |(mut job, kind, id, group)| {
            if kind == "service" {
                job["Update"] = json!({"Canary": 1, "AutoRevert": true, "MaxParallel": 2});
                job["Migrate"] = json!({"MaxParallel": 3});
            } else {
                job["Periodic"] = json!({"Specs": ["*/5 * * * *"]});
                job["ParameterizedJob"] = json!({"MetaRequired": ["a"]});
            }
            job["ID"] = json!(id);
            job["Type"] = kind;
            job["TaskGroups"] = json!([group]);
            job
        },
    )
}

/// Any value at all: what a hostile body may hold in place of a member.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(json!(i64::MIN)),
        Just(json!(i64::MAX)),
        ".{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| prop::collection::vec(inner, 0..3).prop_map(Value::from))
}

/// Replaces the `at`-th leaf below `value`.
fn replace_leaf(value: &mut Value, at: &mut usize, with: &Value) {
    match value {
        Value::Object(map) => map.values_mut().for_each(|inner| replace_leaf(inner, at, with)),
        Value::Array(list) => list.iter_mut().for_each(|inner| replace_leaf(inner, at, with)),
        leaf => {
            if *at == 0 {
                *leaf = with.clone();
            }
            *at = at.wrapping_sub(1);
        }
    }
}

fn input(job: &Value) -> JobInput {
    parse_json(job.to_string().as_bytes()).unwrap()
}

proptest! {
    // A whole job a case: few cases see every member many times, and the suite stays quick.
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn deciding_a_view_gives_back_the_job(job in job()) {
        let first = decide(input(&job), &Limits::default()).map_err(|errors| validation_message(&errors)).unwrap().job;
        let shown = serde_json::to_value(view(&first)).unwrap();
        let second = decide(input(&shown), &Limits::default()).unwrap();
        prop_assert_eq!(&second.job, &first);
        let remarks = second.remarks();
        prop_assert_eq!(&serde_json::to_value(view(&second.job)).unwrap(), &shown);
        prop_assert_eq!(decide(input(&shown), &Limits::default()).unwrap().remarks(), remarks);
    }

    #[test]
    fn input_survives_being_written(job in job()) {
        let read = input(&job);
        prop_assert_eq!(input(&serde_json::to_value(&read).unwrap()), read);
    }

    #[test]
    fn a_hostile_member_is_answered(job in job(), mut at in 0_usize..80, with in anything()) {
        let mut job = job;
        replace_leaf(&mut job, &mut at, &with);
        if let Ok(input) = parse_json(job.to_string().as_bytes())
            && let Err(errors) = decide(input, &Limits::default())
        {
            prop_assert!(!errors.is_empty());
            prop_assert!(!validation_message(&errors).is_empty());
        }
    }
}

/// A check of a task's service names the task already when it is decided first, not only when its view is.
#[test]
fn a_check_takes_over_the_task_of_its_service_at_once() {
    for kind in ["script", "tcp", "http", "grpc"] {
        let check =
            json!({"Type": kind, "Command": "/bin/true", "Path": "/", "Interval": "5s", "Timeout": "2s"});
        let service = json!({"Name": "web", "PortLabel": "a", "Checks": [check]});
        let job = json!({"ID": "a", "TaskGroups": [{
            "Name": "g",
            "Networks": [{"DynamicPorts": [{"Label": "a"}]}],
            "Tasks": [{"Name": "t", "Driver": "raw_exec", "Services": [service]}],
        }]});
        let first = decide(input(&job), &Limits::default())
            .map_err(|errors| validation_message(&errors))
            .unwrap()
            .job;
        let shown = serde_json::to_value(view(&first)).unwrap();
        assert_eq!(shown["TaskGroups"][0]["Tasks"][0]["Services"][0]["Checks"][0]["TaskName"], "t", "{kind}");
        assert_eq!(decide(input(&shown), &Limits::default()).unwrap().job, first, "{kind}");
    }
}
