//! A job file of 440 KB: from text to job, beside the parser alone and beside the same job read from JSON. CPU time,
//! which on an idle machine is the time it takes.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

use muster_hcl::{Inputs, Source};

use crate::figures;

const BYTES: usize = 440_000;
const GOAL: Duration = Duration::from_millis(100);

pub fn run() {
    let source = Source::new("large.nomad.hcl", text());
    let inputs = Inputs::default();
    let parser = median(|| {
        black_box(hcl_edit::parser::parse_body(&source.text).is_ok());
    });
    let whole = median(|| {
        black_box(muster_jobspec::parse_hcl(&source, &inputs).expect("the text is a job"));
    });
    let evaluated = median(|| {
        black_box(muster_hcl::evaluate_job_file(&source, &inputs).expect("the text evaluates"));
    });
    let input = muster_jobspec::parse_hcl(&source, &inputs).expect("the text is a job");
    let json = serde_json::to_vec(&serde_json::json!({ "Job": input })).expect("a job is JSON");
    let from_json = median(|| {
        black_box(muster_jobspec::parse_json(&json).expect("its JSON is a job"));
    });
    let formatted = median(|| {
        black_box(muster_hcl::format(&source).expect("the text formats"));
    });
    println!("job file of {} bytes, {} bytes as JSON", source.text.len(), json.len());
    figures::time("parse and evaluate", evaluated, Some(GOAL), Some(("the parser alone", parser)));
    figures::time("text to job input", whole, Some(GOAL), Some(("the same job from JSON", from_json)));
    figures::time("format", formatted, None, Some(("the parser alone", parser)));
}

fn median(mut run: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..15)
        .map(|_| {
            let begun = figures::cpu_time();
            run();
            figures::cpu_time().saturating_sub(begun)
        })
        .collect();
    figures::median(&mut times)
}

/// Groups as people write them, until the file is large enough.
fn text() -> String {
    let mut text = String::from(
        "variable \"image\" {\n  type    = string\n  default = \"registry.example.com/app\"\n}\n\nlocals {\n  tags = [\"blue\", \"green\"]\n}\n\njob \"large\" {\n  datacenters = [\"dc1\", \"dc2\"]\n",
    );
    let mut number = 0;
    while text.len() < BYTES {
        number += 1;
        let _ = write!(
            text,
            r#"
  group "group-{number}" {{
    count = {number} % 3 + 1

    constraint {{
      attribute = "${{attr.kernel.name}}"
      value     = "linux"
    }}

    network {{
      port "http" {{
        to = 8000 + {number}
      }}
    }}

    task "server" {{
      driver = "raw_exec"

      config {{
        command = "/usr/bin/${{var.image}}"
        args    = ["-listen", "${{NOMAD_ADDR_http}}", "-tags", join(",", local.tags), upper("x{number}")]
      }}

      env = {{
        GROUP = "group-{number}"
        NODE  = "${{node.unique.name}}"
      }}

      template {{
        data        = <<-EOT
          server {{
            {{{{ range service "group-{number}" }}}}
            upstream {{{{ .Address }}}}:{{{{ .Port }}}}; # ${{var.image}}
            {{{{ end }}}}
          }}
        EOT
        destination = "local/app-{number}.conf"
      }}

      resources {{
        cpu    = 100
        memory = 128 # MB
      }}
    }}
  }}
"#
        );
    }
    text.push_str("}\n");
    text
}
