//! The task's `config` for `raw_exec`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use muster_model::Value;

use super::cgroup::CgroupOverride;
use crate::ConfigError;
use crate::config::Reader;

#[derive(Debug, PartialEq, Eq)]
pub struct RawExecConfig {
    pub command: String,
    pub args: Vec<String>,
    /// Absolute; the task's directory when `None`.
    pub work_dir: Option<PathBuf>,
    pub oom_score_adj: Option<i32>,
    pub denied_envvars: Vec<String>,
    /// Existing cgroups that the task enters.
    pub cgroups: CgroupOverride,
}

impl RawExecConfig {
    pub fn read(config: &BTreeMap<String, Value>) -> Result<Self, Vec<ConfigError>> {
        let mut reader = Reader::new(config);
        let read = Self {
            command: command(&mut reader),
            args: reader.strings("args"),
            work_dir: work_dir(&mut reader),
            oom_score_adj: oom_score_adj(&mut reader),
            denied_envvars: reader.strings("denied_envvars"),
            cgroups: CgroupOverride::read(&mut reader),
        };
        let texts =
            std::iter::once(("command", &read.command)).chain(read.args.iter().map(|arg| ("args", arg)));
        for (key, _) in texts.filter(|(_, text)| text.contains('\0')) {
            reader.problem(key, "must not contain a NUL byte");
        }
        reader.finish(read)
    }
}

fn command(reader: &mut Reader<'_>) -> String {
    let present = reader.value("command").is_some();
    let command = reader.string("command").unwrap_or_default();
    if !present {
        reader.problem("command", "is required: name the program to run");
    } else if command.is_empty() {
        reader.problem("command", "must not be empty");
    }
    command
}

fn work_dir(reader: &mut Reader<'_>) -> Option<PathBuf> {
    let dir = PathBuf::from(reader.string("work_dir").filter(|text| !text.is_empty())?);
    if !dir.is_absolute() {
        reader.problem("work_dir", format!("must be an absolute path, not `{}`", dir.display()));
    }
    Some(dir)
}

/// Only worsening is allowed: a task must not outlive the agent that watches it.
fn oom_score_adj(reader: &mut Reader<'_>) -> Option<i32> {
    let score = reader.int("oom_score_adj")?;
    match i32::try_from(score) {
        Ok(score @ 0..=1000) => Some(score).filter(|score| *score != 0),
        _ => {
            reader.problem("oom_score_adj", format!("must be from 0 to 1000, not `{score}`"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(pairs: &[(&str, Value)]) -> BTreeMap<String, Value> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
    }

    fn text(text: &str) -> Value {
        Value::String(text.to_owned())
    }

    #[test]
    fn numbers_in_args_are_written_out() {
        let read = RawExecConfig::read(&config(&[
            ("command", text("sleep")),
            ("args", Value::List(vec![Value::Int(5), Value::Bool(true), text("x")])),
        ]));
        assert_eq!(
            read.map(|config| config.args),
            Ok(vec!["5".to_owned(), "true".to_owned(), "x".to_owned()])
        );
    }

    #[test]
    fn each_problem_names_its_key() {
        let problems = RawExecConfig::read(&config(&[
            ("args", Value::Map(BTreeMap::new())),
            ("image", text("redis")),
            ("oom_score_adj", Value::Int(-5)),
            ("work_dir", text("local/x")),
        ]));
        let keys: Vec<String> =
            problems.err().unwrap_or_default().into_iter().map(|problem| problem.key).collect();
        assert_eq!(keys, ["command", "args", "work_dir", "oom_score_adj", "image"]);
    }

    #[test]
    fn a_nul_byte_is_found_before_the_kernel_cuts_there() {
        assert!(RawExecConfig::read(&config(&[("command", text("/bin/sh\0x"))])).is_err());
    }
}
