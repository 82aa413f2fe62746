//! What HashiCorp's own parser makes of every file in `corpus/`, and what ours does.
//!
//! `corpus/golden.json` holds its verdicts: for each file its values, or the place of its first error. `cargo xtask
//! hcl-oracle` asks it again. What it leaves alone (expressions, which it gives back as `${source}`) is compared as
//! source; everything else as values.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use muster_hcl::{Body, Inputs, Source, Value, evaluate_job_file, format};
use serde_json::Value as Json;

/// Files that we refuse and it accepts, with the reason.
const STRICTER: &[(&str, &str)] = &[
    (
        "heredoc-name-in-text.hcl",
        "a line of a heredoc that begins with its name ends it in our parser; refused, never misread",
    ),
    ("object-key-twice.hcl", "of two equal keys the last one would win silently"),
];

/// Files whose values differ, with the reason.
const OTHER_VALUES: &[(&str, &str)] =
    &[("string-decomposed.hcl", "they compose accents (NFC); we keep the bytes as they are written")];

fn corpus() -> Vec<(Source, Json)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let golden = fs::read_to_string(directory.join("golden.json")).unwrap();
    let golden: BTreeMap<String, Json> = serde_json::from_str(&golden).unwrap();
    let mut files = Vec::new();
    for (name, verdict) in &golden {
        let text = fs::read_to_string(directory.join(name)).unwrap();
        files.push((Source::new(name.clone(), text), verdict.clone()));
    }
    let here = fs::read_dir(&directory).unwrap().flatten();
    let count = here.filter(|entry| entry.path().extension().is_some_and(|kind| kind == "hcl")).count();
    assert_eq!(count, files.len(), "run `cargo xtask hcl-oracle` after adding files");
    files
}

#[test]
fn the_same_files_are_accepted() {
    let mut wrong = Vec::new();
    for (source, verdict) in corpus() {
        let stricter = STRICTER.iter().any(|(name, _)| *name == source.name);
        let accepts = verdict.get("value").is_some() && !stricter;
        match (format(&source), accepts) {
            (Err(found), true) => {
                wrong.push(format!("{}: refused: {}", source.name, found[0].explain(&source)));
            }
            (Ok(_), false) => wrong.push(format!("{}: accepted, but it is wrong at {verdict}", source.name)),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn errors_are_told_where_they_are() {
    let mut wrong = Vec::new();
    for (source, verdict) in corpus() {
        let (Some(line), Err(found)) = (verdict["error"][0].as_u64(), format(&source)) else { continue };
        let ours: Vec<usize> =
            found.iter().filter_map(|one| one.span).map(|span| source.position(span.start).line).collect();
        let line = usize::try_from(line).unwrap();
        // What is never closed shows at the end of the text; we name where it was opened.
        let at_end = line >= source.text.lines().count() && found[0].summary.contains("never");
        // Two parsers may see one mistake from both ends, but not lines apart.
        if !at_end && !ours.iter().any(|at| at.abs_diff(line) <= 1) {
            wrong.push(format!("{}: theirs is line {line}, ours {ours:?}", source.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn values_are_the_same() {
    let mut compared = 0;
    for (source, verdict) in corpus() {
        let Some(wanted) = verdict.get("value") else { continue };
        // Variables and dynamic blocks are gone from our result.
        let other = OTHER_VALUES.iter().any(|(name, _)| *name == source.name);
        if other || wanted.get("variable").is_some() {
            continue;
        }
        let Ok(body) = evaluate_job_file(&source, &Inputs::default()) else { continue };
        compared += 1;
        same(wanted, &tree(&body), &source, "");
    }
    assert!(compared >= 60, "only {compared} files were compared");
}

/// A body as their tool writes it: blocks below kind and labels, as lists.
fn tree(body: &Body) -> Json {
    let mut members = serde_json::Map::new();
    for attribute in &body.attributes {
        members.insert(attribute.name.clone(), json(&attribute.value));
    }
    for block in &body.blocks {
        let mut at = members.entry(block.kind.clone()).or_insert(Json::Null);
        for label in &block.labels {
            if at.is_null() {
                *at = Json::Object(serde_json::Map::new());
            }
            at = at.as_object_mut().unwrap().entry(label.text.clone()).or_insert(Json::Null);
        }
        if at.is_null() {
            *at = Json::Array(Vec::new());
        }
        at.as_array_mut().unwrap().push(tree(&block.body));
    }
    Json::Object(members)
}

fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(number) => Json::from(number.as_f64()),
        Value::String(text) => Json::String(text.clone()),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => entries.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
    }
}

fn same(theirs: &Json, ours: &Json, source: &Source, path: &str) {
    let fail = || panic!("{}{path}: theirs {theirs}, ours {ours}", source.name);
    match (theirs, ours) {
        (Json::Object(a), Json::Object(b)) => {
            if a.len() != b.len() {
                fail();
            }
            for (key, value) in a.iter().filter(|(key, _)| !key.contains("${")) {
                let Some(other) = b.get(key) else { fail() };
                same(value, other, source, &format!("{path}.{key}"));
            }
        }
        (Json::Array(a), Json::Array(b)) => {
            if a.len() != b.len() {
                fail();
            }
            a.iter().zip(b).enumerate().for_each(|(at, (a, b))| same(a, b, source, &format!("{path}[{at}]")));
        }
        (Json::Number(a), Json::Number(b)) => {
            if a.as_f64() != b.as_f64() {
                fail();
            }
        }
        // An expression, left alone: it is the source itself.
        (Json::String(a), _) if expression(a).is_some_and(|inner| source.text.contains(inner)) => {}
        // Their tool writes the text for a template language, escapes undone by nobody yet.
        (Json::String(a), Json::String(b)) => {
            let plain = a.replace("$${", "${").replace("%%{", "%{");
            let directives = a.contains("%{ ") || a.contains("%{if") || a.contains("%{for");
            if plain != *b && !directives {
                fail();
            }
        }
        _ if theirs == ours => {}
        _ => fail(),
    }
}

fn expression(text: &str) -> Option<&str> {
    text.strip_prefix("${")?.strip_suffix('}')
}

#[test]
fn formatting_keeps_the_meaning_and_formats_once() {
    for (source, _) in corpus() {
        let Ok(formatted) = format(&source) else { continue };
        let again = Source::new(source.name.clone(), formatted.clone());
        assert_eq!(format(&again).unwrap(), formatted, "{} is formatted twice", source.name);
        let (before, after) =
            (evaluate_job_file(&source, &Inputs::default()), evaluate_job_file(&again, &Inputs::default()));
        if let (Ok(before), Ok(after)) = (before, after) {
            // References for run time keep their source, in which blanks may change.
            let plain = |body: &Body| tree(body).to_string().replace(' ', "");
            assert_eq!(plain(&before), plain(&after), "{} changed its meaning", source.name);
        }
    }
}
