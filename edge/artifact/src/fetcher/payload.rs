//! From what was downloaded to what the task sees. Blocking.

use std::io::{BufReader, ErrorKind};
use std::sync::Arc;

use cap_std::fs::Dir;
use muster_model::ArtifactMode;

use crate::archive::{self, ArchiveKind};
use crate::destination::Target;
use crate::install::{self, Place};
use crate::settle::Settle;
use crate::source::Plan;
use crate::staging::{DOWNLOAD, Payload, Staging, TREE};
use crate::{FetchSettings, Owner, Reason, walk};

/// The way from the staging directory to the destination.
#[derive(Debug)]
pub struct Delivery {
    pub plan: Plan,
    pub target: Target,
    pub staging: Arc<Staging>,
    pub mode: ArtifactMode,
    pub owner: Option<Owner>,
    pub settings: Arc<FetchSettings>,
}

impl Delivery {
    pub fn deliver(&self, payload: Payload) -> Result<(), Reason> {
        match (payload, self.plan.archive) {
            (Payload::File, Some(kind)) => {
                self.unpack(kind)?;
                self.tree(true)
            }
            (Payload::Tree, _) => self.tree(false),
            (Payload::File, None) if !self.plan.subdir.is_empty() || self.mode == ArtifactMode::Dir => {
                Err(Reason::NotDirectory)
            }
            (Payload::File, None) => {
                let name = self.target.name.as_deref().unwrap_or(&self.plan.file_name);
                self.file(&self.staging.dir, DOWNLOAD, name)
            }
        }
    }

    fn unpack(&self, kind: ArchiveKind) -> Result<(), Reason> {
        let writing = Reason::write(TREE);
        let tree = self.staging.new_tree().map_err(&writing)?;
        let packed = self.staging.dir.open(DOWNLOAD).map_err(&writing)?;
        let name = self.plan.unpacked_name(self.mode);
        let limits = &self.settings.limits.extract;
        let unpacked =
            archive::extract_until(BufReader::new(packed), kind, &name, &tree, limits, &self.staging.stop);
        let problem = |problem| Reason::Archive { name: self.plan.listed_name.clone(), problem };
        let unpacked = unpacked.map_err(problem)?;
        tracing::debug!(entries = unpacked.entries, bytes = unpacked.bytes, "artifact unpacked");
        self.staging.dir.remove_file(DOWNLOAD).map_err(&writing)
    }

    /// Delivers a directory, or the one file in it.
    fn tree(&self, unpacked: bool) -> Result<(), Reason> {
        let mut dir = walk::enter(&self.staging.dir, TREE).map_err(Reason::write(TREE))?;
        for (at, part) in self.plan.subdir.iter().enumerate() {
            let missing = || Reason::NoSubdirectory(self.plan.subdir.join("/"));
            let last = at + 1 == self.plan.subdir.len();
            match walk::enter(&dir, part) {
                Ok(inner) => dir = inner,
                Err(_) if last && dir.symlink_metadata(part).is_ok_and(|entry| entry.is_file()) => {
                    return self.file(&dir, part, self.target.name.as_deref().unwrap_or(part));
                }
                Err(_) => return Err(missing()),
            }
        }
        if self.mode == ArtifactMode::File {
            let only = if unpacked { only_file(&dir) } else { None };
            let (name, to) = (only.ok_or(Reason::NotOneFile)?, self.target.name.as_deref());
            return self.file(&dir, &name, to.unwrap_or(&name));
        }
        self.settle().tree(&dir)?;
        let place = Place::enter(&self.target, self.owner).map_err(|error| self.unwritable(error))?;
        install::merge(&dir, &place.dir).map_err(|error| self.unwritable(error))?;
        place.keep();
        Ok(())
    }

    fn file(&self, from: &Dir, staged: &str, name: &str) -> Result<(), Reason> {
        self.settle().entry(from, staged)?;
        let place = Place::enter(&self.target, self.owner).map_err(|error| self.unwritable(error))?;
        install::file(from, staged, &place.dir, name).map_err(|error| self.unwritable(error))?;
        place.keep();
        Ok(())
    }

    fn settle(&self) -> Settle {
        Settle { owner: self.owner, trust_links: self.settings.trust_links }
    }

    fn unwritable(&self, error: std::io::Error) -> Reason {
        let error = match error.kind() {
            ErrorKind::NotADirectory => std::io::Error::new(
                ErrorKind::NotADirectory,
                "a link or file is in the place of one of its directories",
            ),
            _ => error,
        };
        Reason::Write { path: self.target.written.clone(), error }
    }
}

/// The name of a file that is alone in a directory.
fn only_file(dir: &Dir) -> Option<String> {
    let mut entries = dir.entries().ok()?;
    let only = entries.next()?.ok()?;
    let alone = entries.next().is_none() && only.file_type().ok()?.is_file();
    alone.then(|| only.file_name().into_string().ok()).flatten()
}
