//! Expressions against objects, and texts against the parser.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use muster_filter::{Filter, Fuel, Noun, Problem, parse};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "only its shape is used")]
struct Thing {
    name: String,
    priority: i64,
    stop: Option<bool>,
    ratio: f64,
    datacenters: Vec<String>,
    ports: Vec<u16>,
    meta: Option<BTreeMap<String, String>>,
    groups: Vec<Group>,
    extra: Value,
    nested: Option<Group>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "only its shape is used")]
struct Group {
    name: String,
    count: u32,
    tags: Option<Vec<String>>,
}

static NOUN: LazyLock<Noun> = LazyLock::new(|| Noun::of::<Thing>().unwrap());

fn thing() -> Value {
    json!({
        "Name": "web-1", "Priority": 50, "Stop": false, "Ratio": 0.5, "Datacenters": ["eu-1", "us"], "Ports": [80, 443],
        "Meta": {"team": "ops", "a-b": "1"},
        "Groups": [{"Name": "front", "Count": 2, "Tags": ["x"]}, {"Name": "back", "Count": 0, "Tags": null}],
        "Extra": {"n": 7, "list": ["a"], "on": true}, "Nested": null,
    })
}

fn holds(text: &str) -> bool {
    let filter = Filter::new(text, &NOUN).unwrap_or_else(|error| unreachable!("{text}: {error}"));
    filter.matches(&thing(), &mut Fuel::for_a_list()).unwrap()
}

