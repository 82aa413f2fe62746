//! An agent, and servers that it fetches from.

use std::collections::BTreeMap;
use std::path::Path;

use muster_testkit::artifacts::{ArtifactServer, Repositories};
use muster_testkit::{Agent, AgentOptions};
use tempfile::{TempDir, tempdir};

use crate::common::{id, options, wait_allocs, wait_nodes};

pub struct Site {
    pub agent: Agent,
    pub server: ArtifactServer,
    pub repositories: Repositories,
    pub root: TempDir,
}

/// A dev agent that trusts the artifact server's authority by its configuration.
pub fn site(files: BTreeMap<String, Vec<u8>>, artifact: &str) -> Site {
    site_with(files, artifact, |_| ())
}

/// The same, started in another way.
pub fn site_with(
    files: BTreeMap<String, Vec<u8>>,
    artifact: &str,
    change: impl FnOnce(&mut AgentOptions),
) -> Site {
    let root = tempdir().unwrap();
    let repositories = Repositories::new(&root.path().join("repositories"));
    let server = ArtifactServer::start_with(root.path(), files, Some(repositories.clone()));
    let mut options = options(&root, "agent");
    let nomad = root.path().join("nomad");
    std::os::unix::fs::symlink(&options.binary, &nomad).unwrap();
    options.binary = nomad;
    options.args = vec!["-dev".to_owned()];
    let ca = server.ca_file().display();
    options.config = format!("client {{\n  artifact {{\n    ca_file = \"{ca}\"\n{artifact}\n  }}\n}}\n");
    change(&mut options);
    let agent = options.start();
    wait_nodes(&agent, 1);
    Site { agent, server, repositories, root }
}

impl Site {
    /// A batch job with one artifact (the inside of its block) that then runs a shell script.
    pub fn run(&self, id: &str, artifact: &str, script: &str) {
        let text = format!(
            r#"
job "{id}" {{
  type = "batch"
  group "main" {{
    restart {{
      attempts = 0
      mode     = "fail"
    }}
    reschedule {{
      attempts  = 0
      unlimited = false
    }}
    task "main" {{
      driver = "raw_exec"
      artifact {{
{artifact}
      }}
      config {{
        command = "/bin/sh"
        args    = ["-c", {script:?}]
      }}
      resources {{
        cpu    = 20
        memory = 20
      }}
    }}
  }}
}}
"#
        );
        let file = self.agent.file(&format!("{id}.nomad.hcl"), &text);
        self.agent.cli(&["job", "run", "-detach", &file]).ok();
    }

    /// What a job printed that fetched its artifact.
    pub fn printed(&self, job: &str) -> String {
        let alloc = wait_allocs(&self.agent, job, "complete", 1).remove(0);
        self.agent.cli(&["alloc", "logs", id(&alloc)]).ok()
    }

    /// The event of a job whose artifact was refused; nothing of the artifact is left, and nothing ran.
    pub fn refused(&self, job: &str) -> String {
        let alloc = wait_allocs(&self.agent, job, "failed", 1).remove(0);
        let events = alloc["TaskStates"]["main"]["Events"].as_array().cloned().unwrap_or_default();
        let event = events.iter().find(|event| event["Type"] == "Failed Artifact Download");
        let event = event.unwrap_or_else(|| panic!("{alloc:#}"));
        assert!(events.iter().any(|event| event["Type"] == "Downloading Artifacts"), "{events:#?}");
        assert!(!events.iter().any(|event| event["Type"] == "Started"), "{events:#?}");
        let left = self.files_of(id(&alloc));
        assert_eq!(left, Vec::<String>::new(), "after: {event}");
        event["DisplayMessage"].as_str().unwrap().to_owned()
    }

    /// Files, and hidden directories, of an allocation's own tree; logs left out.
    pub fn files_of(&self, alloc: &str) -> Vec<String> {
        let mut found = Vec::new();
        walk(&self.root.path().join("agent"), &mut |path, is_dir| {
            let text = path.to_string_lossy();
            let Some((_, below)) = text.split_once(&format!("/alloc/{alloc}/")) else { return };
            if !below.starts_with("alloc/logs")
                && (!is_dir || below.split('/').any(|part| part.starts_with('.')))
            {
                found.push(below.to_owned());
            }
        });
        found
    }
}

pub fn walk(dir: &Path, seen: &mut impl FnMut(&Path, bool)) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        seen(&entry.path(), is_dir);
        if is_dir {
            walk(&entry.path(), seen);
        }
    }
}

/// The inside of an artifact block.
pub fn source(url: &str, rest: &str) -> String {
    format!("        source = \"{url}\"\n{rest}")
}
