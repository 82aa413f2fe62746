//! The walk over hand-made trees; whole files are in the crate's `tests/`.
#![expect(clippy::unwrap_used, reason = "tests")]

use muster_hcl::{Attribute, Block, Body, Label, Number, Span, Value as Hcl};
use serde_json::{Value, json};

use super::schema::{Kind, Many, Schema};
use super::*;
use crate::input::TaskInput;

fn attribute(name: &str, value: Hcl) -> Attribute {
    Attribute { name: name.into(), name_span: Span::default(), value, value_span: Span::default() }
}

fn block(kind: &str, label: Option<&str>, attributes: Vec<Attribute>, blocks: Vec<Block>) -> Block {
    let labels = label.map(|text| Label { text: text.into(), span: Span::default() }).into_iter().collect();
    let body = Body { attributes, blocks, span: Span::default() };
    Block { kind: kind.into(), kind_span: Span::default(), labels, body, span: Span::default() }
}

fn file(job: Block) -> Body {
    Body { attributes: Vec::new(), blocks: vec![job], span: Span::default() }
}

fn text(value: &str) -> Hcl {
    Hcl::String(value.into())
}

fn number(value: i64) -> Hcl {
    Hcl::Number(Number::from(value))
}

/// A value of each kind that is not the kind's zero.
fn sample(kind: Kind) -> Hcl {
    match kind {
        Kind::Text => text("text"),
        Kind::Int => number(7),
        Kind::Bool => Hcl::Bool(true),
        Kind::Duration => text("7s"),
        Kind::Texts => Hcl::List(vec![text("a")]),
        Kind::Ints => Hcl::List(vec![number(7)]),
        Kind::TextMap | Kind::FreeMap => Hcl::Map(vec![("key".into(), text("a"))]),
        Kind::TextsMap => Hcl::Map(vec![("key".into(), Hcl::List(vec![text("a")]))]),
    }
}

/// A block with every attribute and every block its schema knows, all the way down.
fn everything(kind: &str, schema: &'static Schema) -> Block {
    let plain = schema.attributes.iter().filter(|attribute| !attribute.member.starts_with('#'));
    let attributes = plain.map(|known| attribute(known.name, sample(known.kind))).collect();
    let blocks = schema.blocks.iter().map(|nested| everything(nested.name, nested.schema)).collect();
    block(kind, schema.label.map(|_| "label"), attributes, blocks)
}

/// Whether everything in `part` is in `whole`.
fn assert_within(part: &Value, whole: &Value, path: &str) {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            for (key, value) in part {
                let inner = whole.get(key).unwrap_or(&Value::Null);
                assert_within(value, inner, &format!("{path}.{key}"));
            }
        }
        (Value::Array(part), Value::Array(whole)) => {
            assert_eq!(part.len(), whole.len(), "{path}");
            for (at, (part, whole)) in part.iter().zip(whole).enumerate() {
                assert_within(part, whole, &format!("{path}[{at}]"));
            }
        }
        _ => assert_eq!(part, whole, "lost on the way to the input type: {path}"),
    }
}

#[test]
fn every_attribute_and_block_reaches_the_input_types() {
    let mut found = Vec::new();
    let members = Value::Object(walk::block(&everything("job", &JOB), &JOB, &mut found));
    assert_eq!(found, []);
    let input: JobInput = muster_gojson::from_value(members.clone()).unwrap();
    assert_within(&members, &serde_json::to_value(input).unwrap(), "Job");
    assert!(!members.to_string().contains("\"#"), "an unfinished member");
}

#[test]
fn no_name_stands_twice_in_a_schema_and_labels_match_their_blocks() {
    suggest::visit(&JOB, &mut |schema| {
        let mut names: Vec<_> = schema.attributes.iter().map(|attribute| attribute.name).collect();
        names.extend(schema.blocks.iter().map(|nested| nested.name));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{}", schema.name);
        for nested in schema.blocks {
            assert!(nested.many != Many::ByLabel || nested.schema.label.is_some(), "{}", nested.name);
        }
    });
}

fn job_with(attributes: Vec<Attribute>, blocks: Vec<Block>) -> Result<JobInput, Vec<Diagnostic>> {
    from_body(&file(block("job", Some("x"), attributes, blocks)))
}

