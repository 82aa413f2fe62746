//! The command line as users of Nomad know it, through the binary called by that name.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::process::{Command, Stdio};

use common::{LIMIT, as_nomad, id, register, shell_job, wait_allocs, wait_nodes};
use muster_testkit::{Agent, eventually};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

fn dev_agent(root: &TempDir) -> Agent {
    let mut options = as_nomad(root, "dev");
    options.args = vec!["-dev".to_owned()];
    let agent = options.start();
    wait_nodes(&agent, 1);
    agent
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// `-json` is JSON and `-t` is a template, on every command that has them and can be asked here.
#[test]
fn answers_have_shapes_for_programs() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    register(&agent, &shell_job("web", "service", 1, "sleep 600"));
    let alloc = wait_allocs(&agent, "web", "running", 1).remove(0);
    let (alloc, eval, node) =
        (id(&alloc), alloc["EvalID"].as_str().unwrap(), alloc["NodeID"].as_str().unwrap());
    let cases: &[(&[&str], &str, &str)] = &[
        (&["agent-info"], "{{.member.Status}}", "alive"),
        (&["alloc", "checks", alloc], "{{len .}}", "0"),
        (&["alloc", "status", &alloc[..8]], "{{.ID}} {{.TaskGroup}}", &format!("{alloc} main")),
        (&["alloc", "status"], "{{range .}}{{.JobID}}{{end}}", "web"),
        (&["eval", "list"], "{{range .}}{{.JobID}},{{end}}", "web,"),
        (&["eval", "status", &eval[..8]], "{{.TriggeredBy}}", "job-register"),
        (&["job", "allocs", "web"], "{{range .}}{{.ClientStatus}}{{end}}", "running"),
        (&["job", "history", "web"], "{{range .Versions}}{{.Version}}{{end}}", "0"),
        (&["job", "inspect", "web"], "{{.ID}} {{(index .TaskGroups 0).Count}}", "web 1"),
        (&["job", "status", "web"], "{{(index . 0).Summary.JobID}}", "web"),
        (&["job", "status"], "{{len .}}", "1"),
        (&["node", "meta", "read"], "{{len .Dynamic}}", "0"),
        (&["node", "status", "-self"], "{{.ID}}", node),
        (&["node", "status"], "{{range .}}{{.Status}}{{end}}", "ready"),
        (&["server", "members"], "{{range .}}{{.Tags.region}}{{end}}", "global"),
    ];
    for (words, template, expected) in cases {
        let out = agent.cli(&[words, &["-t", template][..]].concat()).ok();
        assert_eq!(out.trim_end(), *expected, "{words:?}");
        json(&agent.cli(&[words, &["-json"][..]].concat()).ok());
        let both = agent.cli(&[words, &["-json", "-t", template][..]].concat());
        assert_eq!(
            (both.code, both.stderr.as_str()),
            (1, "Both json and template formatting are not allowed\n")
        );
    }
    assert_eq!(json(&agent.cli(&["job", "inspect", "web"]).ok())["Job"]["ID"], "web");
    assert_eq!(json(&agent.cli(&["inspect", "-json", "web"]).ok())["ID"], "web");
}

/// `status` finds things of every kind by the beginning of their ids.
#[test]
fn status_resolves_prefixes() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    register(&agent, &shell_job("web-front", "service", 1, "sleep 600"));
    register(&agent, &shell_job("web-back", "service", 1, "sleep 600"));
    let alloc = wait_allocs(&agent, "web-back", "running", 1).remove(0);
    let first_line =
        |prefix: &str| agent.cli(&["status", prefix]).ok().lines().next().unwrap_or("").to_owned();
    assert_eq!(first_line("web-f"), "ID            = web-front");
    let node = alloc["NodeID"].as_str().unwrap();
    assert_eq!(first_line(node), format!("ID              = {}", &node[..8]));
    assert!(first_line(id(&alloc)).ends_with(id(&alloc)));
    let eval = alloc["EvalID"].as_str().unwrap();
    assert_eq!(first_line(eval), format!("ID                 = {}", &eval[..8]));
    let both = agent.cli(&["status", "web"]);
    assert_eq!((both.code, both.stdout.as_str()), (1, "Jobs\nweb-back\nweb-front\n"));
    assert!(both.stderr.contains("Multiple matches found for id \"web\""), "{}", both.stderr);
    let none = agent.cli(&["status", "nothing-like-it"]);
    assert_eq!((none.code, none.stderr.as_str()), (1, "Unable to resolve ID: \"nothing-like-it\"\n"));
    let list = agent.cli(&["status"]).ok();
    assert!(list.starts_with("ID ") && list.contains("web-front"), "{list}");
    // The node by itself, counted and configured.
    let nodes = agent.cli(&["node", "status", "-allocs"]).ok();
    assert!(nodes.lines().nth(1).is_some_and(|line| line.ends_with("ready   2")), "{nodes}");
    let servers = agent.cli(&["node", "config", "-servers"]).ok();
    assert_eq!(servers.trim(), format!("127.0.0.1:{}", agent.options.rpc_port));
    let set = agent.cli(&["node", "eligibility", "-self", "-disable"]).ok();
    assert!(set.contains(node), "{set}");
}

