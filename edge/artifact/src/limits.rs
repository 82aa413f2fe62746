//! Bounds on what one artifact may cost, and what the operator allows.

use std::path::PathBuf;
use std::time::Duration;

use crate::archive::ExtractLimits;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArtifactLimits {
    /// For a whole download over http, every attempt included.
    pub http_timeout: Duration,
    /// For everything that one artifact brings from S3.
    pub s3_timeout: Duration,
    /// For every git command of one artifact together.
    pub git_timeout: Duration,
    /// Of what is transferred for one artifact.
    pub max_bytes: u64,
    pub extract: ExtractLimits,
    /// Attempts for errors that may pass: lost connections, time-outs, answers 429 and 5xx.
    pub attempts: u32,
    /// Before the second attempt; doubles with each further one.
    pub retry_delay: Duration,
    pub max_redirects: u32,
}

impl Default for ArtifactLimits {
    /// The contract's `client.artifact` defaults: 30 minutes and 100 GB.
    fn default() -> Self {
        let half_an_hour = Duration::from_secs(1_800);
        Self {
            http_timeout: half_an_hour,
            s3_timeout: half_an_hour,
            git_timeout: half_an_hour,
            max_bytes: 100_000_000_000,
            extract: ExtractLimits::default(),
            attempts: 3,
            retry_delay: Duration::from_millis(500),
            max_redirects: 10,
        }
    }
}

/// The operator's `client.artifact` block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchSettings {
    pub limits: ArtifactLimits,
    /// Further authorities that servers may have their certificates from, in PEM form.
    pub ca_file: Option<PathBuf>,
    /// `disable_filesystem_isolation`: sources may be files of the host, and git runs without restriction.
    pub host_files: bool,
    /// `disable_artifact_inspection`: links of a git tree may lead anywhere.
    pub trust_links: bool,
    /// `filesystem_isolation_extra_paths`, such as `d:rwc:/mnt/cache`: what git may reach besides its own.
    pub extra_paths: Vec<String>,
    /// Names of variables of the agent that downloads see.
    pub environment: Vec<String>,
}
