//! What the user has been told about an evaluation, and what is news.

use std::collections::BTreeMap;

use muster_api::views::{AllocListStub, EvalView};

use crate::ids::short;

/// The state last told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Empty before the first look.
    status: String,
    introduced: bool,
    /// The deployment it is a part of, once known.
    deployment: String,
    /// Client status by allocation.
    allocs: BTreeMap<String, String>,
}

impl Seen {
    /// Of an evaluation known to begin as pending, because it was just made.
    pub(super) fn pending() -> Self {
        Self { status: "pending".to_owned(), ..Self::default() }
    }

    /// The news as sentences, which then count as told.
    pub(super) fn changes(
        &mut self,
        eval: &EvalView,
        allocs: &[AllocListStub],
        verbose: bool,
    ) -> Vec<String> {
        let mut news = Vec::new();
        if !std::mem::replace(&mut self.introduced, true) {
            news.extend(introduction(eval, verbose));
        }
        if !eval.deployment_id.is_empty() && self.deployment != eval.deployment_id {
            self.deployment.clone_from(&eval.deployment_id);
            let id = short(&eval.deployment_id, verbose);
            news.push(format!("Evaluation within deployment: \"{id}\""));
        }
        for alloc in allocs {
            news.extend(self.alloc(eval, alloc, verbose));
        }
        let before = std::mem::replace(&mut self.status, eval.status.clone());
        if !before.is_empty() && before != eval.status && eval.status != "pending" {
            news.push(format!("Evaluation status changed: \"{before}\" -> \"{}\"", eval.status));
        }
        news
    }

    fn alloc(&mut self, eval: &EvalView, alloc: &AllocListStub, verbose: bool) -> Option<String> {
        let id = short(&alloc.id, verbose);
        let before = self.allocs.insert(alloc.id.clone(), alloc.client_status.clone());
        let Some(before) = before else {
            let verb = match () {
                () if alloc.create_index < eval.create_index => "modified",
                () if alloc.desired_status == "run" => "created",
                () => return None,
            };
            let node = short(&alloc.node_id, verbose);
            return Some(format!(
                "Allocation \"{id}\" {verb}: node \"{node}\", group \"{}\"",
                alloc.task_group
            ));
        };
        let description = match alloc.client_description.as_str() {
            "" => String::new(),
            text => format!(" ({text})"),
        };
        (before != alloc.client_status).then(|| {
            format!(
                "Allocation \"{id}\" status changed: \"{before}\" -> \"{}\"{description}",
                alloc.client_status
            )
        })
    }
}

fn introduction(eval: &EvalView, verbose: bool) -> Vec<String> {
    let node = short(&eval.node_id, verbose);
    let by_node = (!node.is_empty()).then(|| format!("Evaluation triggered by node \"{node}\""));
    let by_job =
        (!eval.job_id.is_empty()).then(|| format!("Evaluation triggered by job \"{}\"", eval.job_id));
    by_node.into_iter().chain(by_job).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eval(status: &str) -> EvalView {
        EvalView { job_id: "web".into(), status: status.into(), create_index: 10, ..EvalView::default() }
    }

    fn alloc(create_index: u64, desired: &str, client: &str) -> AllocListStub {
        AllocListStub {
            id: "aaaaaaaa-1".into(),
            node_id: "nnnnnnnn-1".into(),
            task_group: "g".into(),
            desired_status: desired.into(),
            client_status: client.into(),
            create_index,
            ..AllocListStub::default()
        }
    }

    #[test]
    fn news_is_told_once() {
        let mut seen = Seen::pending();
        assert_eq!(seen.changes(&eval("pending"), &[], false), ["Evaluation triggered by job \"web\""]);
        assert!(seen.changes(&eval("pending"), &[], false).is_empty());
        let placed = [alloc(11, "run", "pending")];
        let news = seen.changes(&eval("complete"), &placed, false);
        let expected = [
            "Allocation \"aaaaaaaa\" created: node \"nnnnnnnn\", group \"g\"",
            "Evaluation status changed: \"pending\" -> \"complete\"",
        ];
        assert_eq!(news, expected);
        assert!(seen.changes(&eval("complete"), &placed, false).is_empty());
    }

    #[test]
    fn older_allocations_are_modified_and_status_changes_carry_their_reason() {
        let mut seen = Seen::default();
        let news = seen.changes(&eval("complete"), &[alloc(5, "stop", "running")], true);
        assert_eq!(
            news.last().map(String::as_str),
            Some("Allocation \"aaaaaaaa-1\" modified: node \"nnnnnnnn-1\", group \"g\"")
        );
        let mut stopped = alloc(5, "stop", "complete");
        stopped.client_description = "All tasks have completed".into();
        let news = seen.changes(&eval("complete"), &[stopped], false);
        let expected =
            "Allocation \"aaaaaaaa\" status changed: \"running\" -> \"complete\" (All tasks have completed)";
        assert_eq!(news, [expected]);
    }

    #[test]
    fn a_new_allocation_that_should_not_run_is_no_news() {
        assert!(Seen::default().changes(&eval("pending"), &[alloc(11, "stop", "pending")], false).len() == 1);
    }
}