fn refused(text: &str) -> String {
    Filter::new(text, &NOUN).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn what_holds() {
    for text in [
        r#"Name == "web-1""#,
        r#"Name=="web-1""#,
        "Name == `web-1`",
        "Name != web",
        "Priority == 50",
        "Priority == `0x32`",
        "Priority != -1",
        "Stop == false",
        "Ratio == 0.5",
        r#""web" in Name"#,
        r#"Name contains "b-1""#,
        r#"Name not contains "x""#,
        r#"Name matches "^web-[0-9]+$""#,
        r#"Name not matches "^db""#,
        "eu in Datacenters or us in Datacenters",
        r#"Datacenters contains "eu-1""#,
        "eu not in Datacenters",
        "443 in Ports",
        "Ports not contains 8080",
        "team in Meta",
        "Meta.team == ops",
        r#"Meta["a-b"] == 1"#,
        r#""/Meta/a-b" == "1""#,
        r#""/Groups/1/Name" == back"#,
        // A key that is not there equals nothing.
        "Meta.none != x and not Meta.none == x and Meta.none is empty and x not in Meta.none",
        r#"Meta.none not matches "x" and not (Meta.none matches "")"#,
        "Meta is not empty",
        // What is null or left out is the zero value of its type.
        r#"Nested.Name == "" and Nested.Count == 0 and Nested.Tags is empty"#,
        "not Stop == true",
        "not not Stop == false",
        "not (Stop == true or Priority == 1)",
        r#"any Groups as g { g.Name == "back" and g.Count == 0 }"#,
        r#"all Groups as i, g { g.Name matches "^(front|back)$" and i != 2 }"#,
        "any Meta as k { k == team }",
        "any Meta as k, v { v == ops }",
        "any Meta as _, v { v == ops }",
        "not any Meta as k { k == ops }",
        "any Groups as g { any g.Tags as t { t == x and g.Name == front } }",
        "all Nested.Tags as t { t == x }",
        "Extra.n == 7 and Extra.on == true and a in Extra.list and n in Extra",
        "any Extra.list as e { e == a }",
        "any Extra as k { k == on }",
        "\n\t Name == \"web-1\"\n  and Priority == 50  ",
        r#"Name != "\"\\\n\x41\u00e9""#,
    ] {
        assert!(holds(text), "{text}");
    }
}

#[test]
fn what_does_not_hold() {
    for text in [
        "Name == web",
        r#"Name == "WEB-1""#,
        "Priority == 51",
        "Stop == true",
        r#"Name matches "^eb""#,
        "u in Datacenters",
        "Meta.none == ops",
        "Meta.none is not empty",
        "Meta is empty",
        "Name == web-1x or Priority == 1 and Stop == false",
        "any Nested.Tags as t { t == x }",
        "all Groups as g { g.Count == 2 }",
    ]
    .map(|text| text.replace("web-1x", "`web-1x`"))
    {
        assert!(!holds(&text), "{text}");
    }
}

#[test]
fn operators_bind_as_in_the_reference() {
    let same = |one: &str, two: &str| {
        assert_eq!(parse(one).unwrap().to_string(), parse(two).unwrap().to_string());
    };
    same("a == 1 or b == 2 and c == 3", "a == 1 or (b == 2 and c == 3)");
    same("not a == 1 and b == 2", "(not a == 1) and b == 2");
    same("not (a == 1)", "not a == 1");
    same("a contains b", "b in a");
    assert_ne!(
        parse("(a == 1 or b == 2) and c == 3").unwrap().to_string(),
        parse("a == 1 or b == 2 and c == 3").unwrap().to_string()
    );
}

#[test]
fn names_may_be_words_of_the_language() {
    for text in
        ["any == 1", "all in any", "is is empty", "in in in", "notes == 1", "anything as == 1 or a == 1"]
    {
        let parsed = parse(text).map(|expr| expr.to_string());
        assert_eq!(parsed.is_ok(), !text.contains("anything as"), "{text}: {parsed:?}");
    }
}

#[test]
fn syntax_errors_say_where_and_what_was_expected() {
    for (text, place) in [
        ("", "1:1 (0): no match found, expected: "),
        ("*", "1:1 (0): no match found, expected: "),
        ("Name", "1:5 (4): no match found, expected: \"==\""),
        ("Name ==", "1:8 (7): no match found"),
        ("Name == \"x", "1:11 (10): no match found, expected: a closing quote"),
        ("Name == 1 &&", "1:11 (10): no match found, expected: \"and\", \"or\" or the end"),
        ("(Name == 1", "1:11 (10): no match found, expected: \")\""),
        ("Name == 1\n and", "2:5 (14): no match found"),
        ("Name is full", "1:9 (8): no match found, expected: \"empty\""),
        ("Name. == 1", "1:6 (5): no match found, expected: a name after \".\""),
        ("Groups.0 == 1", "1:8 (7): no match found, expected: a name after \".\""),
        ("1 == Name", "1:1 (0): no match found, expected: a selector"),
        ("Name matches \"(\"", "1:14 (13): failed to compile regular expression `(`"),
        ("Name == \"\\q\"", "1:10 (9): invalid escape"),
        ("any Groups as g { g.Name == x", "1:30 (29): no match found, expected: \"}\""),
        ("Name > 1", "1:6 (5): no match found"),
    ] {
        let error = refused(text);
        assert!(error.starts_with(place), "{text:?}: {error}");
    }
}

#[test]
fn what_does_not_fit_is_refused_with_the_selector() {
    for (text, part) in [
        (
            "Nome == x",
            "error finding value in datum: /Nome: at part 0, couldn't find key: struct field with name \"Nome\"",
        ),
        ("Nested.Nome == x", "/Nested/Nome: at part 1"),
        ("any Groups as g { g.Nome == x }", "/g/Nome: at part 1"),
        ("Name.x == y", "string holds no members"),
        (
            "Priority is empty",
            "cannot perform is empty/is not empty operations on type int for selector: \"Priority\"",
        ),
        ("x in Stop", "cannot perform in/contains operations on type bool"),
        ("Groups contains x", "cannot perform in/contains operations on type slice"),
        ("Groups == x", "cannot perform equality operations on type slice"),
        ("Priority matches \"5\"", "cannot perform matches/not matches operations on type int"),
        ("Priority == high", "`high` is not an integer, which \"Priority\" is compared with"),
        ("Stop == yes", "`yes` is not `true` or `false`"),
        ("any Name as n { n == x }", "cannot perform any operations on type string"),
        ("Name == x and Nome == y", "(at 1:15)"),
    ] {
        let error = refused(text);
        assert!(error.contains(part), "{text}: {error}");
    }
}

#[test]
fn hostile_expressions_end_at_a_limit() {
    let problem = |text: &str| parse(text).map(|_| ()).unwrap_err().problem;
    let many = |text: &str, count: usize| text.repeat(count);
    assert_eq!(problem(&many("not ", 1000)), Problem::TooDeep);
    assert_eq!(problem(&many("(", 10_000)), Problem::TooDeep);
    assert_eq!(problem(&many("any a as b { ", 1000)), Problem::TooDeep);
    assert_eq!(problem(&many(" ", 20_000)), Problem::TooLong);
    assert_eq!(problem(&(many("a matches x or ", 100) + "a == 1")), Problem::TooManyPatterns);
    let wide = refused("Name matches \"(((\\\\pL{500}){500}){500})\"");
    assert!(wide.contains("size limit"), "{wide}");
    let nested = many("any Groups as g { ", 40) + "g.Name == x" + &many(" }", 40);
    let filter = Filter::new(&nested, &NOUN).unwrap();
    let spent = filter.matches(&thing(), &mut Fuel::new(100_000)).unwrap_err();
    assert_eq!(spent.problem, Problem::TooMuchWork);
}
