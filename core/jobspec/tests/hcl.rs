//! Whole job files: places of errors, interpolation left to the node, agreement with the JSON form.
#![expect(clippy::unwrap_used, reason = "tests")]

use muster_hcl::{Inputs, Source};
use muster_jobspec::{
    JobInput, Limits, decide, parse_hcl, parse_hcl_with_places, parse_json, validation_message,
};
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

#[test]
fn broken_rules_are_shown_where_they_stand() {
    let text = r#"
job "x" {
  type     = "cron"
  priority = 0
  constraint {
    attribute = "${attr.a}"
    operator  = "~"
    value     = "b"
  }
  dynamic "group" {
    for_each = ["a", "b"]
    labels   = [group.value]
    content {
      count = group.value == "a" ? 1 : -1
      restart { mode = "never" }
      task "t" { driver = "raw_exec" }
    }
  }
  task "alone" {
    driver      = "raw_exec"
    kill_signal = "SIGFOO"
    resources { memory = 1 }
    artifact {
      source = ""
      options { checksum = "sha256:adf767759......" }
    }
    template {
      destination = "local/x"
      data        = "x"
      change_mode = "reload"
    }
    service {
      port = "http"
      check {
        type     = "tcp"
        interval = "1ms"
        timeout  = "1s"
      }
    }
  }
  group "volumes" {
    volume "data" { type = "host" }
    task "t" { driver = "raw_exec" }
  }
}
"#;
    let source = Source::new("job.hcl", text);
    let (input, places) = parse_hcl_with_places(&source, &Inputs::default()).unwrap();
    let errors = decide(input, &Limits::default()).unwrap_err();
    let lines: Vec<String> = places.locate(&errors).iter().map(|found| found.render(&source)).collect();
    for expected in [
        "job.hcl:3:14: Invalid job type: \"cron\"; expected service, batch, system or sysbatch",
        "job.hcl:4:14: job priority must be between [1, 100]",
        "job.hcl:7:17: Constraint 1: Unknown constraint type \"~\"",
        "job.hcl:14:15: Task group b: Task group count can't be negative",
        "job.hcl:15:24: Task group b: Unsupported restart mode: \"never\"",
        "job.hcl:21:19: Task group alone: Task alone: kill_signal `SIGFOO` is not a signal",
        "job.hcl:22:26: Task group alone: Task alone: minimum MemoryMB value is 10; got 1",
        "job.hcl:24:16: Task group alone: Task alone: Artifact 1: source must be specified",
        "job.hcl:25:28: Task group alone: Task alone: Artifact 1: invalid checksum",
        "job.hcl:30:21: Task group alone: Task alone: Template 1: unknown template change_mode `reload`",
        "job.hcl:36:20: Task group alone: Task alone: Service (unnamed): Check 1: interval (1ms) cannot be lower than 1s",
        "job.hcl:19:3: Task group alone: port label \"http\" referenced by services x-alone-alone does not exist",
        "job.hcl:42:5: Task group volumes: Volume data: volume has an empty source",
    ] {
        assert!(
            lines.iter().any(|line| line.starts_with(expected)),
            "{expected} is missing in:\n{}",
            lines.join("\n")
        );
    }
}