fn complaint(attributes: Vec<Attribute>, blocks: Vec<Block>) -> String {
    let found = job_with(attributes, blocks).unwrap_err();
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_label_is_id_and_name_unless_attributes_say_otherwise() {
    let job = job_with(vec![], vec![]).unwrap();
    assert_eq!((job.id.as_deref(), job.name.as_deref()), (Some("x"), Some("x")));
    let job = job_with(vec![attribute("id", text("y")), attribute("name", text("z"))], vec![]).unwrap();
    assert_eq!((job.id.as_deref(), job.name.as_deref()), (Some("y"), Some("z")));
}

#[test]
fn values_convert_where_nothing_is_lost() {
    let job = job_with(
        vec![
            attribute("priority", text("70")),
            attribute("all_at_once", text("true")),
            attribute("region", number(7)),
            attribute("node_pool", Hcl::Null),
            attribute("meta", Hcl::Map(vec![("n".into(), number(1)), ("b".into(), Hcl::Bool(true))])),
        ],
        vec![],
    )
    .unwrap();
    assert_eq!((job.priority, job.all_at_once, job.region.as_deref()), (Some(70), Some(true), Some("7")));
    assert_eq!(job.node_pool, None);
    assert_eq!(serde_json::to_value(job.meta).unwrap(), json!({"n": "1", "b": "true"}));
}

#[test]
fn wrong_types_are_named() {
    for (name, value, expected) in [
        ("priority", text("high"), "`priority`: expected a whole number, got \"high\""),
        (
            "priority",
            Hcl::Number(Number::from_f64(1.5).unwrap()),
            "`priority`: expected a whole number, got 1.5",
        ),
        (
            "datacenters",
            text("dc1"),
            "`datacenters`: expected a list of strings, got \"dc1\"; write `[\"dc1\"]`",
        ),
        (
            "datacenters",
            Hcl::List(vec![Hcl::List(vec![])]),
            "expected a list of strings, got a list with a list",
        ),
        ("all_at_once", text("maybe"), "`all_at_once`: expected true or false, got \"maybe\""),
        ("region", Hcl::List(vec![]), "`region`: expected a string, got a list"),
        ("meta", text("x"), "`meta`: expected a map of strings, got \"x\""),
        ("meta", Hcl::Map(vec![("k".into(), Hcl::List(vec![]))]), "got a map whose `k` is a list"),
    ] {
        let text = complaint(vec![attribute(name, value)], vec![]);
        assert!(text.contains(expected), "{text}");
    }
    let group = block("group", Some("g"), vec![attribute("shutdown_delay", text("5"))], vec![]);
    let text = complaint(vec![], vec![group]);
    assert!(
        text.contains("`shutdown_delay`: expected a duration, got \"5\"; write a number with a unit"),
        "{text}"
    );
}

#[test]
fn unknown_names_get_the_closest_one_and_their_home() {
    for (attributes, blocks, expected) in [
        (vec![attribute("datacentres", Hcl::List(vec![]))], vec![], "did you mean `datacenters`?"),
        (vec![attribute("driver", text("x"))], vec![], "`driver` is allowed in `sidecar_task`, `task`"),
        (vec![attribute("zzzzzz", text("x"))], vec![], "`job` allows `region`, `namespace`"),
        (
            vec![],
            vec![block("grup", Some("g"), vec![], vec![])],
            "unknown block `grup` in `job`; did you mean `group`?",
        ),
        (vec![], vec![block("artifact", None, vec![], vec![])], "`artifact` is allowed in `task`"),
        (
            vec![attribute("group", text("x"))],
            vec![],
            "`group` is a block, not an attribute; write `group \"name\" { … }`",
        ),
        (
            vec![],
            vec![block("type", None, vec![], vec![])],
            "`type` is an attribute, not a block; write `type = …`",
        ),
    ] {
        let text = complaint(attributes, blocks);
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn labels_and_repeats_are_checked() {
    let mut two_labels = block("group", Some("a"), vec![], vec![]);
    two_labels.labels.push(Label { text: "b".into(), span: Span::default() });
    let update = || block("update", None, vec![], vec![]);
    for (blocks, expected) in [
        (
            vec![block("group", None, vec![], vec![])],
            "`group` needs a label; name it, as in `group \"name\" { … }`",
        ),
        (vec![block("update", Some("u"), vec![], vec![])], "`update` takes no label, got \"u\""),
        (vec![two_labels], "`group` takes one label, got a second one: \"b\""),
        (vec![update(), update()], "a second `update` block; only one is allowed here"),
    ] {
        let text = complaint(vec![], blocks);
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn everything_wrong_is_reported_at_once() {
    let group = block("group", Some("g"), vec![attribute("cuont", number(1))], vec![]);
    let found = job_with(vec![attribute("priority", text("x")), attribute("nope", text("x"))], vec![group])
        .unwrap_err();
    assert_eq!(found.len(), 3, "{found:?}");
}

#[test]
fn a_file_holds_exactly_one_job() {
    let job = || block("job", Some("x"), vec![], vec![]);
    let two = Body { blocks: vec![job(), job()], ..Body::default() };
    assert!(from_body(&two).unwrap_err()[0].summary.contains("a second `job` block"));
    assert!(from_body(&Body::default()).unwrap_err()[0].summary.contains("holds no `job` block"));
    let other = Body { blocks: vec![job(), block("locals", None, vec![], vec![])], ..Body::default() };
    assert!(from_body(&other).is_ok());
    let other = Body { blocks: vec![job(), block("server", None, vec![], vec![])], ..Body::default() };
    assert!(from_body(&other).unwrap_err()[0].summary.contains("unknown block `server`"));
}

#[test]
fn shorthands_become_operators() {
    let constraint = |attributes| block("constraint", None, attributes, vec![]);
    let job = job_with(
        vec![],
        vec![
            constraint(vec![attribute("attribute", text("${attr.a}")), attribute("version", text(">= 1"))]),
            constraint(vec![attribute("distinct_hosts", Hcl::Bool(true))]),
            constraint(vec![
                attribute("distinct_property", text("${meta.rack}")),
                attribute("value", number(2)),
            ]),
        ],
    )
    .unwrap();
    assert_eq!(
        serde_json::to_value(job.constraints).unwrap(),
        json!([
            {"LTarget": "${attr.a}", "RTarget": ">= 1", "Operand": "version"},
            {"LTarget": null, "RTarget": null, "Operand": "distinct_hosts"},
            {"LTarget": "${meta.rack}", "RTarget": "2", "Operand": "distinct_property"},
        ])
    );
    let two = constraint(vec![attribute("version", text("1")), attribute("regexp", text("1"))]);
    assert!(complaint(vec![], vec![two]).contains("more than one operator"));
}

#[test]
fn ports_split_by_whether_they_are_static() {
    let port = |name, attributes| block("port", Some(name), attributes, vec![]);
    let ports = vec![
        port("http", vec![attribute("to", number(-1))]),
        port("ssh", vec![attribute("static", number(22))]),
    ];
    let group = block("group", Some("g"), vec![], vec![block("network", None, vec![], ports)]);
    let groups = job_with(vec![], vec![group]).unwrap().task_groups;
    assert_eq!(
        serde_json::to_value(&groups).unwrap()[0]["Networks"],
        json!([{"DynamicPorts": [{"Label": "http", "To": -1}], "ReservedPorts": [{"Label": "ssh", "Value": 22}]}])
    );
}

#[test]
fn a_task_in_the_job_is_a_group_of_one_and_secrets_reach_every_task() {
    let task = block("task", Some("t"), vec![attribute("driver", text("raw_exec"))], vec![]);
    let own = block("secret", Some("own"), vec![], vec![]);
    let inner = block(
        "task",
        Some("u"),
        vec![],
        vec![own, block("vault", None, vec![attribute("role", text("r"))], vec![])],
    );
    let group = block("group", Some("g"), vec![], vec![inner]);
    let shared = block("secret", Some("shared"), vec![], vec![]);
    let job = job_with(vec![], vec![task, group, shared, block("vault", None, vec![], vec![])]).unwrap();
    let groups = job.task_groups.unwrap();
    let names = |task: &TaskInput| {
        task.secrets.iter().flatten().filter_map(|secret| secret.name.clone()).collect::<Vec<_>>()
    };
    let role = |task: &TaskInput| task.vault.clone().unwrap().role;
    assert_eq!((groups[1].name.as_deref(), groups[1].count), (Some("t"), Some(1)));
    let (alone, inner) = (&groups[1].tasks.as_ref().unwrap()[0], &groups[0].tasks.as_ref().unwrap()[0]);
    assert_eq!((role(alone), names(alone)), (None, vec!["shared".to_owned()]));
    assert_eq!(
        (role(inner), names(inner)),
        (Some("r".to_owned()), vec!["own".to_owned(), "shared".to_owned()])
    );
}

#[test]
fn driver_configuration_is_free_form() {
    let mount = |target| block("mount", None, vec![attribute("target", text(target))], vec![]);
    let config = block(
        "config",
        None,
        vec![attribute("command", text("/bin/true")), attribute("n", number(3))],
        vec![mount("/a"), mount("/b"), block("auth", Some("hub"), vec![], vec![])],
    );
    let task = block("task", Some("t"), vec![], vec![config]);
    let job = job_with(vec![], vec![task]).unwrap();
    assert_eq!(
        serde_json::to_value(job.task_groups).unwrap()[0]["Tasks"][0]["Config"],
        json!({
            "command": "/bin/true", "n": 3,
            "mount": [{"target": "/a"}, {"target": "/b"}],
            "auth": [{"hub": [{}]}],
        })
    );
}