/// `job restart` in place and by replacement, in batches.
#[test]
fn jobs_are_restarted_batch_by_batch() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    register(&agent, &shell_job("web", "service", 3, "sleep 600"));
    let before = wait_allocs(&agent, "web", "running", 3);
    let said = agent.cli(&["job", "restart", "-batch-size=67%", "-batch-wait=1ms", "web"]).ok();
    // Two thirds of three are rounded up.
    for line in ["Restarting 3 allocations\n", "All allocations restarted successfully!\n"] {
        assert!(said.contains(line) && !said.contains("batch"), "{said}");
    }
    let after = eventually("each being restarted where it is", LIMIT, || {
        let after = wait_allocs(&agent, "web", "running", 3);
        let restarts: Vec<u64> = after.iter().map(|alloc| restarts(&agent, id(alloc))).collect();
        if restarts == [1, 1, 1] { Ok(after) } else { Err(format!("{restarts:?}")) }
    });
    let ids = |allocs: &[Value]| {
        let mut ids: Vec<String> = allocs.iter().map(|alloc| id(alloc).to_owned()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&before), ids(&after));

    let said = agent.cli(&["job", "restart", "-reschedule", "-batch-size", "2", "web"]).ok();
    assert_eq!(said.matches("\" replaced by \"").count(), 3, "{said}");
    assert!(said.contains("Restarting batch 2 of 2, 1 allocation\n"), "{said}");
    let replaced = wait_allocs(&agent, "web", "running", 3);
    assert!(ids(&replaced).iter().all(|id| !ids(&before).contains(id)), "{replaced:#?}");
}

fn restarts(agent: &Agent, alloc: &str) -> u64 {
    let state = &agent.get(&format!("/v1/allocation/{alloc}"))["TaskStates"]["main"];
    state["Restarts"].as_u64().unwrap()
}

/// The program as somebody calls it in a shell, without any agent in its environment.
fn nomad(root: &TempDir) -> Command {
    let mut command = Command::new(common::nomad(root));
    command.env_remove("NOMAD_ADDR").env_remove("NO_COLOR").env("HOME", root.path()).stdin(Stdio::null());
    command
}

fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A shell's questions are answered: words, flags, and ids from the agent that the line names.
#[test]
fn lines_are_completed() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    register(&agent, &shell_job("web-front", "service", 1, "sleep 600"));
    let alloc = wait_allocs(&agent, "web-front", "running", 1).remove(0);
    let complete = |line: &str| printed(nomad(&root).env("COMP_LINE", line));
    assert_eq!(complete("nomad al"), "alloc\n");
    assert_eq!(complete("nomad alloc st"), "status\nstop\n");
    assert_eq!(complete("nomad job run -pol"), "", "refused flags are not suggested");
    assert_eq!(complete("nomad job run -eval"), "-eval-priority\n");
    let address = agent.address();
    assert_eq!(complete(&format!("nomad job stop -address={address} we")), "web-front\n");
    let alloc_line = format!("nomad alloc logs -address {address} {}", &id(&alloc)[..4]);
    assert_eq!(complete(&alloc_line), format!("{}\n", id(&alloc)));
    let named = printed(nomad(&root).env("NOMAD_ADDR", &address).env("COMP_LINE", "nomad status web"));
    assert_eq!(named, "web-front\n");

    std::fs::write(root.path().join(".bashrc"), "# mine\n").unwrap();
    printed(nomad(&root).env("SHELL", "/bin/bash").arg("-autocomplete-install"));
    let bashrc = std::fs::read_to_string(root.path().join(".bashrc")).unwrap();
    assert!(bashrc.starts_with("# mine\ncomplete -C /") && bashrc.ends_with(" nomad\n"), "{bashrc}");
    printed(nomad(&root).env("SHELL", "/bin/bash").arg("-autocomplete-uninstall"));
    assert_eq!(std::fs::read_to_string(root.path().join(".bashrc")).unwrap(), "# mine\n");
}

