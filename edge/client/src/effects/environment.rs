//! What a task sees: its directories, its account, its variables.

use std::io;

use muster_model::{Node, Task};
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

    /// The account's name as the job gives it, references resolved.
    pub(super) fn user(&self, task: &Task) -> Option<String> {
        let user = task.user.as_deref().filter(|user| !user.is_empty())?;
        if !user.contains("${") {
            return Some(user.to_owned());
        }
        let env = self.environment_of(task, &BaseEnv::default());
        Some(env.interpolate(user)).filter(|user| !user.is_empty())
    }

    fn build_environment(&self, task: &Task) -> Result<TaskEnv, UserError> {
        let paths = self.paths(task);
        let text = |path: &std::path::Path| path.to_string_lossy().into_owned();
        let account = account(self.user(task).as_deref())?;
        let home = account.as_ref().map(|account| text(&account.home)).filter(|home| !home.is_empty());
        let base = BaseEnv {
            path: PATH.to_owned(),
            home: home.unwrap_or_else(|| text(&paths.task)),
            user: account.map(|account| account.name).unwrap_or_default(),
            shell: "/bin/sh".to_owned(),
            lang: "C.UTF-8".to_owned(),
            tmpdir: text(&paths.tmp),
            passed: self.context.config.passed_env.clone(),
        };
        Ok(self.environment_of(task, &base))
    }

    fn environment_of(&self, task: &Task, base: &BaseEnv) -> TaskEnv {
        let paths = self.paths(task);
        let text = |path: &std::path::Path| path.to_string_lossy().into_owned();
        let dirs =
            TaskDirs { alloc: text(&paths.shared), local: text(&paths.local), secrets: text(&paths.secrets) };
        let node = self.context.node();
        TaskEnv::build(&TaskEnvInput {
            node: &node,
            region: &self.context.config.region,
            alloc: &self.alloc,
            task,
            dirs: &dirs,
            base,
            parent_cgroup: parent_cgroup(&node, self.context.config.cgroup_parent.as_deref()),
        })
    }

    /// Whom a task's own files belong to; `None` when that is the agent's account, as it always is unless the agent
    /// is root.
    pub(super) fn owner(&self, task: &Task) -> io::Result<Option<Owner>> {
        let Some(user) = self.user(task) else { return Ok(None) };
        if users::effective_ids().0 != 0 {
            return Ok(None);
        }
        let account = users::lookup(&user).map_err(io::Error::other)?;
        Ok(Some(Owner { uid: account.uid, gid: account.gid }))
    }
}

/// Where the cgroups of tasks lie, as the contract names it; nothing on a node without cgroups.
fn parent_cgroup<'a>(node: &Node, configured: Option<&'a str>) -> &'a str {
    match node.attributes.get("os.cgroups.version").map(|version| &**version) {
        Some("1") => configured.unwrap_or("/nomad"),
        Some("2") => configured.unwrap_or("nomad.slice"),
        _ => "",
    }
}

/// The account a task runs as. The agent's own may have no name, as in a container; another one must exist.
fn account(user: Option<&str>) -> Result<Option<Account>, UserError> {
    match user.filter(|user| !user.is_empty()) {
        Some(user) => users::lookup(user).map(Some),
        None => Ok(users::lookup(&users::effective_ids().0.to_string()).ok()),
    }
}
