//! `client { drain_on_shutdown {} }`: an agent that leaves gracefully empties its node first.

use std::time::Duration;

use muster_model::{DrainDeadline, DrainSpec};

use crate::decide::Findings;

block! {
    DrainOnShutdownInput {
        /// When everything left leaves; an hour unless said otherwise.
        deadline: Duration,
        ignore_system_jobs: bool,
        /// Everything leaves at once.
        force: bool,
    }
    no_effect {}
}

impl DrainOnShutdownInput {
    pub(crate) fn decide(self, findings: &mut Findings) -> DrainSpec {
        let deadline = match (self.deadline, self.force.unwrap_or(false)) {
            (Some(_), true) => {
                findings
                    .error("client.drain_on_shutdown: `deadline` and `force` exclude each other: write one");
                DrainDeadline::Force
            }
            (None, true) => DrainDeadline::Force,
            (Some(Duration::ZERO), false) => {
                findings.error(
                    "client.drain_on_shutdown: `deadline` must be greater than 0: an agent that leaves cannot wait for ever",
                );
                DrainDeadline::Force
            }
            (deadline, false) => DrainDeadline::After(deadline.unwrap_or(Duration::from_secs(3600))),
        };
        DrainSpec { deadline, ignore_system_jobs: self.ignore_system_jobs.unwrap_or(false) }
    }
}
