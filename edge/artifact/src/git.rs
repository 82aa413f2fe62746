//! Git repositories, through the git command, which is given as little as it needs: an environment of its own, no
//! configuration of the machine, no hooks, no prompts, a few protocols, and on Linux a view of the file system that
//! ends at its staging directory ([`muster_sys::confine`]).

mod command;
mod request;
mod watch;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use cap_std::fs::OpenOptions;

use crate::staging::{Staging, TREE, blocking};
use crate::{FetchSettings, Reason};
use command::Git;

pub use request::GitRequest;

#[derive(Debug, thiserror::Error)]
pub enum GitError {
    #[error("git is not installed on this node: {0}")]
    NotInstalled(std::io::Error),
    #[error("git could not {action} `{url}`: {problem}")]
    Failed { action: &'static str, url: String, problem: String },
}

/// What fetching a repository takes besides the repository.
#[derive(Debug)]
pub struct GitContext<'a> {
    pub settings: &'a FetchSettings,
    pub environment: &'a BTreeMap<String, String>,
    /// What to believe instead of the machine's own store, in PEM form.
    pub bundle: Option<&'a str>,
    pub insecure: bool,
    /// The staging directory's absolute path.
    pub staging_path: &'a Path,
}

/// Clones into the tree of an empty staging directory.
pub async fn fetch(
    request: &GitRequest,
    context: &GitContext<'_>,
    staging: &Arc<Staging>,
) -> Result<(), Reason> {
    prepare(request, context, staging).await?;
    let git = Git::new(request, context);
    let work = clone(&git, request, staging);
    tokio::select! {
        outcome = work => outcome,
        bytes = watch::exceeds(staging, context.settings.limits.max_bytes) => Err(Reason::TooLarge(bytes)),
    }
}

/// Files that git is told of: an empty home, certificates, a key.
async fn prepare(
    request: &GitRequest,
    context: &GitContext<'_>,
    staging: &Arc<Staging>,
) -> Result<(), Reason> {
    let files: Vec<(&str, Vec<u8>)> = [
        context.bundle.map(|bundle| (command::BUNDLE, bundle.as_bytes().to_vec())),
        request.ssh_key.as_ref().map(|key| (command::SSH_KEY, key.expose().to_vec())),
    ]
    .into_iter()
    .flatten()
    .collect();
    let staging = Arc::clone(staging);
    let made = blocking(move || {
        staging.dir.create_dir(command::HOME)?;
        for (name, content) in files {
            write_private(&staging.dir, name, &content)?;
        }
        Ok(())
    });
    made.await.and_then(|made| made).map_err(Reason::write("staging directory"))
}

fn write_private(dir: &cap_std::fs::Dir, name: &str, content: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    cap_std::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = dir.open_with(name, &options)?;
    std::io::Write::write_all(&mut file, content)
}

async fn clone(git: &Git<'_>, request: &GitRequest, staging: &Arc<Staging>) -> Result<(), Reason> {
    let url = request.url.as_str();
    let depth = request.depth.map(|depth| format!("--depth={depth}"));
    let depth = depth.as_deref();
    match request.reference.as_deref() {
        // Servers give single commits by their full name only to those who ask for them and nothing else.
        Some(commit) if depth.is_some() && is_full_commit(commit) => {
            git.run("set up", &["init", "--quiet", "--template=", TREE]).await?;
            git.inside("set up", &["remote", "add", "origin", url]).await?;
            let fetch = ["fetch", "--quiet", "--no-tags", depth.unwrap_or_default(), "origin", commit];
            git.inside("fetch", &fetch).await?;
            git.inside("check out", &["checkout", "--quiet", "--detach", "FETCH_HEAD", "--"]).await?;
        }
        Some(reference) if depth.is_some() => {
            let branch = format!("--branch={reference}");
            let clone =
                ["clone", "--quiet", "--template=", depth.unwrap_or_default(), &branch, "--", url, TREE];
            git.run("clone", &clone).await?;
        }
        reference => {
            let mut clone = vec!["clone", "--quiet", "--template="];
            clone.extend(depth);
            if reference.is_some() {
                clone.push("--no-checkout");
            }
            clone.extend(["--", url, TREE]);
            git.run("clone", &clone).await?;
            if let Some(reference) = reference {
                git.inside("check out", &["checkout", "--quiet", reference, "--"]).await?;
            }
        }
    }
    submodules(git, depth, staging).await?;
    if request.has_password() {
        // The repository stays with the task; what it was fetched with does not.
        git.inside("tidy", &["remote", "set-url", "origin", &request.shown()]).await?;
    }
    Ok(())
}

async fn submodules(git: &Git<'_>, depth: Option<&str>, staging: &Arc<Staging>) -> Result<(), Reason> {
    let staging = Arc::clone(staging);
    let found = blocking(move || {
        let tree = crate::walk::enter(&staging.dir, TREE)?;
        Ok(tree.symlink_metadata(".gitmodules").is_ok_and(|metadata| metadata.is_file()))
    });
    if !found.await.and_then(|found| found).map_err(Reason::write(TREE))? {
        return Ok(());
    }
    let mut update = vec!["submodule", "--quiet", "update", "--init", "--recursive"];
    update.extend(depth);
    Ok(git.inside("fetch submodules of", &update).await?)
}

fn is_full_commit(reference: &str) -> bool {
    matches!(reference.len(), 40 | 64) && reference.bytes().all(|byte| byte.is_ascii_hexdigit())
}
