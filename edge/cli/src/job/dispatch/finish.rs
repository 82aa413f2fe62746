//! Waits until a dispatched job is over. Nothing sleeps: the server answers when there is news.

use muster_api::table::{JobRead, JobSummary};
use muster_sdk::Client;

use crate::failure::{Failure, OK, Outcome};
use crate::monitor::{PLACEMENTS_FAILED, headline_at};
use crate::shell::Shell;

/// 2 when an allocation of it failed or was lost and it is over.
pub(super) async fn wait(shell: &mut Shell, client: &Client, id: &str, namespace: &str) -> Outcome {
    let failed = |error| Failure::request("waiting for the dispatched job", &error);
    let mut index = 0;
    loop {
        let at = index.to_string();
        let mut query = vec![("namespace", namespace)];
        if index > 0 {
            query.push(("index", &at));
        }
        let answer = client.get::<JobRead>(&[id], &query).await.map_err(failed)?;
        if answer.value.status.as_deref() == Some("dead") {
            break;
        }
        // An index that went backwards means restored state: begin anew, but never ask without waiting.
        index = if answer.index < index { 1 } else { answer.index.max(1) };
    }
    let summary = client.get::<JobSummary>(&[id], &[("namespace", namespace)]).await.map_err(failed)?.value;
    let unsuccessful: u32 = summary.summary.values().map(|group| group.failed + group.lost).sum();
    let text = match unsuccessful {
        0 => format!("Job \"{id}\" finished"),
        some => format!("Job \"{id}\" finished with {some} failed or lost allocations"),
    };
    headline_at(shell, &text)?;
    Ok(if unsuccessful == 0 { OK } else { PLACEMENTS_FAILED })
}
