//! Whoever uses the cluster: registers jobs, changes and stops them, moves allocations, marks nodes. Everything goes to a
//! server that believes it leads, and is remembered only if it was acknowledged.

mod children;
mod disconnect;
mod equipment;
mod jobs;
mod scaling;
mod settings;
mod wishes;

use muster_ids::AllocId;
use muster_model::JobKey;
use muster_state::command::{Command, Reply};

pub use children::pace_of;

use crate::event::{Answer, Event, Waiter};
use crate::invariants::Promise;
use crate::sim::Sim;

#[derive(Debug, Default)]
pub struct Operator {
    /// Makes every version of a job that must replace what runs another one.
    pub edits: u64,
}

/// What a reply will have promised.
#[derive(Clone, Debug)]
pub enum Asked {
    Register(JobKey),
    Deregister {
        key: JobKey,
        purge: bool,
    },
    AllocStop(AllocId),
    /// Of this parent.
    Dispatch(JobKey),
    Other,
}

impl Sim {
    pub(crate) fn on_operate(&mut self) {
        let mean = u64::try_from(self.shape.operator_pause.as_millis()).unwrap_or(1000);
        let pause = self.rng.millis(1, mean * 2);
        self.plan(pause, Event::Operate);
        if !self.faults_allowed() {
            return;
        }
        let leading: Vec<usize> =
            (0..self.servers.len()).filter(|at| self.servers[*at].raft_term.is_some()).collect();
        let Some(&server) = self.rng.pick(&leading) else { return };
        let snapshot = self.servers[server].state.snapshot();
        let wall = self.servers[server].clock.at(self.now);
        let Some(command) = self.wish(&snapshot, wall) else { return };
        drop(snapshot);
        if self.trace.is_read() {
            self.trace.line(format_args!("        wish: {}", crate::explain::command(&command)));
        }
        let asked = asked(&command);
        // Whoever asks may be gone before the answer comes.
        let waiter = if self.rng.permille(100) { Waiter::Nobody } else { Waiter::Operator(asked) };
        self.propose(server, vec![command], waiter);
    }

    pub(crate) fn operator_answered(&mut self, asked: Asked, answer: Answer) {
        let Some((index, replies)) = answer else { return };
        let Some(Ok(reply)) = replies.into_iter().next() else { return };
        let promise = match (asked, reply) {
            (Asked::Register(key), Reply::JobRegistered { job_modify_index, .. }) => {
                Promise::Job { key, job_modify_index }
            }
            (Asked::Deregister { key, purge }, Reply::JobDeregistered { job_modify_index, eval_id }) => {
                match (purge, eval_id) {
                    (_, None) => return,
                    (true, _) => Promise::Purged { key },
                    (false, _) => Promise::Job { key, job_modify_index },
                }
            }
            // A token that was used before answers with a child that may be gone.
            (
                Asked::Dispatch(parent),
                Reply::JobDispatched { child, job_create_index, eval_id: Some(_), .. },
            ) => {
                let key = JobKey { namespace: parent.namespace, id: child };
                Promise::Job { key, job_modify_index: job_create_index }
            }
            (Asked::AllocStop(id), Reply::AllocStopped { .. }) => Promise::Moves { alloc: id },
            _ => return,
        };
        self.checks.promised(index, promise);
    }
}

fn asked(command: &Command) -> Asked {
    match command {
        Command::JobRegister(command) => Asked::Register(command.job.key()),
        Command::JobDeregister(command) => {
            Asked::Deregister { key: command.key.clone(), purge: command.purge }
        }
        Command::JobScale(command) => Asked::Register(command.key.clone()),
        Command::JobDispatch(command) => Asked::Dispatch(command.key.clone()),
        Command::AllocStop(command) => Asked::AllocStop(command.id),
        _ => Asked::Other,
    }
}
