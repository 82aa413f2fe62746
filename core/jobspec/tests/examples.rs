//! The example jobs of the repository parse, decide without a warning, and survive being viewed.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use muster_hcl::{Inputs, Source};
use muster_jobspec::{Limits, decide, parse_hcl, validation_message, view};
use muster_model::{Job, JobType, Operand};

fn source(name: &str) -> Source {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name);
    Source::new(name, std::fs::read_to_string(path).unwrap())
}

fn inputs(vars: &[(&str, &str)]) -> Inputs {
    let vars = vars.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Inputs { vars, ..Inputs::default() }
}

fn decided(name: &str, vars: &[(&str, &str)]) -> Job {
    let source = source(name);
    let input = parse_hcl(&source, &inputs(vars))
        .map_err(|found| found.iter().map(|each| each.render(&source)).collect::<Vec<_>>().join("\n"))
        .unwrap();
    let decided = decide(input, &Limits::default()).map_err(|errors| validation_message(&errors)).unwrap();
    assert_eq!(decided.warnings, [] as [String; 0]);
    let again = decide(view(&decided.job), &Limits::default()).unwrap();
    assert_eq!(again.job, decided.job);
    decided.job
}

const TOOL: [(&str, &str); 2] = [
    ("tool_url", "https://artifacts.example.com/triage"),
    ("tool_sha256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
];

#[test]
fn hello_prints_what_it_is_told() {
    let job = decided("hello.nomad.hcl", &[("greeting", "good morning")]);
    assert_eq!((job.kind, job.id.as_str()), (JobType::Batch, "hello"));
    let task = &job.groups[0].tasks[0];
    assert_eq!(&*task.env["GREETING"], "good morning");
    assert_eq!(task.resources.memory_mb, 32);
}

#[test]
fn the_service_has_a_port_and_its_instances_apart() {
    let job = decided("service.nomad.hcl", &[("instances", "3")]);
    let group = &job.groups[0];
    assert_eq!((job.kind, group.count), (JobType::Service, 3));
    assert_eq!(&*job.constraints[0].left, "${attr.kernel.name}");
    assert_eq!(job.constraints[1].operand, Operand::DistinctHosts);
    assert_eq!(&*group.network.as_ref().unwrap().ports[0].label, "http");
    assert!(group.task("server").unwrap().leader);
    assert!(group.task("index").unwrap().lifecycle.is_some());
}

#[test]
fn the_tool_is_checked_and_stays_on_the_machines_it_is_for() {
    let job = decided(
        "sysbatch-artifact.nomad.hcl",
        &[TOOL[0], TOOL[1], ("ou", "finance"), ("hostname", "^my-machine$")],
    );
    assert_eq!(job.kind, JobType::Sysbatch);
    let constraints: Vec<String> = job.constraints.iter().map(ToString::to_string).collect();
    assert_eq!(constraints, ["${attr.unique.hostname} regexp ^my-machine$", "${meta.ou} = finance"]);
    let task = &job.groups[0].tasks[0];
    assert_eq!(&*task.artifacts[0].options["checksum"], format!("sha256:{}", TOOL[1].1));
    assert_eq!(&*task.artifacts[0].destination, "local/triage");
}

#[test]
fn the_tool_needs_its_address_and_a_whole_checksum() {
    let source = source("sysbatch-artifact.nomad.hcl");
    assert!(parse_hcl(&source, &inputs(&[])).is_err());
    let input = parse_hcl(&source, &inputs(&[TOOL[0], ("tool_sha256", "9f86d081")])).unwrap();
    let text = validation_message(&decide(input, &Limits::default()).unwrap_err());
    assert!(text.contains("sha256 takes 64 hexadecimal digits, got 8"), "{text}");
}
