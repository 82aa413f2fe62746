//! Watches an evaluation until it is over, telling what changes (`cli.md` section 3).
//!
//! ```text
//!   blocking query of the evaluation --> its allocations --> Seen::changes --> lines
//!        ^------------- until it is over -------------------------'   next evaluation? -> watch that one
//! ```
//! Then its deployment, if it has one. Nothing sleeps: the server answers when there is news.

mod seen;

use muster_api::table::{EvalAllocations, EvalRead};
use muster_api::views::EvalView;
use muster_sdk::{Answer, Client};

use crate::deployment::follow::Follow;
use crate::failure::{Failure, OK, Outcome};
use crate::metrics;
use crate::shell::Shell;
use seen::Seen;

/// Placements failed although the request was fine.
pub(crate) const PLACEMENTS_FAILED: u8 = 2;

/// How long one question about a deployment waits for news.
const WAIT: &str = "30s";

/// The deployment ended in anything but success.
const ROLLOUT_FAILED: u8 = 1;

/// Whether to watch the evaluation that a change made, and how to show it.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Watch {
    /// Return at once, without watching the evaluation
    #[arg(long)]
    pub detach: bool,
    /// Show whole ids
    #[arg(long)]
    pub verbose: bool,
}

impl Watch {
    /// Watches an evaluation and what comes of it, or names it. There is none where nothing has to be looked at, such
    /// as for a job that only launches others.
    pub(crate) async fn evaluation(self, shell: &mut Shell, client: &Client, id: &str) -> Outcome {
        match self.monitor(shell, client, id)? {
            Some(monitor) => monitor.new_evaluation(shell, id).await,
            None => Ok(OK),
        }
    }

    /// The same, but not what becomes of its deployment.
    pub(crate) async fn evaluation_alone(self, shell: &mut Shell, client: &Client, id: &str) -> Outcome {
        match self.monitor(shell, client, id)? {
            Some(monitor) => monitor.alone(shell, id).await,
            None => Ok(OK),
        }
    }

    fn monitor<'a>(
        self,
        shell: &mut Shell,
        client: &'a Client,
        id: &str,
    ) -> Result<Option<Monitor<'a>>, Failure> {
        if self.detach && !id.is_empty() {
            shell.line(&format!("Evaluation ID: {id}"))?;
        }
        let wanted = !self.detach && !id.is_empty();
        Ok(wanted.then_some(Monitor { client, verbose: self.verbose }))
    }
}

/// What to watch and how to show it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Monitor<'a> {
    pub client: &'a Client,
    pub verbose: bool,
}

impl Monitor<'_> {
    /// Watches an evaluation that was just made, and those that follow it.
    pub(crate) async fn new_evaluation(self, shell: &mut Shell, id: &str) -> Outcome {
        self.follow(shell, id, Seen::pending(), true).await
    }

    /// The same, but not what becomes of a deployment.
    pub(crate) async fn alone(self, shell: &mut Shell, id: &str) -> Outcome {
        self.follow(shell, id, Seen::pending(), false).await
    }

    /// Watches an evaluation that may be over already.
    pub(crate) async fn existing(self, shell: &mut Shell, id: &str) -> Outcome {
        self.follow(shell, id, Seen::default(), true).await
    }

    async fn follow(self, shell: &mut Shell, id: &str, first: Seen, rollout: bool) -> Outcome {
        let headline = format!("Monitoring evaluation \"{}\"", self.short(id));
        headline_at(shell, &headline)?;
        let mut eval = self.one(shell, id, first).await?;
        while !eval.next_eval.is_empty() {
            let wait = shell.clock.until_text(eval.wait_until.as_deref().unwrap_or_default());
            let headline =
                format!("Monitoring next evaluation \"{}\" in {wait}", self.short(&eval.next_eval));
            headline_at(shell, &headline)?;
            eval = self.one(shell, &eval.next_eval.clone(), Seen::pending()).await?;
        }
        // A job that is stopped takes its deployment along: there is nothing left to wait for.
        let placed = eval.failed_groups.is_empty();
        let rollout = rollout && !eval.deployment_id.is_empty() && eval.triggered_by != "job-deregister";
        let follow = Follow { client: self.client, verbose: self.verbose, wait: WAIT };
        // One that waits for room with all it has may wait for ever, and no deadline runs.
        if rollout && (placed || follow.has_begun(&eval.deployment_id).await?) {
            let succeeded = follow.to_the_end(shell, &eval.deployment_id).await?;
            return Ok(match (succeeded, placed) {
                (true, _) => OK,
                (false, true) => ROLLOUT_FAILED,
                (false, false) => PLACEMENTS_FAILED,
            });
        }
        Ok(if placed { OK } else { PLACEMENTS_FAILED })
    }

    /// Tells one evaluation's story to its end.
    async fn one(self, shell: &mut Shell, id: &str, mut seen: Seen) -> Result<EvalView, Failure> {
        let mut index = 0;
        loop {
            let answer = self.read(id, index).await?;
            let allocs = self.client.get::<EvalAllocations>(&[id], &[]).await;
            let allocs = allocs.map_err(|error| failed("reading allocations", &error))?.value;
            for text in seen.changes(&answer.value, &allocs, self.verbose) {
                detail_at(shell, &text)?;
            }
            if matches!(answer.value.status.as_str(), "complete" | "failed" | "canceled") {
                self.finished(shell, &answer.value)?;
                return Ok(answer.value);
            }
            // An index that went backwards means restored state: begin anew, but never ask without waiting.
            index = if answer.index < index { 1 } else { answer.index.max(1) };
        }
    }

    async fn read(self, id: &str, index: u64) -> Result<Answer<EvalView>, Failure> {
        let index = index.to_string();
        let query: &[(&str, &str)] = if index == "0" { &[] } else { &[("index", &index)] };
        self.client.get::<EvalRead>(&[id], query).await.map_err(|error| match error.is_not_found() {
            true => Failure::new(format!("==> No evaluation with id \"{}\" found", self.short(id))),
            false => failed("reading evaluation", &error),
        })
    }

    fn finished(self, shell: &mut Shell, eval: &EvalView) -> Result<(), Failure> {
        let id = self.short(&eval.id);
        let text = format!("Evaluation \"{id}\" finished with status \"{}\"", eval.status);
        if eval.failed_groups.is_empty() {
            return headline_at(shell, &text);
        }
        headline_at(shell, &format!("{text} but failed to place all allocations:"))?;
        for (group, metric) in &eval.failed_groups {
            detail_at(shell, &metrics::failed_group(group, metric))?;
            for line in metrics::findings(metric, "  ") {
                detail_at(shell, &line)?;
            }
        }
        if !eval.blocked_eval.is_empty() {
            let blocked = self.short(&eval.blocked_eval);
            detail_at(
                shell,
                &format!("Evaluation \"{blocked}\" waiting for additional capacity to place remainder"),
            )?;
        }
        Ok(())
    }

    fn short(self, id: &str) -> String {
        crate::ids::short(id, self.verbose)
    }
}

fn failed(doing: &str, error: &muster_sdk::SdkError) -> Failure {
    Failure::new(format!("==> Error {doing}: {error}"))
}

/// A line that begins something.
pub(crate) fn headline_at(shell: &mut Shell, text: &str) -> Result<(), Failure> {
    let now = shell.clock.absolute(shell.clock.now());
    shell.bold_line(&format!("==> {now}: {text}"))
}

/// A line about what is going on.
pub(crate) fn detail_at(shell: &mut Shell, text: &str) -> Result<(), Failure> {
    let now = shell.clock.absolute(shell.clock.now());
    shell.line(&format!("    {now}: {text}"))
}