/// The monitor's lines, in a pipe: each has its time, and the last says how it went.
#[test]
fn progress_is_told_line_by_line() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let mut web = shell_job("web", "service", 1, "sleep 600");
    web["TaskGroups"][0]["Update"] =
        serde_json::json!({"HealthCheck": "task_states", "MinHealthyTime": 100_000_000, "MaxParallel": 1});
    let file = agent.file("web.json", &serde_json::json!({"Job": web}).to_string());
    let said = agent.cli(&["job", "run", "--json", &file]).ok();
    let (said, rollout) = said.split_once("\n==> ").unwrap();
    let (finished, rollout) = rollout.split_once('\n').unwrap();
    let said = format!("{said}\n==> {finished}\n");
    assert!(rollout.contains(": Monitoring deployment \""), "{rollout}");
    assert!(rollout.contains("\n    Description = Deployment completed successfully\n"), "{rollout}");
    let mut texts: Vec<String> = said.lines().map(text_of).collect();
    let within = texts.iter().position(|text| text.starts_with("    Evaluation within deployment: \""));
    texts.remove(within.unwrap_or_else(|| panic!("{said}")));
    assert!(texts[0].starts_with("==> Monitoring evaluation \""), "{said}");
    assert_eq!(texts[1], "    Evaluation triggered by job \"web\"");
    assert!(texts[2].starts_with("    Allocation \"") && texts[2].ends_with("\", group \"main\""), "{said}");
    assert_eq!(texts[3], "    Evaluation status changed: \"pending\" -> \"complete\"");
    assert!(
        texts[4].starts_with("==> Evaluation \"")
            && texts[4].ends_with("\" finished with status \"complete\"")
    );
    assert!(!said.contains('\x1b'), "colours are for terminals");
    wait_allocs(&agent, "web", "running", 1);

    let whole = agent.cli(&["job", "eval", "-verbose", "web"]).ok();
    let quoted = whole.lines().next().unwrap().split('"').nth(1).unwrap();
    assert_eq!(quoted.len(), 36, "{whole}");
    let detached = agent.cli(&["job", "eval", "-detach", "web"]).ok();
    assert!(detached.starts_with("Created eval ID: \"") && detached.lines().count() == 1, "{detached}");
    let eval = agent.cli(&["job", "stop", "-detach", "-yes", "we"]).ok();
    assert_eq!(eval.trim().len(), 36, "{eval}");

    let mut large = shell_job("large", "service", 2, "sleep 600");
    large["TaskGroups"][0]["Tasks"][0]["Resources"]["MemoryMB"] = 100_000_000.into();
    let file = agent.file("large.json", &large.to_string());
    let failed = agent.cli(&["job", "run", &file]);
    assert_eq!(failed.code, 2, "{}", failed.stdout);
    for text in [
        "\" finished with status \"complete\" but failed to place all allocations:\n",
        ": Task Group \"main\" (failed to place 2 allocations):\n",
        ":   * Resources exhausted on 1 nodes\n",
        ":   * Dimension \"memory\" exhausted on 1 nodes\n",
        "\" waiting for additional capacity to place remainder\n",
    ] {
        assert!(failed.stdout.contains(text), "{text}: {}", failed.stdout);
    }
    let plain = agent.cli(&["job", "status", "-force-color"]).ok();
    assert!(!plain.contains('\x1b'), "the harness sets NO_COLOR, which wins");
    let coloured =
        printed(nomad(&root).env("NOMAD_ADDR", agent.address()).args(["job", "status", "-force-color"]));
    assert!(coloured.starts_with("\x1b[1mID"), "{coloured:?}");
}

/// What was changed since stays, if asked for.
#[test]
fn a_job_keeps_its_counts_and_resources_if_asked() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    register(&agent, &shell_job("web", "service", 2, "sleep 600"));
    let mut file = shell_job("web", "service", 1, "sleep 601");
    file["TaskGroups"][0]["Tasks"][0]["Resources"]["CPU"] = 33.into();
    let file = agent.file("web.json", &file.to_string());
    let sizes = |flags: &[&str]| {
        agent.cli(&[&["job", "run", "-detach"], flags, &[&file]].concat()).ok();
        let job = agent.get("/v1/job/web");
        let group = &job["TaskGroups"][0];
        (group["Count"].as_u64().unwrap(), group["Tasks"][0]["Resources"]["CPU"].as_u64().unwrap())
    };
    assert_eq!(sizes(&["-preserve-counts"]), (2, 33));
    assert_eq!(sizes(&[]), (1, 33));
    register(&agent, &shell_job("web", "service", 3, "sleep 602"));
    assert_eq!(sizes(&["--preserve-resources"]), (1, 10));
}

/// A line without its time.
fn text_of(line: &str) -> String {
    let (begin, rest) = line.split_at(4);
    let (time, text) = rest.split_once(": ").unwrap();
    assert!(time.len() >= 20 && time.contains('T'), "{line}");
    format!("{begin}{text}")
}

/// What is not there yet says so, instead of being unknown.
#[test]
fn what_is_not_built_is_refused_with_its_reason() {
    let root = tempdir().unwrap();
    for (args, words) in [
        (
            &["job", "run", "-ui", "x.hcl"][..],
            "`-ui` is not supported by this version of muster: there is no web",
        ),
        (&["volume", "status"], "`volume status` is not in this version of muster yet"),
        (&["status", "-address=ftp://x", "a"], "invalid address `ftp://x`"),
        (&["status", "-address=unix:///nowhere.sock", "a"], "/nowhere.sock"),
        (&["status", "-ca-path=/nowhere", "a"], "cannot use `/nowhere`"),
        (&["status", "-client-cert=/nowhere", "a"], "-client-cert and -client-key belong together"),
        (&["status", "-tls-server-name=a", "-address=https://127.0.0.1:1", "a"], "needs the authority"),
    ] {
        let output = nomad(&root).args(args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && said.contains(words), "{args:?}: {said}");
    }
}
