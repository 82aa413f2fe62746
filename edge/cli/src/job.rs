//! Commands about jobs, and how a job is found by the name the user gave.

pub(crate) mod action;
pub(crate) mod allocs;
pub(crate) mod deployments;
pub(crate) mod dispatch;
pub(crate) mod eval;
mod files;
pub(crate) mod history;
pub(crate) mod init;
pub(crate) mod inspect;
pub(crate) mod periodic;
pub(crate) mod plan;
pub(crate) mod promote;
pub(crate) mod restart;
pub(crate) mod revert;
pub(crate) mod run;
pub(crate) mod scale;
pub(crate) mod scaling_events;
pub(crate) mod source;
pub(crate) mod start;
pub(crate) mod status;
pub(crate) mod stop;
pub(crate) mod tag;
pub(crate) mod validate;

use muster_api::table::JobList;
use muster_api::views::JobListStub;
use muster_sdk::Client;

use crate::failure::Failure;
use crate::ids;
use crate::shell::Shell;
use crate::table::Table;

/// The job whose id is `text`, or the only one whose id begins with it.
pub(crate) async fn find(client: &Client, shell: &Shell, text: &str) -> Result<JobListStub, Failure> {
    find_among(client, shell, text, |_| true).await
}

/// As [`find`], of jobs of one kind only: children begin with the id of their parent. What is not of that kind the
/// servers refuse with their reason.
pub(crate) async fn find_among(
    client: &Client,
    shell: &Shell,
    text: &str,
    kind: impl Fn(&JobListStub) -> bool,
) -> Result<JobListStub, Failure> {
    let found = client.get::<JobList>(&[], &[("prefix", text)]).await;
    let mut found = found.map_err(|error| Failure::request("querying jobs", &error))?.value;
    found.retain(|job| kind(job) || job.id == text);
    choose(found, text, |found| list_table(found, shell, true))
}

fn choose(
    mut found: Vec<JobListStub>,
    text: &str,
    table: impl FnOnce(&[JobListStub]) -> Table,
) -> Result<JobListStub, Failure> {
    if found.iter().any(|job| job.id == text) {
        found.retain(|job| job.id == text);
    }
    match (found.len(), found.pop()) {
        (1, Some(job)) => Ok(job),
        (_, Some(last)) => {
            found.push(last);
            Err(ids::ambiguous(&format!("Prefix \"{text}\" matched multiple jobs"), &table(&found)))
        }
        (_, None) => Err(Failure::new(format!("No job(s) with prefix or ID \"{text}\" found"))),
    }
}

/// The list of jobs; with their namespaces when these may differ.
pub(crate) fn list_table(jobs: &[JobListStub], shell: &Shell, namespaces: bool) -> Table {
    let several = jobs.first().is_some_and(|first| jobs.iter().any(|job| job.namespace != first.namespace));
    let namespaces = namespaces && several;
    namespaced_table(jobs, shell, namespaces)
}

pub(crate) fn namespaced_table(jobs: &[JobListStub], shell: &Shell, namespaces: bool) -> Table {
    let mut table = match namespaces {
        true => Table::new(&["ID", "Namespace", "Type", "Priority", "Status", "Submit Date"]),
        false => Table::new(&["ID", "Type", "Priority", "Status", "Submit Date"]),
    };
    for job in jobs {
        let mut row = vec![job.id.clone()];
        if namespaces {
            row.push(job.namespace.clone());
        }
        let submitted = shell.clock.absolute(job.submit_time);
        row.extend([kind(job), job.priority.to_string(), status_text(&job.status, job.stop), submitted]);
        table.row(row);
    }
    table
}

fn kind(job: &JobListStub) -> String {
    match (job.periodic, job.parameterized_job) {
        (true, _) => format!("{}/periodic", job.kind),
        (_, true) => format!("{}/parameterized", job.kind),
        _ => job.kind.clone(),
    }
}

fn status_text(status: &str, stopped: bool) -> String {
    if stopped { format!("{status} (stopped)") } else { status.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pick(ids: &[(&str, &str)], text: &str) -> Result<String, String> {
        let job = |(id, namespace): &(&str, &str)| JobListStub {
            id: (*id).to_owned(),
            namespace: (*namespace).to_owned(),
            ..JobListStub::default()
        };
        let table = |found: &[JobListStub]| {
            let mut table = Table::new(&["ID"]);
            found.iter().for_each(|job| table.row(vec![job.id.clone()]));
            table
        };
        let found = choose(ids.iter().map(job).collect(), text, table);
        found.map(|job| job.id).map_err(|error| error.to_string())
    }

    #[test]
    fn an_exact_id_wins_over_longer_ones() {
        assert_eq!(pick(&[("web", "a"), ("web-2", "a")], "web"), Ok("web".to_owned()));
        assert_eq!(pick(&[("web-2", "a")], "web"), Ok("web-2".to_owned()));
    }

    #[test]
    fn nothing_and_too_much_are_explained() {
        assert_eq!(pick(&[], "x"), Err("No job(s) with prefix or ID \"x\" found".to_owned()));
        let ambiguous = Err("Prefix \"we\" matched multiple jobs\n\nID\nweb\nwebapp".to_owned());
        assert_eq!(pick(&[("web", "a"), ("webapp", "a")], "we"), ambiguous);
        assert!(pick(&[("web", "a"), ("web", "b")], "web").is_err(), "the same id in two namespaces");
    }
}
