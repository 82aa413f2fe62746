//! `job init`: a job file to begin with.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::{Refused, Verb};

const FULL: &str = include_str!("init/example.nomad.hcl");
const SHORT: &str = include_str!("init/short.nomad.hcl");
const CONNECT: &str = include_str!("init/connect.nomad.hcl");
const CONNECT_SHORT: &str = include_str!("init/connect-short.nomad.hcl");

#[derive(Debug, clap::Args)]
pub(crate) struct JobInit {
    /// File to write
    #[arg(value_name = "file", default_value = "example.nomad.hcl")]
    file: PathBuf,
    /// Leave out the explanations
    #[arg(long)]
    short: bool,
    /// A job of two services that talk through a service mesh
    #[arg(long)]
    connect: bool,
}

impl Verb for JobInit {
    const REFUSED: &'static [Refused] = &[
        Refused::value("template", "templates are kept in variables, which are not built yet"),
        Refused::switch("list-templates", "templates are kept in variables, which are not built yet"),
    ];

    async fn run(self, shell: &mut Shell) -> Outcome {
        let name = self.file.display().to_string();
        let failed = |error: std::io::Error| match error.kind() {
            ErrorKind::AlreadyExists => {
                Failure::new(format!("Job '{name}' already exists: name another file, or move it away"))
            }
            _ => Failure::new(format!("Failed to write '{name}': {error}")),
        };
        let mut file = File::options().write(true).create_new(true).open(&self.file).map_err(failed)?;
        file.write_all(self.text().as_bytes()).map_err(failed)?;
        shell.line(&format!("Example job file written to {name}"))?;
        Ok(OK)
    }
}

impl JobInit {
    const fn text(&self) -> &'static str {
        match (self.connect, self.short) {
            (false, false) => FULL,
            (false, true) => SHORT,
            (true, false) => CONNECT,
            (true, true) => CONNECT_SHORT,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::testing::shell;
    use muster_hcl::{Inputs, Source, format};

    #[test]
    fn every_example_is_a_job_in_its_canonical_form() {
        for text in [FULL, SHORT, CONNECT, CONNECT_SHORT] {
            let source = Source::new("example.nomad.hcl", text);
            let input = muster_jobspec::parse_hcl(&source, &Inputs::default()).unwrap();
            assert!(input.task_groups.is_some_and(|groups| !groups.is_empty()));
            assert_eq!(format(&source).unwrap(), text);
        }
        for text in [FULL, SHORT] {
            let source = Source::new("example.nomad.hcl", text);
            let input = muster_jobspec::parse_hcl(&source, &Inputs::default()).unwrap();
            muster_jobspec::decide(input, &muster_jobspec::Limits::default()).unwrap();
        }
    }

    #[tokio::test]
    async fn a_file_that_is_there_is_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("x.nomad.hcl");
        let init = || JobInit { file: file.clone(), short: true, connect: false };
        let (mut sh, captured) = shell();
        let outcome = init().run(&mut sh).await;
        assert_eq!(sh.finish(outcome), 0);
        assert_eq!(captured.out(), format!("Example job file written to {}\n", file.display()));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), SHORT);
        let outcome = init().run(&mut sh).await;
        assert_eq!(sh.finish(outcome), 1);
        assert!(captured.err().contains("already exists"));
    }
}
