//! Job files through the real binary, called by the name that scripts know: what is said about wrong ones, and what
//! becomes of right ones.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{LIMIT, id, options, wait_allocs, wait_nodes};
use muster_testkit::artifacts::ArtifactServer;
use muster_testkit::eventually;
use sha2::{Digest, Sha256};
use tempfile::{TempDir, tempdir};

const PRINTED: &str = include_str!("job_files/printed.nomad.hcl");
const REPAIRED: &str = include_str!("job_files/repaired.nomad.hcl");

/// The binary under the name `nomad`.
fn nomad(root: &TempDir) -> PathBuf {
    let link = root.path().join("nomad");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_muster"), &link).unwrap();
    link
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn run(binary: &Path, directory: &Path, args: &[&str], input: &str) -> Said {
    let mut command = Command::new(binary);
    command.args(args).current_dir(directory).env("NO_COLOR", "1").env_remove("NOMAD_ADDR");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn the_file_as_printed_names_what_is_open_and_the_first_block_that_is_out_of_place() {
    let root = tempdir().unwrap();
    let nomad = nomad(&root);
    fs::write(root.path().join("autorun.nomad"), PRINTED).unwrap();
    for verb in ["run", "validate"] {
        let said = run(&nomad, root.path(), &["job", verb, "autorun.nomad"], "");
        assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
        let lines: Vec<&str> = said.err.lines().collect();
        assert_eq!(
            lines,
            [
                "Error getting job struct:",
                "autorun.nomad:18:1: 7 blocks are never closed: `options` (line 18), `artifact` (line 16), `config` (line 13), \
                 `task \"autorun\"` (line 11), `group \"autorun\"` (line 8), `constraint` (line 5), `job \"autorun\"` (line 1); \
                 add the missing `}` of each, where the block ends",
                "  18 | options {",
                "     | ^^^^^^^^^",
                "autorun.nomad:8:1: the block `group` cannot stand in `constraint`; is the `}` of `constraint` missing before it?; \
                 `group` is allowed in `job`",
                "  8 | group \"autorun\" {",
                "    | ^^^^^",
            ],
            "{}",
            said.err
        );
    }
}

#[test]
fn every_wrong_statement_of_a_file_is_told_at_once() {
    let root = tempdir().unwrap();
    let nomad = nomad(&root);
    let text = "job \"x\" {\n  type = batch\"\n  group \"g\" {\n    count = = 2\n    task \"t\" {\n      driver: \"raw_exec\"\n    }\n  }\n}\n";
    let said = run(&nomad, root.path(), &["validate", "-"], text);
    assert_eq!(said.code, Some(1));
    for place in ["stdin:2:", "stdin:4:", "stdin:6:"] {
        assert!(said.err.contains(place), "{place} is missing:\n{}", said.err);
    }
}

#[test]
fn files_beside_the_job_file_are_read_by_the_command_line_alone() {
    let root = tempdir().unwrap();
    let nomad = nomad(&root);
    fs::create_dir(root.path().join("d")).unwrap();
    fs::write(root.path().join("d/greeting.txt"), "hello").unwrap();
    let job = "job \"x\" {\n  group \"g\" {\n    task \"t\" {\n      driver = \"raw_exec\"\n      env {\n        A = file(\"greeting.txt\")\n        B = join(\",\", fileset(\".\", \"*.txt\"))\n        C = fileexists(\"none\")\n      }\n    }\n  }\n}\n";
    fs::write(root.path().join("d/x.nomad"), job).unwrap();
    let said = run(&nomad, root.path(), &["job", "run", "-output", "d/x.nomad"], "");
    assert_eq!(said.code, Some(0), "{}", said.err);
    let printed: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let env = &printed["Job"]["TaskGroups"][0]["Tasks"][0]["Env"];
    assert_eq!((&env["A"], &env["B"], &env["C"]), (&"hello".into(), &"greeting.txt".into(), &"false".into()));

    let agent = common::dev_agent(&root);
    let (status, text) = agent.put("/v1/jobs/parse", &serde_json::json!({"JobHCL": job})).unwrap();
    assert_eq!(status, 400, "{text}");
    assert!(text.contains("filesystem functions disabled"), "{text}");
}

#[test]
fn files_are_laid_out_and_examples_are_valid() {
    let root = tempdir().unwrap();
    let nomad = nomad(&root);
    let said = run(&nomad, root.path(), &["fmt", "-"], "job \"x\"{\ntype=\"batch\"\n}\n");
    assert_eq!((said.code, said.out.as_str()), (Some(0), "job \"x\" {\n  type = \"batch\"\n}\n"));
    let said = run(&nomad, root.path(), &["job", "init", "-short"], "");
    assert_eq!(said.out, "Example job file written to example.nomad.hcl\n");
    assert_eq!(run(&nomad, root.path(), &["init"], "").code, Some(1), "it is there already");
    assert_eq!(run(&nomad, root.path(), &["init", "full.nomad.hcl"], "").code, Some(0));
    let said = run(&nomad, root.path(), &["fmt", "-check"], "");
    assert_eq!((said.code, said.out.as_str()), (Some(0), ""));

    let agent = common::dev_agent(&root);
    for file in ["example.nomad.hcl", "full.nomad.hcl"] {
        let path = root.path().join(file);
        let said = agent.cli(&["job", "validate", path.to_str().unwrap()]).ok();
        assert!(said.ends_with("Job validation successful\n"), "{said}");
    }
}

#[test]
fn the_repaired_file_runs_on_the_one_machine_it_is_for() {
    let root = tempdir().unwrap();
    let tool = b"everything that starts by itself";
    let artifacts =
        ArtifactServer::start(root.path(), BTreeMap::from([("/autorunsc64.exe".to_owned(), tool.to_vec())]));
    let mut options = options(&root, "dev");
    options.binary = nomad(&root);
    options.args = vec!["-dev".to_owned()];
    options.env.push(("SSL_CERT_FILE".to_owned(), artifacts.ca_file().to_string_lossy().into_owned()));
    let agent = options.start();
    wait_nodes(&agent, 1);
    let file = agent.file("autorun.nomad.hcl", REPAIRED);
    let hostname = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let sha256: String = Sha256::digest(tool).iter().map(|byte| format!("{byte:02x}")).collect();
    let variable = |name: &str, value: &str| format!("-var={name}={value}");
    let (source, sum) = (variable("source", &artifacts.url("/autorunsc64.exe")), variable("sha256", &sha256));

    let short =
        agent.cli(&["job", "run", &variable("hostname", "x"), &source, "-var=sha256=adf767759", &file]);
    assert_eq!(short.code, 1);
    assert!(short.stderr.contains("A sha256 has 64 digits."), "{}", short.stderr);

    let run = agent.cli(&["job", "run", &variable("hostname", hostname.trim()), &source, &sum, &file]).ok();
    assert!(run.contains("finished with status \"complete\""), "{run}");
    let alloc = wait_allocs(&agent, "autorun", "running", 1).remove(0);
    eventually("the task's words", LIMIT, || {
        let said = agent.cli(&["alloc", "logs", id(&alloc)]).ok();
        (said == "collected everything that starts by itself\n").then_some(()).ok_or(said)
    });
}
