//! `job scaling-events`: what happened to the counts of a job's groups.

use muster_api::table::JobScaleStatus;
use muster_api::views::{JobScaleStatusView, ScalingEventView};

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::ids::short;
use crate::shell::Shell;
use crate::table::Table;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct JobScalingEvents {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "job")]
    job: String,
    /// Show messages, errors and evaluations, too
    #[arg(long)]
    verbose: bool,
}

impl Verb for JobScalingEvents {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let job = super::find(&client, shell, &self.job).await?;
        let query = [("namespace", job.namespace.as_str())];
        let answer = client.get::<JobScaleStatus>(&[&job.id], &query).await;
        let status = answer.map_err(|error| Failure::request("retrieving scaling events", &error))?.value;
        match table(shell, &status, self.verbose) {
            Some(table) => shell.table(&table)?,
            None => shell.line("No events found")?,
        }
        Ok(OK)
    }
}

/// Newest first, whichever group it was.
fn table(shell: &Shell, status: &JobScaleStatusView, verbose: bool) -> Option<Table> {
    let groups = status.task_groups.iter();
    let mut events: Vec<(&String, &ScalingEventView)> = groups
        .flat_map(|(name, group)| group.events.iter().flatten().map(move |event| (name, event)))
        .collect();
    events.sort_by_key(|(_, event)| std::cmp::Reverse((event.time, event.create_index)));
    if events.is_empty() {
        return None;
    }
    let mut table = match verbose {
        true => Table::new(&["Task Group", "Count", "PrevCount", "Error", "Message", "Eval ID", "Date"]),
        false => Table::new(&["Task Group", "Count", "PrevCount", "Date"]),
    };
    for (group, event) in events {
        let count = event.count.map(|count| count.to_string()).unwrap_or_default();
        let mut row = vec![group.clone(), count, event.previous_count.to_string()];
        if verbose {
            let eval = event.eval_id.as_deref().unwrap_or_default();
            row.extend([event.error.to_string(), event.message.clone(), short(eval, true)]);
        }
        row.push(shell.clock.absolute(event.time));
        table.row(row);
    }
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, shell};
    use muster_api::views::GroupScaleView;

    fn event(count: Option<u32>, seconds: i64) -> ScalingEventView {
        ScalingEventView {
            time: NOW - seconds * 1_000_000_000,
            count,
            previous_count: 2,
            message: "load".into(),
            eval_id: count.map(|_| "e1e1e1e1-0000-4000-8000-000000000000".to_owned()),
            ..ScalingEventView::default()
        }
    }

    #[test]
    fn events_of_all_groups_are_shown_newest_first() {
        let (sh, _) = shell();
        let group = |events| GroupScaleView { events: Some(events), ..GroupScaleView::default() };
        let status = JobScaleStatusView {
            task_groups: [
                ("db".to_owned(), group(vec![event(None, 30)])),
                ("idle".to_owned(), GroupScaleView::default()),
                ("web".to_owned(), group(vec![event(Some(4), 10), event(Some(3), 60)])),
            ]
            .into(),
            ..JobScaleStatusView::default()
        };
        let lines = |verbose| table(&sh, &status, verbose).map(|table| table.lines());
        let expected = [
            "Task Group  Count   PrevCount  Date",
            "web         4       2          1970-01-01T00:16:30Z",
            "db          <none>  2          1970-01-01T00:16:10Z",
            "web         3       2          1970-01-01T00:15:40Z",
        ];
        assert_eq!(lines(false).as_deref(), Some(&expected.map(str::to_owned)[..]));
        let wide = lines(true).unwrap_or_default();
        assert!(wide[1].contains("load") && wide[1].contains("e1e1e1e1-0000-4000"), "{wide:?}");
        assert!(table(&sh, &JobScaleStatusView::default(), false).is_none());
    }
}
