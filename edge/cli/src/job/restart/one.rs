//! One allocation: its tasks restarted in place, or itself replaced.

use muster_api::table::{AllocRead, AllocRestart, AllocStop, EvalRead, JobEvaluations};
use muster_api::views::{AllocRestartRequest, AllocView, EvalView};
use muster_sdk::{Answer, Client, SdkError};

/// What is done to each allocation.
#[derive(Debug, Clone)]
pub(super) enum How {
    /// Tasks that run.
    Running,
    /// Also tasks that have ended.
    All,
    /// These tasks, as far as the allocation has them.
    Tasks(Vec<String>),
    /// Stopped, and replaced wherever there is room.
    Reschedule { no_shutdown_delay: bool },
}

impl How {
    /// What is said before it begins; `id` is as it is shown.
    pub(super) fn announce(&self, id: &str, group: &str) -> String {
        let of = format!("group \"{group}\" for allocation \"{id}\"");
        match self {
            Self::Running => format!("Restarting running tasks in {of}"),
            Self::All => format!("Restarting all tasks in {of}"),
            Self::Tasks(tasks) => format!("Restarting task(s) \"{}\" in {of}", tasks.join("\", \"")),
            Self::Reschedule { .. } => format!("Rescheduling allocation \"{id}\" of group \"{group}\""),
        }
    }

    /// Does it; the answer to `Reschedule` is the replacement.
    pub(super) async fn carry_out(
        &self,
        client: &Client,
        id: &str,
        namespace: &str,
    ) -> Result<Option<String>, String> {
        match self {
            Self::Running => restart(client, id, namespace, "", false).await.map(|()| None),
            Self::All => restart(client, id, namespace, "", true).await.map(|()| None),
            Self::Tasks(tasks) => {
                for task in tasks {
                    restart(client, id, namespace, task, false).await?;
                }
                Ok(None)
            }
            Self::Reschedule { no_shutdown_delay } => {
                reschedule(client, id, namespace, *no_shutdown_delay).await.map(Some)
            }
        }
    }
}

async fn restart(client: &Client, id: &str, namespace: &str, task: &str, all: bool) -> Result<(), String> {
    let request = AllocRestartRequest { task_name: task.to_owned(), all_tasks: all };
    let query = [("namespace", namespace)];
    let answer = client.send_json::<AllocRestart>(&[id], &query, &request).await;
    answer.map(|_| ()).map_err(|error| error.to_string())
}

/// Stops the allocation and waits until another one runs in its place.
async fn reschedule(
    client: &Client,
    id: &str,
    namespace: &str,
    no_shutdown_delay: bool,
) -> Result<String, String> {
    let at_once = if no_shutdown_delay { "true" } else { "false" };
    let query = [("namespace", namespace), ("no_shutdown_delay", at_once), ("reschedule", "true")];
    let stopped = client.get::<AllocStop>(&[id], &query).await;
    let eval_id = stopped.map_err(|error| error.to_string())?.value.eval_id;
    let eval = decided(client, eval_id).await?;
    if eval.status != "complete" || !eval.failed_groups.is_empty() {
        return Err(format!("there is no room for its replacement: see `eval status {}`", eval.id));
    }
    let old = until(client, id, read, |_| true).await?;
    if old.next_allocation.is_empty() {
        return Err("it was stopped, and nothing took its place".to_owned());
    }
    let over = |new: &AllocView| new.client_status != "pending";
    let new = until(client, &old.next_allocation, read, over).await?;
    match new.client_status.as_str() {
        "running" | "complete" => Ok(new.id),
        status => Err(format!("its replacement {} is {status}", new.id)),
    }
}

/// The evaluation that decides; one that a newer one of its job made superfluous is canceled in its favour.
async fn decided(client: &Client, mut id: String) -> Result<EvalView, String> {
    loop {
        let over = |eval: &EvalView| matches!(eval.status.as_str(), "complete" | "failed" | "canceled");
        let eval = until(client, &id, eval, over).await?;
        if eval.status != "canceled" {
            return Ok(eval);
        }
        let query = [("namespace", eval.namespace.as_str())];
        let evals = client.get::<JobEvaluations>(&[&eval.job_id], &query).await;
        // Evaluations made at once have one index.
        let newer = evals.map_err(|error| error.to_string())?.value.into_iter().filter(|other| {
            other.id != eval.id
                && other.create_index >= eval.create_index
                && !matches!(other.status.as_str(), "blocked" | "canceled")
        });
        match newer.max_by_key(|other| other.create_index) {
            Some(newer) => id = newer.id,
            None => return Ok(eval),
        }
    }
}

async fn read(client: Client, id: String, index: String) -> Result<Answer<AllocView>, SdkError> {
    client.get::<AllocRead>(&[&id], &[("index", &index)]).await
}

async fn eval(client: Client, id: String, index: String) -> Result<Answer<EvalView>, SdkError> {
    client.get::<EvalRead>(&[&id], &[("index", &index)]).await
}

/// Asks until the answer is what is waited for. Nothing sleeps: the server answers when there is news.
async fn until<T, F>(
    client: &Client,
    id: &str,
    ask: impl Fn(Client, String, String) -> F,
    done: impl Fn(&T) -> bool,
) -> Result<T, String>
where
    F: Future<Output = Result<Answer<T>, SdkError>>,
{
    let mut index = 0;
    loop {
        let answer = ask(client.clone(), id.to_owned(), index.to_string()).await;
        let answer = answer.map_err(|error| error.to_string())?;
        if done(&answer.value) {
            return Ok(answer.value);
        }
        // An index that went backwards means restored state: begin anew, but never ask without waiting.
        index = if answer.index < index { 1 } else { answer.index.max(1) };
    }
}
