//! A job file and the values for its variables, read and evaluated where the user is.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ArgAction;
use muster_api::views::JobSubmissionView;
use muster_hcl::{Inputs, Source};
use muster_jobspec::{JobInput, Limits, Places};

use super::files::LocalFiles;
use crate::failure::Failure;
use crate::shell::{Shell, quoted};

#[derive(Debug, clap::Args)]
pub(crate) struct SourceArgs {
    /// Job file; - for standard input
    #[arg(value_name = "path")]
    path: PathBuf,
    /// The file is JSON, also when it does not look like it
    #[arg(long)]
    json: bool,
    /// Refuse values for variables that the file does not declare
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "true", value_parser = crate::argv::go_bool)]
    hcl2_strict: bool,
    /// Value of a variable; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    var: Vec<(String, String)>,
    /// File with values of variables; may be repeated
    #[arg(long, value_name = "PATH")]
    var_file: Vec<PathBuf>,
}

/// A job as its file says it, and the file.
#[derive(Debug)]
pub(crate) struct JobFile {
    pub input: JobInput,
    pub submission: JobSubmissionView,
    /// Where everything stands, when the file is HCL.
    places: Option<(String, Places)>,
}

impl JobFile {
    /// What breaks a rule of jobs, at its place in the file. The servers judge; what they allow beyond this is theirs.
    pub(crate) fn broken_rules(&self) -> Option<String> {
        let (name, places) = self.places.as_ref()?;
        let limits = Limits { max_priority: u16::MAX, max_count: 0, ..Limits::default() };
        let errors = muster_jobspec::decide(self.input.clone(), &limits).err()?;
        let source = Source::new(name.as_str(), self.submission.source.as_str());
        let lines: Vec<String> = places.locate(&errors).iter().map(|found| found.explain(&source)).collect();
        Some(lines.join("\n"))
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    pair.map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or_else(|| "write NAME=VALUE".to_owned())
}

impl SourceArgs {
    /// Reads and evaluates the file. Needs no agent.
    pub(crate) fn read(&self, shell: &mut Shell) -> Result<JobFile, Failure> {
        let source = self.source(shell)?;
        // A job file in HCL begins with a word, never with a brace.
        if self.json || source.text.trim_start().starts_with('{') {
            self.json(source)
        } else {
            self.hcl(source, shell)
        }
    }

    /// The flags and the path, as they would be given to another command.
    pub(crate) fn as_flags(&self) -> String {
        let vars =
            self.var.iter().map(|(name, value)| format!("-var={}", quoted(&format!("{name}={value}"))));
        let files = self.var_file.iter().map(|path| format!("-var-file={}", quoted(&path.to_string_lossy())));
        let path = quoted(&self.path.to_string_lossy());
        vars.chain(files).chain([path]).collect::<Vec<_>>().join(" ")
    }

    fn source(&self, shell: &mut Shell) -> Result<Source, Failure> {
        if self.path != Path::new("-") {
            return file(&self.path);
        }
        let mut text = String::new();
        let read = shell.input.read_to_string(&mut text);
        read.map_err(|error| struct_error(&format!("cannot read the job from standard input: {error}")))?;
        Ok(Source::new("stdin", text))
    }

    fn json(&self, source: Source) -> Result<JobFile, Failure> {
        if !self.var.is_empty() || !self.var_file.is_empty() {
            return Err(struct_error("a job in JSON has no variables: leave out -var and -var-file"));
        }
        let input = muster_jobspec::parse_json(source.text.as_bytes());
        let input = input.map_err(|error| struct_error(&format!("{}: {error}", source.name)))?;
        let submission =
            JobSubmissionView { source: source.text, format: "json".to_owned(), ..<_>::default() };
        Ok(JobFile { input, submission, places: None })
    }

    fn hcl(&self, source: Source, shell: &Shell) -> Result<JobFile, Failure> {
        let var_files = self.var_file.iter().map(|path| file(path)).collect::<Result<Vec<_>, _>>()?;
        let variable_flags: BTreeMap<String, String> = self.var.iter().cloned().collect();
        let environment =
            shell.env.job_variables().into_iter().map(|(name, text)| (format!("NOMAD_VAR_{name}"), text));
        let inputs = Inputs {
            vars: environment.chain(variable_flags.clone()).collect(),
            var_files,
            allow_undeclared: !self.hcl2_strict,
            seed: Some(uuid::Uuid::new_v4().into_bytes()),
            files: Some(Arc::new(LocalFiles::beside(&self.path, shell.env.home()))),
        };
        let parsed = muster_jobspec::parse_hcl_with_places(&source, &inputs);
        let (input, places) = parsed.map_err(|found| {
            let lines: Vec<String> = found.iter().map(|diagnostic| diagnostic.explain(&source)).collect();
            struct_error(&lines.join("\n"))
        })?;
        let texts: Vec<&str> = inputs.var_files.iter().map(|file| file.text.as_str()).collect();
        let submission = JobSubmissionView {
            source: source.text,
            format: "hcl2".to_owned(),
            variables: texts.join("\n"),
            variable_flags,
            ..JobSubmissionView::default()
        };
        Ok(JobFile { input, submission, places: Some((source.name, places)) })
    }
}

fn file(path: &Path) -> Result<Source, Failure> {
    let name = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Source::new(name, text)),
        Err(error) => Err(struct_error(&format!("cannot read `{name}`: {error}"))),
    }
}

fn struct_error(text: &str) -> Failure {
    let separator = if text.contains('\n') { "\n" } else { " " };
    Failure::new(format!("Error getting job struct:{separator}{text}"))
}

#[cfg(test)]
mod tests;
