//! One server and two client agents: the data of a `migrate` disk follows its job from one node to the other.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{LIMIT, id, nomad, options, register, shell_job, wait_allocs, wait_nodes};
use muster_testkit::{Agent, eventually};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

/// What the first version leaves: text, a binary, a program, a link, and a line that it writes only when it is stopped.
const LEAVES: &str = "
mkdir -p local/deep/er
head -c 3000000 /dev/urandom > ../alloc/data/blob
sha256sum < ../alloc/data/blob > local/deep/er/sum
printf '#!/bin/sh\\necho it runs\\n' > local/deep/run && chmod 755 local/deep/run
ln -s ../deep/run local/deep/link
ln -s /etc/hostname local/out
trap 'echo last words >> local/words; exit 0' INT
echo ready
while :; do sleep 0.05; done";

const FINDS: &str = "
sha256sum < ../alloc/data/blob | cmp - local/deep/er/sum && echo same
local/deep/run; readlink local/deep/link; cat local/words
ls secrets ../alloc/logs | grep -c blob
echo done; exec sleep 1000";

fn client(root: &TempDir, server: &Agent, name: &str) -> Agent {
    let mut options = options(root, name).client(server.options.rpc_port, "");
    options.binary = nomad(root);
    options.start()
}

fn mover(name: &str, script: &str, size_mb: u32) -> Value {
    let mut job = shell_job(name, "service", 1, script);
    job["TaskGroups"][0]["EphemeralDisk"] = json!({"SizeMB": size_mb, "Sticky": true, "Migrate": true});
    job
}

fn wait_output(agent: &Agent, alloc: &str, end: &str) -> String {
    eventually("the task's output", LIMIT, || {
        let out = agent.cli(&["alloc", "logs", alloc]).stdout;
        if out.ends_with(end) { Ok(out) } else { Err(out) }
    })
}

#[test]
fn a_disk_that_migrates_follows_its_job_to_another_node() {
    let root = tempdir().unwrap();
    let server = options(&root, "server").server().start();
    let _first = client(&root, &server, "first");
    wait_nodes(&server, 1);
    let too_much = "head -c 15000000 /dev/zero > local/much; echo ready; exec sleep 1000";
    let mut old = Vec::new();
    for job in [mover("mover", LEAVES, 50), mover("heavy", too_much, 10)] {
        register(&server, &job);
        let alloc = wait_allocs(&server, id(&job), "running", 1).remove(0);
        wait_output(&server, id(&alloc), "ready\n");
        old.push(alloc);
    }
    let _second = client(&root, &server, "second");
    wait_nodes(&server, 2);
    let node = old[0]["NodeID"].as_str().unwrap();
    server.cli(&["node", "eligibility", "-disable", node]).ok();

    let mut new = Vec::new();
    let empty = "ls local; echo done; exec sleep 1000";
    for job in [mover("mover", FINDS, 50), mover("heavy", empty, 10)] {
        register(&server, &job);
        new.push(eventually("the successor on the other node", LIMIT, || {
            let allocs = server.try_get(&format!("/v1/job/{}/allocations", id(&job)))?;
            let moved = |alloc: &&Value| alloc["NodeName"] == "second" && alloc["ClientStatus"] == "running";
            allocs
                .as_array()
                .and_then(|all| all.iter().find(moved).cloned())
                .ok_or_else(|| format!("{allocs:#}"))
        }));
    }
    let out = wait_output(&server, id(&new[0]), "done\n");
    assert_eq!(out, "same\nit runs\n../deep/run\nlast words\n0\ndone\n");
    let told = |alloc: &Value| {
        let alloc = server.get(&format!("/v1/allocation/{}", id(alloc)));
        let events = alloc["TaskStates"]["main"]["Events"].as_array().unwrap().clone();
        events.iter().map(|event| event["DisplayMessage"].as_str().unwrap().to_owned()).collect::<String>()
    };
    // The link to /etc/hostname.
    assert!(told(&new[0]).contains("but for 1 entries"), "{}", told(&new[0]));
    assert_eq!(wait_output(&server, id(&new[1]), "done\n"), "done\n", "an empty disk");
    assert!(told(&new[1]).contains("it holds more than the 10 MB of the group's `ephemeral_disk`"));
    // The old node keeps what it has until it is collected.
    assert!(server.cli(&["alloc", "fs", id(&old[0]), "main/local/words"]).ok().contains("last words"));
}
