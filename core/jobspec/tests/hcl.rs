//! Whole job files: places of errors, interpolation left to the node, agreement with the JSON form.
#![expect(clippy::unwrap_used, reason = "tests")]

use muster_hcl::{Inputs, Source};
use muster_jobspec::{JobInput, Limits, decide, parse_hcl, parse_json, validation_message};
use serde_json::json;

fn read(text: &str) -> Result<JobInput, String> {
    let source = Source::new("job.hcl", text);
    parse_hcl(&source, &Inputs::default())
        .map_err(|found| found.iter().map(|each| each.render(&source)).collect::<Vec<_>>().join("\n"))
}

#[test]
fn findings_name_file_line_and_column() {
    let text = read(
        r#"job "x" {
  datacentres = ["dc1"]
  group "g" {
    count = "many"
    task {
      driver = "raw_exec"
      restart "r" {}
    }
  }
}"#,
    )
    .unwrap_err();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    for expected in [
        "job.hcl:2:3: unknown attribute `datacentres` in `job`; did you mean `datacenters`?",
        "job.hcl:4:13: `count`: expected a whole number, got \"many\"",
        "job.hcl:5:5: `task` needs a label",
        "job.hcl:7:15: `restart` takes no label, got \"r\"",
    ] {
        assert!(lines.iter().any(|line| line.starts_with(expected)), "{expected} is missing in:\n{text}");
    }
}

#[test]
fn what_has_no_value_hides_no_other_finding() {
    let text = read("job \"x\" {\n  datacentres = [\"dc1\"]\n  group \"g\" {\n    count = local.none\n    tusk \"t\" {}\n  }\n}\n")
        .unwrap_err();
    let places: Vec<&str> = text.lines().filter_map(|line| line.split(':').nth(1)).collect();
    assert_eq!(places, ["2", "4", "5"], "{text}");
}

#[test]
fn a_brace_is_missed_before_the_first_block_that_is_out_of_place() {
    for (file, wanted) in [
        (
            "job \"x\" {\n  group \"g\" {\n    task \"t\" {\n      config {\n        a = 1\n      }\n  }\n  group \"h\" {\n  }\n}\n",
            "job.hcl:8:3: the block `group` cannot stand in `group`",
        ),
        (
            "job \"x\" {\n  meta {\n    a = 1\n  group \"g\" {\n    task \"t\" {}\n  }\n}\n",
            "job.hcl:4:3: the block `group` cannot stand in `meta`",
        ),
        (
            "job \"x\" {\n  dynamic \"group\" {\n    for_each = []\n    content {\n      update {\n      task \"t\" {}\n    }\n  }\n}\n",
            "job.hcl:6:7: the block `task` cannot stand in `update`",
        ),
    ] {
        let text = read(file).unwrap_err();
        assert!(text.contains("never closed") && text.contains(wanted), "{text}");
    }
}

#[test]
fn hcl_and_json_say_the_same() {
    let hcl = read(
        r#"
locals { dir = "local" }
job "x" {
  type = "batch"
  meta { a.b = "x" }
}
"#,
    );
    assert!(hcl.is_err(), "a dotted key must be quoted");
    let hcl = read(
        r#"
variable "image" { default = "tool" }
locals { dir = "local" }
job "x" {
  type     = "batch"
  priority = 10 * 6
  meta     = { "a.b" = 1 }
  constraint {
    attribute = "${attr.cpu.arch}"
    operator  = "set_contains_any"
    value     = "amd64,arm64"
  }
  group "g" {
    count = 2
    restart { attempts = 1 }
    network {
      port "http" { static = 8080 }
      port "rpc" { to = -1 }
    }
    task "t" {
      driver = "raw_exec"
      config {
        command = "${local.dir}/${var.image}"
        args    = ["-p", "${NOMAD_PORT_http}", "$${literal}"]
      }
      env { HOST = "${attr.unique.hostname}" }
      kill_timeout = "1m30s"
      artifact {
        source = "https://x.test/${var.image}"
        headers { X-Key = "k" }
      }
    }
  }
}
"#,
    )
    .unwrap();
    let json = json!({"Job": {
        "ID": "x", "Name": "x", "Type": "batch", "Priority": 60, "Meta": {"a.b": "1"},
        "Constraints": [{"LTarget": "${attr.cpu.arch}", "Operand": "set_contains_any", "RTarget": "amd64,arm64"}],
        "TaskGroups": [{
            "Name": "g", "Count": 2, "RestartPolicy": {"Attempts": 1},
            "Networks": [{"ReservedPorts": [{"Label": "http", "Value": 8080}], "DynamicPorts": [{"Label": "rpc", "To": -1}]}],
            "Tasks": [{
                "Name": "t", "Driver": "raw_exec", "KillTimeout": 90_000_000_000_i64,
                "Config": {"command": "local/tool", "args": ["-p", "${NOMAD_PORT_http}", "${literal}"]},
                "Env": {"HOST": "${attr.unique.hostname}"},
                "Artifacts": [{"GetterSource": "https://x.test/tool", "GetterHeaders": {"X-Key": "k"}}],
            }],
        }],
    }});
    assert_eq!(hcl, parse_json(json.to_string().as_bytes()).unwrap());
}

#[test]
fn groups_can_be_made_by_dynamic_blocks() {
    let job = read(
        r#"
job "x" {
  dynamic "group" {
    for_each = ["a", "b"]
    labels   = [group.value]
    content {
      task "t" { driver = "raw_exec" }
    }
  }
}
"#,
    )
    .unwrap();
    let names: Vec<_> = job.task_groups.unwrap().into_iter().map(|group| group.name.unwrap()).collect();
    assert_eq!(names, ["a", "b"]);
}

/// The job that a user printed without its closing braces: the error is precise, the repaired file is refused for
/// its empty source and cut checksum, and the mended one runs.
#[test]
fn the_autorun_job_is_judged_step_by_step() {
    let job = |source: &str, checksum: &str, end: &str| {
        format!(
            r#"job "autorun" {{
  region = "global"
  datacenters = ["dc1"]
  type = "system"
  constraint {{
    attribute = "${{attr.unique.hostname}}"
    value = "my-machine"
  }}
  group "autorun" {{
    # Specify the number of these tasks we want.
    count = 1
    task "autorun" {{
      driver = "raw_exec"
      config {{
        command = "c:\\windows\\system32\\cmd.exe"
        args = [ "/c local\\autorunsc64.exe -accepteula -c"]
      }}
      artifact {{
        source = "{source}"
        options {{
          checksum = "sha256:{checksum}"
        }}
      }}
    }}
  }}
{end}"#
        )
    };
    let broken = read(&job("", "adf767759......", "")).unwrap_err();
    assert!(broken.starts_with("job.hcl:"), "{broken}");
    let decide_file = |text: &str| {
        decide(read(text).unwrap(), &Limits::default()).map_err(|errors| validation_message(&errors))
    };
    let text = decide_file(&job("", "adf767759......", "}")).unwrap_err();
    assert!(text.contains("source must be specified") && text.contains("64 hexadecimal digits"), "{text}");
    let sum = "a".repeat(64);
    let job = decide_file(&job("https://tools.test/autorunsc64.exe", &sum, "}")).unwrap().job;
    assert_eq!(job.constraints[0].to_string(), "${attr.unique.hostname} = my-machine");
}
