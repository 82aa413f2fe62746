//! Whole job files: variables, locals, dynamic blocks, and how much is told about what is wrong.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use muster_hcl::{Body, Inputs, Number, Source, Value, evaluate_job_file};

fn run(text: &str, inputs: &Inputs) -> Result<Body, Vec<String>> {
    let source = Source::new("job.hcl", text);
    evaluate_job_file(&source, inputs).map_err(|all| all.iter().map(|one| one.render(&source)).collect())
}

fn evaluate(text: &str) -> Body {
    run(text, &Inputs::default()).unwrap()
}

fn errors(text: &str) -> Vec<String> {
    run(text, &Inputs::default()).unwrap_err()
}

fn vars(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn text(body: &Body, name: &str) -> String {
    body.attribute(name).unwrap().value.as_str().unwrap().to_owned()
}

#[test]
fn blocks_keep_their_order_labels_and_places() {
    let source = "job \"a\" {\n  group \"g\" {}\n  type = \"batch\"\n  group \"h\" {}\n}\n";
    let body = evaluate(source);
    let job = &body.blocks[0];
    assert_eq!((job.kind.as_str(), job.labels[0].text.as_str()), ("job", "a"));
    assert_eq!(&source[job.labels[0].span.start..job.labels[0].span.end], "\"a\"");
    let groups: Vec<_> = job.body.blocks_of("group").map(|group| group.labels[0].text.as_str()).collect();
    assert_eq!(groups, ["g", "h"]);
    let kind = &job.body.attributes[0];
    assert_eq!(&source[kind.name_span.start..kind.name_span.end], "type");
    assert_eq!(&source[kind.value_span.start..kind.value_span.end], "\"batch\"");
}

#[test]
fn variables_and_locals_are_gone_from_the_result() {
    let body = evaluate(
        "variable \"a\" { default = 1 }\nvariables { b = 2 }\nlocals { c = var.a + var.b }\nx = local.c\n",
    );
    assert_eq!(body.blocks.len(), 0);
    assert_eq!(body.attribute("x").unwrap().value, Value::Number(Number::from(3)));
}

#[test]
fn the_strongest_source_of_a_value_wins() {
    let job = "variable \"v\" { default = \"default\" }\nx = var.v\n";
    let environment = vars(&[("NOMAD_VAR_v", "environment"), ("NOMAD_VAR_other", "ignored")]);
    let files = vec![Source::new("1.hcl", "v = \"first\"\n"), Source::new("2.json", "{\"v\": \"second\"}")];
    let line = vars(&[("NOMAD_VAR_v", "environment"), ("v", "line")]);
    let with = |vars: BTreeMap<String, String>, files: &[Source]| {
        let inputs = Inputs { vars, var_files: files.to_vec(), ..Inputs::default() };
        text(&run(job, &inputs).unwrap(), "x")
    };
    assert_eq!(with(BTreeMap::new(), &[]), "default");
    assert_eq!(with(environment.clone(), &[]), "environment");
    assert_eq!(with(environment.clone(), &files[..1]), "first");
    assert_eq!(with(environment, &files), "second");
    assert_eq!(with(line, &files), "line");
}

#[test]
fn raw_texts_become_the_declared_type() {
    let job = r#"
variable "n" { type = number }
variable "b" { type = bool }
variable "l" { type = list(string) }
variable "o" { type = object({ a = number, b = optional(string) }) }
variable "s" {}
x = [var.n + 1, var.b, var.l[0], var.o.a, var.o.b, var.s]
"#;
    let given = vars(&[("n", "41"), ("b", "true"), ("l", "[\"z\"]"), ("o", "{ a = \"7\" }"), ("s", "[raw]")]);
    let body = run(job, &Inputs { vars: given, ..Inputs::default() }).unwrap();
    let wanted = [
        Value::Number(Number::from(42)),
        Value::Bool(true),
        Value::String("z".into()),
        Value::Number(Number::from(7)),
        Value::Null,
        Value::String("[raw]".into()),
    ];
    assert_eq!(body.attribute("x").unwrap().value, Value::List(wanted.to_vec()));
}

#[test]
fn what_is_wrong_with_variables_names_the_variable() {
    assert_eq!(
        errors("variable \"size\" { type = number }\n"),
        [
            "job.hcl:1:10: the variable `size` is not set; it has no default: give it with `-var size=…`, a `-var-file`, or NOMAD_VAR_size"
        ]
    );
    let inputs = Inputs { vars: vars(&[("sise", "1")]), ..Inputs::default() };
    let job = "variable \"size\" { default = 1 }\n";
    assert_eq!(
        run(job, &inputs).unwrap_err(),
        ["`-var` gives the variable `sise`, which the job file does not declare; did you mean `size`?"]
    );
    assert!(run(job, &Inputs { allow_undeclared: true, ..inputs }).is_ok());
    let inputs = Inputs { vars: vars(&[("size", "big")]), ..Inputs::default() };
    let said = run(job, &inputs).unwrap_err().remove(0);
    assert!(
        said.starts_with("job.hcl:1:10: the value of the variable `size` from `-var` does not fit: a number"),
        "{said}"
    );
}

#[test]
fn the_value_of_a_sensitive_variable_is_never_told() {
    let job = "variable \"pin\" {\n  type = number\n  sensitive = true\n}\n";
    let inputs = Inputs { vars: vars(&[("pin", "hunter2")]), ..Inputs::default() };
    let said = run(job, &inputs).unwrap_err().remove(0);
    assert!(said.contains("`pin` from `-var` does not fit") && !said.contains("hunter2"), "{said}");
    let plain = run(&job.replace("true", "false"), &inputs).unwrap_err().remove(0);
    assert!(plain.contains("hunter2"), "{plain}");
}

#[test]
fn a_fault_in_a_file_of_variables_names_that_file() {
    let inputs = Inputs { var_files: vec![Source::new("prod.hcl", "a = 1\nb = = 2\n")], ..Inputs::default() };
    let said = run("x = 1\n", &inputs).unwrap_err();
    assert!(said[0].starts_with("prod.hcl:2:5: the syntax is wrong"), "{said:?}");
    let inputs = Inputs { var_files: vec![Source::new("prod.hcl", "a = var.x\n")], ..Inputs::default() };
    let said = run("variable \"a\" {}\n", &inputs).unwrap_err();
    assert!(said[0].starts_with("prod.hcl:1:5: `var.x` cannot be used here"), "{said:?}");
}

#[test]
fn validation_speaks_in_the_authors_words() {
    let job = "variable \"n\" {\n  default = 5\n  validation {\n    condition = var.n < 3\n    error_message = \"At most 2.\"\n  }\n}\n";
    assert_eq!(errors(job), ["job.hcl:4:17: the value of the variable `n` is not valid; At most 2."]);
    let inputs = Inputs { vars: vars(&[("n", "1")]), ..Inputs::default() };
    assert!(run(job, &inputs).is_ok());
}

#[test]
fn locals_refer_to_each_other_in_any_order_but_not_in_circles() {
    let body =
        evaluate("locals {\n  a = local.b + 1\n  b = local[\"c\"] + 1\n}\nlocals { c = 1 }\nx = local.a\n");
    assert_eq!(body.attribute("x").unwrap().value, Value::Number(Number::from(3)));
    let said = errors("locals {\n  a = local.b\n  b = local.a\n}\nx = local.a\n");
    assert_eq!(
        said,
        [
            "job.hcl:2:3: locals refer to each other in a circle: `local.a` → `local.b` → `local.a`; give one of them a value of its own"
        ]
    );
    let said = errors("locals {\n  a = local.b\n  b = local.b\n  c = local.a\n}\n");
    assert_eq!(said.len(), 1, "who depends on a circle is not part of it: {said:?}");
    assert!(said[0].starts_with("job.hcl:3:3: ") && said[0].contains("`local.b` → `local.b`"), "{said:?}");
}

#[test]
fn dynamic_blocks_are_unrolled_in_place() {
    let body = evaluate(
        r#"
locals { ports = { web = [80, 81], api = [90] } }
job "a" {
  meta { first = "yes" }
  dynamic "group" {
    for_each = local.ports
    labels   = [group.key]
    content {
      count = length(group.value)
      dynamic "port" {
        for_each = group.value
        iterator = it
        labels   = ["${group.key}-${it.key}"]
        content { static = it.value }
      }
    }
  }
  meta { last = "yes" }
}
"#,
    );
    let job = &body.blocks[0].body;
    let kinds: Vec<_> = job.blocks.iter().map(|block| block.kind.as_str()).collect();
    assert_eq!(kinds, ["meta", "group", "group", "meta"]);
    assert_eq!(job.blocks[1].labels[0].text, "api");
    let ports = &job.blocks[2].body.blocks;
    let labels: Vec<_> = ports.iter().map(|port| port.labels[0].text.as_str()).collect();
    assert_eq!(labels, ["web-0", "web-1"]);
    assert_eq!(ports[1].body.attribute("static").unwrap().value, Value::Number(Number::from(81)));
}

#[test]
fn faults_in_dynamic_blocks_are_explained() {
    let said = errors("dynamic \"x\" {\n  for_eech = []\n  content {}\n}\n");
    assert_eq!(said, ["job.hcl:2:3: `dynamic` does not know `for_eech`; did you mean `for_each`?"]);
    let said = errors("dynamic \"x\" {\n  for_each = []\n}\n");
    assert!(said[0].contains("has no `content`"), "{said:?}");
    let said = errors("dynamic \"x\" {\n  for_each = 5\n  content {}\n}\n");
    assert!(said[0].starts_with("job.hcl:2:14: this cannot be walked"), "{said:?}");
}

#[test]
fn every_fault_of_a_file_is_told_once_and_followers_stay_silent() {
    let said = errors(
        "variable \"v\" { type = number }\nlocals { l = var.v + 1 }\na = local.l\nb = var.w\nc = nope()\nd = 1 / 0\n",
    );
    let starts: Vec<_> = said.iter().map(|line| line.split(':').nth(1).unwrap()).collect();
    assert_eq!(starts, ["1", "4", "5", "6"], "{said:#?}");
}

#[test]
fn random_values_come_from_the_seed_alone() {
    let job = "a = uuidv4()\nb = uuidv4()\n";
    let seeded = |seed: u8| run(job, &Inputs { seed: Some([seed; 16]), ..Inputs::default() }).unwrap();
    assert_eq!(seeded(1), seeded(1));
    assert_ne!(text(&seeded(1), "a"), text(&seeded(2), "a"));
    assert_ne!(text(&seeded(1), "a"), text(&seeded(1), "b"));
    assert_eq!(text(&seeded(1), "a").as_bytes()[14], b'4');
}

/// The job file of the project's checklist as it was printed, without its closing braces.
#[test]
fn a_file_that_ends_too_early_names_the_brace_that_stays_open() {
    let said = errors("job \"autorun\" {\n  type = \"system\"\n  group \"autorun\" {\n    count = 1\n");
    assert_eq!(
        said,
        [
            "job.hcl:3:3: 2 blocks are never closed: `group \"autorun\"` (line 3), `job \"autorun\"` (line 1); add the missing `}` of each, where the block ends"
        ]
    );
}
