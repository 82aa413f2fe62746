//! Fetches a task's artifacts before it starts.
//!
//! ```text
//!   Artifact (interpolated) --request--> Request {url, checksum, target}
//!        --http--> staged temporary file in the target directory, hashed while it is written
//!        --checksum right?--> renamed into place          anything wrong: nothing is left
//! ```
//!
//! Invariants: a file appears under its name only complete and verified; no byte is written outside of the task's
//! directory or the shared one, whatever the URL, the destination or links made by tasks say.
//!
//! `http` and `https` are fetched. Other sources and archives are refused with the reason.

mod checksum;
mod destination;
mod http;
mod limits;
mod request;
mod staged;
mod trust;

use std::collections::BTreeMap;

use cap_std::fs::Dir;
use muster_model::ArtifactMode;

pub use checksum::{Checksum, ChecksumError};
pub use destination::DestinationError;
pub use http::{HttpError, Problem};
pub use limits::ArtifactLimits;
pub use request::RequestError;
pub use trust::Trust;

use crate::alloc_dir::Owner;
use request::Request;

/// An artifact whose references are all resolved.
#[derive(Clone, Debug)]
pub struct ArtifactSpec {
    pub source: String,
    pub destination: String,
    pub mode: ArtifactMode,
    pub options: BTreeMap<String, String>,
    pub headers: BTreeMap<String, String>,
    pub insecure: bool,
    /// Set when the file is to belong to the task's account.
    pub owner: Option<Owner>,
}

/// Where a task's artifacts may go.
#[derive(Debug)]
pub struct ArtifactPlace {
    /// Directory of the allocation.
    pub alloc: Dir,
    /// Its absolute path, for destinations made from `NOMAD_TASK_DIR` and its kind.
    pub alloc_path: std::path::PathBuf,
    pub task: String,
}

/// Why an artifact was not fetched. The message is what users see in the task's events.
#[derive(Debug, thiserror::Error)]
#[error("failed to download artifact \"{source_text}\": {reason}")]
pub struct ArtifactError {
    pub source_text: String,
    pub reason: Reason,
}

#[derive(Debug, thiserror::Error)]
pub enum Reason {
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error(transparent)]
    Destination(#[from] DestinationError),
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error(transparent)]
    Checksum(#[from] ChecksumError),
    #[error("cannot write `{path}`: {error}")]
    Write { path: String, error: std::io::Error },
}

/// Fetches artifacts for every task of the agent.
#[derive(Clone, Debug)]
pub struct Fetcher {
    limits: ArtifactLimits,
    trust: Trust,
}

impl Fetcher {
    #[must_use]
    pub const fn new(limits: ArtifactLimits, trust: Trust) -> Self {
        Self { limits, trust }
    }

    /// Puts one artifact in place.
    ///
    /// # Errors
    /// When it could not be fetched, is not what it should be, or may not go where it is meant to.
    pub async fn fetch(&self, place: &ArtifactPlace, spec: &ArtifactSpec) -> Result<(), ArtifactError> {
        self.try_fetch(place, spec).await.map_err(|reason| {
            let source_text = request::without_secrets(&spec.source);
            ArtifactError { source_text, reason }
        })
    }

    async fn try_fetch(&self, place: &ArtifactPlace, spec: &ArtifactSpec) -> Result<(), Reason> {
        let request = Request::new(spec)?;
        let target = destination::resolve(place, &spec.destination, spec.mode, request.file_name())?;
        let client =
            self.trust.client(spec.insecure, &self.limits).map_err(HttpError::setup(&request.url))?;
        http::download(&client, &self.limits, &request, &target, spec.owner).await
    }
}

#[cfg(test)]
mod tests;
