//! python-nomad and nomad-tools from PyPI, unchanged, against a real agent: a script of `dev/python/checks` for each
//! group of the former, and one for the latter.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::path::Path;

use common::{dev_agent, id, register, shell_job, wait_allocs};
use muster_testkit::Python;
use tempfile::tempdir;

fn python() -> Option<Python> {
    Python::new(Path::new(env!("CARGO_MANIFEST_DIR")), Path::new(env!("CARGO_TARGET_TMPDIR")))
}

#[test]
fn files_logs_statistics_and_actions() {
    let Some(python) = python() else { return };
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let say = "echo hello world > local/hello.txt; echo to stdout; echo to stderr >&2; trap : USR1; touch local/ready";
    register(&agent, &shell_job("over", "batch", 1, say));
    register(&agent, &shell_job("lasting", "service", 1, &format!("{say}; while :; do sleep 0.1; done")));
    let ended = wait_allocs(&agent, "over", "complete", 1).remove(0);
    let running = wait_allocs(&agent, "lasting", "running", 1).remove(0);
    let port = agent.options.http_port.to_string();
    common::wait_file(&agent, id(&running), "main/local/ready");
    let node = running["NodeID"].as_str().unwrap();
    python.check("client.py", &[&port, id(&running), id(&ended), node]);
}

#[test]
fn everything_that_reads() {
    let Some(python) = python() else { return };
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    register(&agent, &shell_job("lasting", "service", 1, "exec sleep 1000"));
    let running = wait_allocs(&agent, "lasting", "running", 1).remove(0);
    common::wait_evals(&agent);
    python.check("reads.py", &[&agent.options.http_port.to_string(), id(&running)]);
}

#[test]
fn the_life_of_a_job() {
    let Some(python) = python() else { return };
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    python.check("jobs.py", &[&agent.options.http_port.to_string()]);
}

#[test]
fn the_life_of_a_namespace() {
    let Some(python) = python() else { return };
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    python.check("namespaces.py", &[&agent.options.http_port.to_string()]);
}

#[test]
fn the_openapi_document_is_valid_and_answers_fit_it() {
    let Some(python) = python() else { return };
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    register(&agent, &shell_job("seen", "service", 2, "exec sleep 1000"));
    let running = wait_allocs(&agent, "seen", "running", 2).remove(0);
    python.check("openapi.py", &[&agent.options.http_port.to_string(), id(&running)]);
}

#[test]
fn deployments() {
    let Some(python) = python() else { return };
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    python.check("deployments.py", &[&agent.options.http_port.to_string()]);
}

#[test]
fn events() {
    let Some(python) = python() else { return };
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    python.check("events.py", &[&agent.options.http_port.to_string()]);
}

#[test]
fn agent_metrics_and_tokens() {
    let Some(python) = python() else { return };
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let mut options = common::options(&root, "secured").server();
    options.args = vec!["-acl-enabled".to_owned()];
    let secured = options.start();
    let [plain, secured] = [&agent, &secured].map(|agent| agent.options.http_port.to_string());
    python.check("agent.py", &[&plain, &secured]);
}

#[test]
fn tokens_and_policies() {
    let Some(python) = python() else { return };
    let root = tempdir().unwrap();
    let mut options = common::options(&root, "secured").server();
    options.args = vec!["-acl-enabled".to_owned()];
    let agent = options.start();
    python.check("acl.py", &[&agent.options.http_port.to_string()]);
}

#[test]
fn nomad_tools_runs_watches_and_copies() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Some(python) = Python::named(repository, Path::new(env!("CARGO_TARGET_TMPDIR")), "nomad_tools")
    else {
        return;
    };
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let (nomad, work) = (common::nomad(&root), root.path().join("work"));
    std::fs::create_dir(&work).unwrap();
    let [programs, work] = [nomad.parent().unwrap(), &work].map(|path| path.to_str().unwrap());
    python.check("nomad_tools.py", &[&agent.options.http_port.to_string(), programs, work]);
}
