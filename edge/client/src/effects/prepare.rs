//! Before a task starts: its directories and artifacts.

use std::sync::Arc;

use muster_artifact::{ArtifactPlace, ArtifactSpec};
use muster_ids::Text;
use muster_model::{Artifact, Task};
use muster_runner::{FailureKind, TaskEnv, TaskEventIn};

use super::{Outcome, TaskWork};
use crate::alloc_dir::{Owner, blocking};

impl TaskWork {
    pub(super) async fn build_dir(self) -> Outcome {
        let work = self.clone();
        let built = blocking(move || {
            let Some(task) = work.spec() else {
                return Err(std::io::Error::other("the group has no such task"));
            };
            let owner = work.owner(task)?;
            work.context.dirs.build_task(work.alloc.id, &task.name, owner)?;
            work.write_payload(task, owner)
        });
        let event = match built.await {
            Ok(()) => TaskEventIn::DirReady,
            Err(error) => TaskEventIn::DirFailed {
                error: format!("failed to build task directory: {error}").into(),
                kind: FailureKind::Recoverable,
            },
        };
        self.event(event)
    }

    /// A dispatched job's payload, where the task looks for it.
    fn write_payload(&self, task: &Task, owner: Option<Owner>) -> std::io::Result<()> {
        let (Some(payload), Some(place)) = (&self.alloc.job.payload, &task.dispatch_payload) else {
            return Ok(());
        };
        let file = std::path::Path::new(&*place.file);
        self.context.dirs.write_local(self.alloc.id, &task.name, file, payload.bytes(), owner)
    }

    pub async fn fetch_artifacts(self, from: usize) -> Outcome {
        let event = match self.try_fetch(from).await {
            Ok(()) => TaskEventIn::ArtifactsReady,
            Err((fetched, error)) => TaskEventIn::ArtifactsFailed { fetched, error },
        };
        self.event(event)
    }

    async fn try_fetch(&self, from: usize) -> Result<(), (usize, Text)> {
        let failed = |at: usize| move |error: String| (at, Text::from(error));
        let task = self.spec().ok_or_else(|| (from, Text::from("the group has no such task")))?;
        let env = self.environment().await.map_err(failed(from))?;
        let work = self.clone();
        let owner = blocking(move || work.spec().map_or(Ok(None), |task| work.owner(task))).await;
        let owner = owner.map_err(|error| failed(from)(error.to_string()))?;
        let place = self.place(task.name.to_string()).await.map_err(failed(from))?;
        for (at, artifact) in task.artifacts.iter().enumerate().skip(from) {
            let spec = resolve(artifact, &env, owner);
            self.context.fetcher.fetch(&place, &spec).await.map_err(|error| failed(at)(error.to_string()))?;
        }
        Ok(())
    }

    async fn place(&self, task: String) -> Result<ArtifactPlace, String> {
        let (dirs, id) = (Arc::clone(&self.context.dirs), self.alloc.id);
        let alloc_path = dirs.path().join(id.to_string());
        let alloc = blocking(move || dirs.alloc(id)).await.map_err(|error| error.to_string())?;
        Ok(ArtifactPlace { alloc, alloc_path, task })
    }
}

fn resolve(artifact: &Artifact, env: &TaskEnv, owner: Option<Owner>) -> ArtifactSpec {
    let pairs = |map: &std::collections::BTreeMap<String, Text>| {
        map.iter().map(|(key, value)| (env.interpolate(key), env.interpolate(value))).collect()
    };
    ArtifactSpec {
        source: env.interpolate(&artifact.source),
        destination: env.interpolate(&artifact.destination),
        mode: artifact.mode,
        options: pairs(&artifact.options),
        headers: pairs(&artifact.headers),
        insecure: artifact.insecure,
        owner: owner.filter(|_| artifact.chown).map(|Owner { uid, gid }| muster_artifact::Owner { uid, gid }),
    }
}
