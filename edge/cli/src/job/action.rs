//! `job action`: runs a command that the job has prepared, beside its task. Its exit code is ours.

use muster_api::table::{AllocRead, JobActions};
use muster_api::views::{AllocView, JobActionView};
use muster_sdk::{ActionRequest, Client};

use crate::alloc::choose::Choice;
use crate::alloc::exec::session::{self, TerminalArgs};
use crate::connect::ConnectArgs;
use crate::failure::{Failure, Outcome};
use crate::shell::Shell;
use crate::table::Table;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct JobAction {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Job whose action it is; that of the allocation by default
    #[arg(long, value_name = "JOB")]
    job: Option<String>,
    /// Allocation to run it in; a running one of the job by default
    #[arg(long, value_name = "ALLOC")]
    alloc: Option<String>,
    /// Only allocations of this group
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// Task that has the action; found by the action's name by default
    #[arg(long, value_name = "TASK")]
    task: Option<String>,
    #[command(flatten)]
    terminal: TerminalArgs,
    #[arg(value_name = "action", required = true)]
    action: String,
}

impl Verb for JobAction {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let terminal = self.terminal.open(shell)?;
        let client = self.connect.connect(shell)?;
        let named = match &self.alloc {
            Some(text) => Some(named_alloc(&client, shell, text).await?),
            None => None,
        };
        let (job, namespace) = self.job(&client, shell, named.as_ref()).await?;
        let actions = client.get::<JobActions>(&[&job], &[("namespace", &namespace)]).await;
        let actions = actions.map_err(|error| Failure::request("querying actions", &error))?.value;
        let group = self.group.as_deref().or(named.as_ref().map(|alloc| alloc.task_group.as_str()));
        let action = choose(&actions, &self.action, group, self.task.as_deref())?;
        let alloc = match named {
            Some(alloc) => alloc,
            None => {
                let group = Some(action.task_group_name.as_str());
                Choice { text: &job, job: true, group, verbose: false }.alloc(shell, &client).await?
            }
        };
        let request = ActionRequest {
            job: &job,
            namespace: &namespace,
            action: &action.name,
            task: &action.task_name,
            alloc: &alloc.id,
            tty: terminal.tty,
        };
        let running = client.action(request).await.map_err(|error| session::failed(&error))?;
        session::run(running, terminal, shell).await
    }
}

impl JobAction {
    /// The job's id and namespace.
    async fn job(
        &self,
        client: &Client,
        shell: &Shell,
        alloc: Option<&AllocView>,
    ) -> Result<(String, String), Failure> {
        match (&self.job, alloc) {
            (Some(text), _) => super::find(client, shell, text).await.map(|job| (job.id, job.namespace)),
            (None, Some(alloc)) => Ok((alloc.job_id.clone(), alloc.namespace.clone())),
            (None, None) => Err(Failure::new(
                "A job ID is required: name the job with -job, or an allocation with -alloc",
            )),
        }
    }
}

async fn named_alloc(client: &Client, shell: &Shell, text: &str) -> Result<AllocView, Failure> {
    let stub = crate::alloc::find(client, shell, text, false).await?;
    let alloc = client.get::<AllocRead>(&[&stub.id], &[("namespace", &stub.namespace)]).await;
    Ok(alloc.map_err(|error| Failure::request("querying allocation", &error))?.value)
}

/// The only action of that name in the groups and tasks that are meant.
fn choose<'a>(
    actions: &'a [JobActionView],
    name: &str,
    group: Option<&str>,
    task: Option<&str>,
) -> Result<&'a JobActionView, Failure> {
    let meant = |action: &&JobActionView| {
        action.name == name
            && group.is_none_or(|group| action.task_group_name == group)
            && task.is_none_or(|task| action.task_name == task)
    };
    let mut found = actions.iter().filter(meant);
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (None, _) if actions.is_empty() => Err(Failure::new("the job has no actions")),
        (None, _) => Err(Failure::new(format!("no action `{name}` there; the job has:\n{}", list(actions)))),
        (Some(_), Some(_)) => Err(Failure::new(format!(
            "several tasks have an action `{name}`: choose one with -group and -task\n{}",
            list(actions)
        ))),
    }
}

fn list(actions: &[JobActionView]) -> String {
    let mut table = Table::new(&["Action Name", "Task Group", "Task"]);
    for action in actions {
        table.row(vec![action.name.clone(), action.task_group_name.clone(), action.task_name.clone()]);
    }
    table.lines().join("\n")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn action(name: &str, group: &str, task: &str) -> JobActionView {
        JobActionView {
            name: name.to_owned(),
            task_group_name: group.to_owned(),
            task_name: task.to_owned(),
            ..JobActionView::default()
        }
    }

    #[test]
    fn an_action_is_found_by_its_name_where_that_is_clear() {
        let actions = [action("flush", "a", "web"), action("flush", "b", "web"), action("dump", "b", "db")];
        let task = |name, group, task| choose(&actions, name, group, task).map(|a| a.task_group_name.clone());
        assert_eq!(task("dump", None, None).unwrap(), "b");
        assert_eq!(task("flush", Some("a"), None).unwrap(), "a");
        let several = task("flush", None, Some("web")).unwrap_err().to_string();
        assert!(several.contains("several tasks have an action `flush`"), "{several}");
        let none = task("flush", None, Some("db")).unwrap_err().to_string();
        assert!(
            none.contains("no action `flush` there") && none.contains("dump         b           db"),
            "{none}"
        );
    }
}
