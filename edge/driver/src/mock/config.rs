//! The task's `config` for `mock_driver`. Keys of the original that steer its plugin process or its networking have
//! no counterpart here; they are accepted and do nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_model::Value;
use serde::{Deserialize, Serialize};

use super::exec::ExecPlan;
use crate::ConfigError;
use crate::config::Reader;

const WITHOUT_EFFECT: [&str; 5] =
    ["fs_isolation", "plugin_exit_after", "driver_ip", "driver_advertise", "driver_port_map"];

#[derive(Debug)]
pub struct MockConfig {
    pub start_error: Option<String>,
    pub start_error_recoverable: bool,
    pub start_block_for: Duration,
    pub plan: Plan,
    pub stdout: Output,
    pub stderr: Output,
}

/// What outlives the agent: how the task runs and ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Plan {
    /// Zero ends at once.
    pub run_for: Duration,
    pub exit_code: i32,
    pub exit_signal: i32,
    pub exit_err_msg: Option<String>,
    /// Time a stop takes.
    pub kill_after: Duration,
    /// The answer to every signal.
    pub signal_error: Option<String>,
    /// What comes of commands that are run beside it.
    pub exec: Option<ExecPlan>,
}

/// What a task prints: once, and then `repeat` times more, one every `every`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    pub text: String,
    pub repeat: u32,
    pub every: Duration,
}

impl MockConfig {
    pub fn read(config: &BTreeMap<String, Value>) -> Result<Self, Vec<ConfigError>> {
        let mut reader = Reader::new(config);
        for key in WITHOUT_EFFECT {
            reader.value(key);
        }
        let read = Self {
            start_error: text(&mut reader, "start_error"),
            start_error_recoverable: reader.bool("start_error_recoverable").unwrap_or(false),
            start_block_for: reader.duration("start_block_for").unwrap_or_default(),
            plan: Plan {
                run_for: reader.duration("run_for").unwrap_or_default(),
                exit_code: small(&mut reader, "exit_code"),
                exit_signal: small(&mut reader, "exit_signal"),
                exit_err_msg: text(&mut reader, "exit_err_msg"),
                kill_after: reader.duration("kill_after").unwrap_or_default(),
                signal_error: text(&mut reader, "signal_error"),
                exec: exec_plan(&mut reader),
            },
            stdout: output(&mut reader, ["stdout_string", "stdout_repeat", "stdout_repeat_duration"]),
            stderr: output(&mut reader, ["stderr_string", "stderr_repeat", "stderr_repeat_duration"]),
        };
        reader.finish(read)
    }
}

/// A block, which arrives as a map or as a list of one.
fn exec_plan(reader: &mut Reader<'_>) -> Option<ExecPlan> {
    const KEY: &str = "exec_command";
    let block = match reader.value(KEY)? {
        Value::Map(block) => block,
        Value::List(blocks) => match blocks.as_slice() {
            [Value::Map(block)] => block,
            _ => {
                reader.problem(KEY, "must be one block");
                return None;
            }
        },
        other => {
            reader.problem(KEY, format!("must be a block, not a {}", other.kind()));
            return None;
        }
    };
    let mut inner = Reader::new(block);
    for key in ["plugin_exit_after", "exit_err_msg", "stdout_repeat", "stdout_repeat_duration"] {
        inner.value(key);
    }
    let plan = ExecPlan {
        run_for: inner.duration("run_for").unwrap_or_default(),
        exit_code: small(&mut inner, "exit_code"),
        exit_signal: small(&mut inner, "exit_signal"),
        stdout: inner.string("stdout_string").unwrap_or_default(),
        stderr: inner.string("stderr_string").unwrap_or_default(),
    };
    let read = inner.finish(plan);
    read.inspect_err(|problems| {
        for problem in problems {
            reader.problem(&format!("{KEY}.{}", problem.key), problem.problem.clone());
        }
    })
    .ok()
}

fn text(reader: &mut Reader<'_>, key: &'static str) -> Option<String> {
    reader.string(key).filter(|text| !text.is_empty())
}

fn small(reader: &mut Reader<'_>, key: &'static str) -> i32 {
    let Some(number) = reader.int(key) else { return 0 };
    i32::try_from(number).unwrap_or_else(|_| {
        reader.problem(key, format!("`{number}` does not fit 32 bits"));
        0
    })
}

fn output(reader: &mut Reader<'_>, [string, repeat, every]: [&'static str; 3]) -> Output {
    let text = reader.string(string).unwrap_or_default();
    let times = reader.int(repeat).unwrap_or(0);
    let count = u32::try_from(times).unwrap_or_else(|_| {
        reader.problem(repeat, format!("must not be negative or above 4294967295, but is `{times}`"));
        0
    });
    Output { text, repeat: count, every: reader.duration(every).unwrap_or_default() }
}
