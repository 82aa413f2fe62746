//! `node pool init`: the file of a pool to begin with.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

const HCL: &str = include_str!("init/pool.nomad.hcl");
const JSON: &str = include_str!("init/pool.nomad.json");

#[derive(Debug, clap::Args)]
pub(crate) struct NodePoolInit {
    /// hcl or json
    #[arg(long, value_name = "FORMAT", default_value = "hcl", value_parser = ["hcl", "json"])]
    out: String,
    /// Leave out the explanations
    #[arg(long)]
    quiet: bool,
    /// File to write
    #[arg(value_name = "file")]
    file: Option<PathBuf>,
}

impl Verb for NodePoolInit {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let json = self.out == "json";
        let text = match (json, self.quiet) {
            (true, _) => JSON.to_owned(),
            (false, false) => HCL.to_owned(),
            (false, true) => without_comments(HCL),
        };
        let default = if json { "pool.nomad.json" } else { "pool.nomad.hcl" };
        let path = self.file.unwrap_or_else(|| PathBuf::from(default));
        let name = path.display().to_string();
        let failed = |error: std::io::Error| match error.kind() {
            ErrorKind::AlreadyExists => {
                Failure::new(format!("File '{name}' already exists: name another file, or move it away"))
            }
            _ => Failure::new(format!("Failed to write '{name}': {error}")),
        };
        let mut file = File::options().write(true).create_new(true).open(&path).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        shell.line(&format!("Example node pool specification written to {name}"))?;
        Ok(OK)
    }
}

fn without_comments(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        let doubled =
            line.is_empty() && lines.last().is_none_or(|last: &&str| last.is_empty() || last.ends_with('{'));
        if !doubled {
            lines.push(line);
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::node::pool::spec::parse;

    #[test]
    fn every_example_is_the_same_pool() {
        let quiet = without_comments(HCL);
        assert!(!quiet.contains('#') && quiet.starts_with("node_pool"), "{quiet}");
        let pools = [HCL, &quiet, JSON].map(|text| parse("pool", text, false).unwrap());
        assert!(pools.iter().all(|pool| pool.decide() == pools[0].decide()));
        assert_eq!(pools[0].name, "example");
    }
}
