//! `client { artifact {} }`: what fetching a task's artifacts may cost and reach.

use std::path::PathBuf;
use std::time::Duration;

use crate::decide::Findings;
use crate::field::Exact;
use crate::size;

const HALF_AN_HOUR: Duration = Duration::from_secs(1_800);
const DEFAULT_BYTES: u64 = 100_000_000_000;
const DEFAULT_FILES: u64 = 4_096;

block! {
    ArtifactInput {
        http_read_timeout: Duration,
        /// Such as `100GB`.
        http_max_size: String,
        gcs_timeout: Duration,
        git_timeout: Duration,
        hg_timeout: Duration,
        s3_timeout: Duration,
        /// 0 is no limit.
        decompression_file_count_limit: Exact<u64>,
        /// Such as `100GB`; `0` is no limit.
        decompression_size_limit: String,
        disable_artifact_inspection: bool,
        disable_filesystem_isolation: bool,
        /// Such as `d:rwc:/mnt/cache`.
        filesystem_isolation_extra_paths: Vec<String>,
        /// Names, separated by commas.
        set_environment_variables: String,
        /// PEM file of further authorities that servers may have their certificates from. Muster's own key.
        ca_file: PathBuf,
    }
    no_effect {}
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactConfig {
    pub http_timeout: Duration,
    pub git_timeout: Duration,
    pub s3_timeout: Duration,
    pub max_bytes: u64,
    /// 0 is no limit.
    pub unpacked_bytes: u64,
    /// 0 is no limit.
    pub unpacked_files: u64,
    pub disable_artifact_inspection: bool,
    pub disable_filesystem_isolation: bool,
    pub extra_paths: Vec<String>,
    pub environment: Vec<String>,
    pub ca_file: Option<PathBuf>,
}

impl Default for ArtifactConfig {
    fn default() -> Self {
        Self {
            http_timeout: HALF_AN_HOUR,
            git_timeout: HALF_AN_HOUR,
            s3_timeout: HALF_AN_HOUR,
            max_bytes: DEFAULT_BYTES,
            unpacked_bytes: DEFAULT_BYTES,
            unpacked_files: DEFAULT_FILES,
            disable_artifact_inspection: false,
            disable_filesystem_isolation: false,
            extra_paths: Vec::new(),
            environment: Vec::new(),
            ca_file: None,
        }
    }
}

impl ArtifactInput {
    pub(crate) fn decide(self, findings: &mut Findings) -> ArtifactConfig {
        let timeouts = [
            ("http_read_timeout", self.http_read_timeout),
            ("gcs_timeout", self.gcs_timeout),
            ("git_timeout", self.git_timeout),
            ("hg_timeout", self.hg_timeout),
            ("s3_timeout", self.s3_timeout),
        ];
        for (name, _) in
            timeouts.iter().filter(|(_, timeout)| timeout.is_some_and(|timeout| timeout.is_zero()))
        {
            findings.error(format!("`client.artifact.{name}` cannot be 0; write a duration such as \"30m\""));
        }
        for (name, timeout) in [("gcs_timeout", self.gcs_timeout), ("hg_timeout", self.hg_timeout)] {
            if timeout.is_some() {
                findings.warn(format!(
                    "`client.artifact.{name}` has no effect: this version has no such sources"
                ));
            }
        }
        let mut bytes = |name: &str, text: Option<String>| match text.as_deref().map(size::parse) {
            None => DEFAULT_BYTES,
            Some(Some(bytes)) => bytes,
            Some(None) => {
                let text = text.unwrap_or_default();
                findings.error(format!(
                    "`client.artifact.{name}` cannot be `{text}`; write a size such as \"100GB\""
                ));
                DEFAULT_BYTES
            }
        };
        let max_bytes = bytes("http_max_size", self.http_max_size);
        let unpacked_bytes = bytes("decompression_size_limit", self.decompression_size_limit);
        if max_bytes == 0 {
            findings.error("`client.artifact.http_max_size` cannot be 0; write a size such as \"100GB\"");
        }
        let extra_paths = self.filesystem_isolation_extra_paths.unwrap_or_default();
        for path in extra_paths.iter().filter(|path| !is_extra_path(path)) {
            findings.error(format!(
                "`client.artifact.filesystem_isolation_extra_paths` holds `{path}`; write d or f, rights of r, w and c, and an absolute path, such as \"d:rwc:/mnt/cache\""
            ));
        }
        findings.absolute("client.artifact.ca_file", self.ca_file.as_deref());
        let names = self.set_environment_variables.unwrap_or_default();
        ArtifactConfig {
            http_timeout: self.http_read_timeout.unwrap_or(HALF_AN_HOUR),
            git_timeout: self.git_timeout.unwrap_or(HALF_AN_HOUR),
            s3_timeout: self.s3_timeout.unwrap_or(HALF_AN_HOUR),
            max_bytes,
            unpacked_bytes,
            unpacked_files: self.decompression_file_count_limit.map_or(DEFAULT_FILES, |limit| limit.0),
            disable_artifact_inspection: self.disable_artifact_inspection.unwrap_or(false),
            disable_filesystem_isolation: self.disable_filesystem_isolation.unwrap_or(false),
            extra_paths,
            environment: names
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
            ca_file: self.ca_file,
        }
    }
}

fn is_extra_path(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    let kind = parts.next().is_some_and(|kind| matches!(kind, "d" | "f"));
    let rights =
        parts.next().is_some_and(|rights| !rights.is_empty() && rights.chars().all(|c| "rwcx".contains(c)));
    kind && rights && parts.next().is_some_and(|path| path.starts_with('/'))
}
