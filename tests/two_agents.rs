//! One server and two client agents as processes of their own: a constrained job with an https artifact.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::BTreeMap;

use common::{id, options, wait_allocs, wait_nodes};
use muster_testkit::Agent;
use muster_testkit::artifacts::ArtifactServer;
use sha2::{Digest, Sha256};
use tempfile::{TempDir, tempdir};

const SCRIPT: &[u8] = b"#!/bin/sh\necho collected on $(cat /proc/sys/kernel/hostname) for $1\n";

struct Cluster {
    server: Agent,
    finance: Agent,
    _legal: Agent,
    artifacts: ArtifactServer,
    _root: TempDir,
}

fn cluster() -> Cluster {
    let root = tempdir().unwrap();
    let artifacts =
        ArtifactServer::start(root.path(), BTreeMap::from([("/collect.sh".to_owned(), SCRIPT.to_vec())]));
    let server = options(&root, "server").server().start();
    let client = |name: &str| {
        let meta = format!("  meta {{\n    ou = {name:?}\n  }}");
        let mut options = options(&root, name).client(server.options.rpc_port, &meta);
        options.env.push(("SSL_CERT_FILE".to_owned(), artifacts.ca_file().to_string_lossy().into_owned()));
        options.start()
    };
    let (finance, legal) = (client("finance"), client("legal"));
    wait_nodes(&server, 2);
    Cluster { server, finance, _legal: legal, artifacts, _root: root }
}

impl Cluster {
    fn job(&self, id: &str, source: &str, sha256: &str, ou: &str) -> String {
        let text = format!(
            r#"
job "{id}" {{
  type = "sysbatch"
  constraint {{
    attribute = "${{attr.unique.hostname}}"
    value     = "{}"
  }}
  constraint {{
    attribute = "${{meta.ou}}"
    value     = "{ou}"
  }}
  group "collect" {{
    restart {{
      attempts = 0
      mode     = "fail"
    }}
    task "collect" {{
      driver = "raw_exec"
      artifact {{
        source      = "{source}"
        destination = "local/collect.sh"
        mode        = "file"
        options {{
          checksum = "sha256:{sha256}"
        }}
      }}
      config {{
        command = "local/collect.sh"
        args    = ["${{meta.ou}}"]
      }}
      resources {{
        cpu    = 20
        memory = 20
      }}
    }}
  }}
}}
"#,
            hostname()
        );
        self.server.file(&format!("{id}.nomad.hcl"), &text)
    }
}

fn hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim().to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_constrained_sysbatch_job_runs_on_the_matching_agent_only_and_errors_are_precise() {
    let cluster = cluster();
    let (server, url) = (&cluster.server, cluster.artifacts.url("/collect.sh"));
    let sha256 = hex(&Sha256::digest(SCRIPT));

    let file = cluster.job("collect", &url, &sha256, "finance");
    server.cli(&["job", "run", &file]).ok();
    let alloc = wait_allocs(server, "collect", "complete", 1).remove(0);
    assert_eq!(alloc["NodeName"], "finance");
    let expected = format!("collected on {} for finance\n", hostname());
    assert_eq!(server.cli(&["alloc", "logs", id(&alloc)]).ok(), expected);
    assert_eq!(
        cluster.finance.cli(&["alloc", "logs", id(&alloc)]).ok(),
        expected,
        "through the client agent"
    );
    assert_eq!(server.get("/v1/job/collect/allocations").as_array().map(Vec::len), Some(1));

    // A wrong checksum: what was expected and what was got.
    let wrong = "0".repeat(64);
    let file = cluster.job("wrong-checksum", &url, &wrong, "finance");
    server.cli(&["job", "run", "-detach", &file]).ok();
    let alloc = wait_allocs(server, "wrong-checksum", "failed", 1).remove(0);
    let status = server.cli(&["alloc", "status", id(&alloc)]).ok();
    assert!(status.contains(&wrong) && status.contains(&sha256), "{status}");

    // An empty source is refused before anything runs.
    let file = cluster.job("empty-source", "", &sha256, "finance");
    let output = server.cli(&["job", "run", &file]);
    let text = format!("{}{}", output.stdout, output.stderr);
    assert!(
        output.code == 1 && text.contains("Artifact 1") && text.contains("source must be specified"),
        "{text}"
    );

    // A constraint that no node meets.
    let file = cluster.job("nowhere", &url, &sha256, "marketing");
    let output = server.cli(&["job", "run", &file]);
    assert_eq!(output.code, 2, "placement failures remain: {output:?}");
    let expected = "Constraint \"${meta.ou} = marketing\": 2 nodes excluded by filter";
    assert!(output.stdout.contains(expected), "{output:?}");
}
