//! Shapes of types as they are derived.
#![allow(clippy::unwrap_used, dead_code, reason = "tests")]

use std::collections::BTreeMap;

use muster_shape::{Records, Shape, trace};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Outer {
    #[serde(rename = "ID")]
    id: String,
    count: Option<u16>,
    offset: i64,
    ratio: f64,
    on: bool,
    kind: Kind,
    inner: Vec<Inner>,
    meta: BTreeMap<String, Option<String>>,
    free: Value,
    #[serde(skip)]
    hidden: u8,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    FirstOne,
    Second,
}

#[derive(Deserialize)]
struct Inner {
    name: String,
}

mod other {
    #[derive(serde::Deserialize)]
    pub struct Inner {
        pub other: bool,
    }
}

#[derive(Deserialize)]
struct Loop {
    next: Box<Loop>,
}

#[derive(Deserialize)]
struct Tree {
    #[serde(default)]
    branches: Vec<Tree>,
}

#[test]
fn members_come_with_their_wire_names_and_shapes() {
    let mut records = Records::default();
    let Shape::Record(key) = trace::<Outer>(&mut records).unwrap() else { unreachable!("a record") };
    let outer = records.get(key).unwrap();
    let optional = |shape| Shape::Optional(Box::new(shape));
    assert_eq!(outer.name, "Outer");
    assert_eq!(outer.member("ID"), Some(&Shape::Text));
    assert_eq!(outer.member("Count"), Some(&optional(Shape::Integer { signed: false, bits: 16 })));
    assert_eq!(outer.member("Offset"), Some(&Shape::Integer { signed: true, bits: 64 }));
    assert_eq!(outer.member("Ratio"), Some(&Shape::Number));
    assert_eq!(outer.member("On"), Some(&Shape::Bool));
    assert_eq!(outer.member("Kind"), Some(&Shape::Choice(&["first-one", "second"])));
    assert_eq!(outer.member("Meta"), Some(&Shape::Map(Box::new(optional(Shape::Text)))));
    assert_eq!(outer.member("Free"), Some(&Shape::Any));
    assert_eq!(outer.member("Hidden"), None);
    let Some(Shape::List(inner)) = outer.member("Inner") else { unreachable!("a list") };
    let Shape::Record(inner) = **inner else { unreachable!("of records") };
    assert_eq!(records.get(inner).unwrap().members, [("name", Shape::Text)]);
}

#[test]
fn records_of_one_name_are_kept_apart() {
    let mut records = Records::default();
    let one = trace::<Inner>(&mut records).unwrap();
    let two = trace::<other::Inner>(&mut records).unwrap();
    assert_ne!(one, two);
    assert_eq!(records.iter().map(|(_, record)| record.name).collect::<Vec<_>>(), ["Inner", "Inner"]);
}

#[test]
fn a_body_that_is_empty_or_a_list_has_a_shape_too() {
    let mut records = Records::default();
    assert_eq!(trace::<()>(&mut records), Ok(Shape::Nothing));
    assert_eq!(trace::<Vec<String>>(&mut records), Ok(Shape::List(Box::new(Shape::Text))));
}

#[test]
fn a_type_may_contain_itself_where_it_can_end() {
    let mut records = Records::default();
    let Shape::Record(key) = trace::<Tree>(&mut records).unwrap() else { unreachable!("a record") };
    let branches = records.get(key).unwrap().member("branches");
    assert_eq!(branches, Some(&Shape::List(Box::new(Shape::Record(key)))));
}

#[test]
fn types_that_never_end_are_refused() {
    let error = trace::<Loop>(&mut Records::default()).unwrap_err();
    assert!(error.to_string().contains("contains itself"), "{error}");
}
