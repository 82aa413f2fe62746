//! What a task sees: its directories, its account, its variables.

use std::io;

use muster_model::Task;
use muster_runner::{BaseEnv, TaskDirs, TaskEnv, TaskEnvInput};
use muster_sys::users::{self, Account, UserError};

use super::TaskWork;
use crate::alloc_dir::{Owner, TaskPaths};

/// Where programs are looked for; the agent's own path is none of a task's business.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

impl TaskWork {
    pub(super) fn paths(&self, task: &Task) -> TaskPaths {
        self.context.dirs.task_paths(self.alloc.id, &task.name)
    }

    /// The task's environment. Looks up accounts, which may take a while.
    pub(super) async fn environment(&self) -> Result<TaskEnv, String> {
        let work = self.clone();
        let built = tokio::task::spawn_blocking(move || {
            let task = work.spec().ok_or("the group has no such task")?;
            work.build_environment(task).map_err(|error| error.to_string())
        });
        built.await.map_err(|error| error.to_string())?
    }

    fn build_environment(&self, task: &Task) -> Result<TaskEnv, UserError> {
        let paths = self.paths(task);
        let text = |path: &std::path::Path| path.to_string_lossy().into_owned();
        let dirs =
            TaskDirs { alloc: text(&paths.shared), local: text(&paths.local), secrets: text(&paths.secrets) };
        let account = account(task.user.as_deref())?;
        let home = account.as_ref().map(|account| text(&account.home)).filter(|home| !home.is_empty());
        let base = BaseEnv {
            path: PATH.to_owned(),
            home: home.unwrap_or_else(|| text(&paths.task)),
            user: account.map(|account| account.name).unwrap_or_default(),
            shell: "/bin/sh".to_owned(),
            lang: "C.UTF-8".to_owned(),
            tmpdir: text(&paths.tmp),
        };
        Ok(TaskEnv::build(&TaskEnvInput {
            node: &self.context.node(),
            region: &self.context.config.region,
            alloc: &self.alloc,
            task,
            dirs: &dirs,
            base: &base,
        }))
    }

    /// Whom a task's own files belong to; `None` when that is the agent's account, as it always is unless the agent
    /// is root.
    pub(super) fn owner(user: Option<&str>) -> io::Result<Option<Owner>> {
        let Some(user) = user.filter(|user| !user.is_empty()) else { return Ok(None) };
        if users::effective_ids().0 != 0 {
            return Ok(None);
        }
        let account = users::lookup(user).map_err(io::Error::other)?;
        Ok(Some(Owner { uid: account.uid, gid: account.gid }))
    }
}

/// The account a task runs as. The agent's own may have no name, as in a container; another one must exist.
fn account(user: Option<&str>) -> Result<Option<Account>, UserError> {
    match user.filter(|user| !user.is_empty()) {
        Some(user) => users::lookup(user).map(Some),
        None => Ok(users::lookup(&users::effective_ids().0.to_string()).ok()),
    }
}
