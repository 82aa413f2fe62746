//! `logs`: how the output of a task is kept.

use crate::wire::wire;

wire! {
    /// Rotation of stdout and stderr.
    LogConfigInput => LogConfig {
        max_files: i64 = 10,
        #[serde(rename = "MaxFileSizeMB")]
        max_file_size_mb: i64 = 10,
        disabled: bool,
    }
    @request {
        /// The deprecated opposite of `disabled`.
        enabled: bool,
    }
}
