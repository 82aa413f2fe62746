//! What a mock task prints, written to the task's real log files while the task runs.

use std::sync::Arc;

use muster_sys::rotate::{LogLimits, RotatedLog};

use super::config::Output;
use super::task::MockTask;
use crate::TaskSpec;

/// The first line of output is there when this returns.
pub fn spawn(task: &Arc<MockTask>, spec: &TaskSpec, stdout: Output, stderr: Output) {
    let max_file_bytes = u64::from(spec.logs.max_file_size_mb.max(1)) << 20;
    let limits = LogLimits { max_files: spec.logs.max_files, max_file_bytes };
    for (name, output) in [("stdout", stdout), ("stderr", stderr)] {
        let mut log = RotatedLog::new(&spec.log_dir, &format!("{}.{name}", spec.task), limits);
        log.write(output.text.as_bytes());
        if output.repeat > 0 && !output.text.is_empty() {
            tokio::spawn(repeat(Arc::clone(task), log, output));
        }
    }
}

async fn repeat(task: Arc<MockTask>, mut log: RotatedLog, output: Output) {
    for _ in 0..output.repeat {
        tokio::select! {
            biased;
            () = tokio::time::sleep(output.every) => log.write(output.text.as_bytes()),
            _ = task.ended() => return,
        }
    }
}
