//! Scheduler workers and the planner, as `muster-server`'s `worker.rs` and `planner.rs` have them: a worker leases
//! several evaluations, takes one snapshot and the plans it does not show, and schedules one after the other while the
//! state moves on; it never waits for a plan to commit.

use std::collections::VecDeque;

use muster_leader::{PlanBatch, Token, Work};
use muster_model::{Evaluation, JobType, PlanOutcome};
use muster_scheduler::{Context, Overlay, Schedule, give_up, schedule};
use muster_state::Snapshot;
use muster_state::command::{Command, EvalUpdate, Reply};

use crate::event::{Answer, Event, Waiter};
use crate::sim::Sim;

const MAX_PLAN_ATTEMPTS: u32 = 5;
const BATCH: usize = 64;
const KINDS: [JobType; 4] = [JobType::Service, JobType::Batch, JobType::System, JobType::Sysbatch];

#[derive(Debug, Default)]
pub struct Worker(Option<Batch>);

impl Worker {
    pub const fn is_idle(&self) -> bool {
        self.0.is_none()
    }
}

#[derive(Debug)]
struct Batch {
    /// Taken at the first turn: between lease and snapshot others may act.
    view: Option<(Snapshot, Overlay)>,
    work: VecDeque<Work>,
    planless: Vec<(Token, Vec<Evaluation>)>,
}

impl Sim {
    /// Gives idle workers something to do, if there is anything.
    pub(crate) fn wake(&mut self, server: usize) {
        let wall = self.servers[server].clock.at(self.now);
        for worker in 0..super::WORKERS {
            let this = &mut self.servers[server];
            if this.leads.is_none() || !this.workers[worker].is_idle() {
                continue;
            }
            let work = this.brain.take_work(&KINDS, BATCH, wall);
            if !work.is_empty() {
                this.workers[worker].0 = Some(Batch { view: None, work: work.into(), planless: Vec::new() });
                self.worker_goes_on(server, worker);
            }
        }
        self.pump_plans(server);
    }

    fn worker_goes_on(&mut self, server: usize, worker: usize) {
        let pause = match self.rng.below(1000) {
            0 if self.faults_allowed() => self.rng.secs(1, 90),
            1..=20 => self.rng.millis(5, 600),
            _ => self.rng.micros(30, 900),
        };
        let life = self.servers[server].life;
        self.plan(pause, Event::Worker { server, life, worker });
    }

    pub(crate) fn on_worker(&mut self, server: usize, worker: usize) {
        let wall = self.servers[server].clock.at(self.now);
        let seed = self.rng.bytes();
        let this = &mut self.servers[server];
        let Some(mut batch) = this.workers[worker].0.take() else { return };
        let (snapshot, mut overlay) = batch.view.take().unwrap_or_else(|| {
            let snapshot = this.state.snapshot();
            let mut overlay = Overlay::default();
            for plan in this.brain.plans.unseen_at(snapshot.index()) {
                overlay.add(plan, &snapshot);
            }
            this.brain.plans.forget_until(snapshot.index());
            (snapshot, overlay)
        });
        if let Some(item) = batch.work.pop_front() {
            let context = Context::new(wall, seed, &overlay);
            let token = item.lease.token;
            let over = snapshot.eval(item.lease.eval.id).is_none_or(|eval| eval.status.is_terminal());
            if over {
                batch.planless.push((token, Vec::new()));
            } else if item.attempt > MAX_PLAN_ATTEMPTS {
                batch.planless.push((token, give_up(&item.lease.eval, &snapshot, &context)));
            } else {
                let Schedule { plan, evals, .. } = schedule(&item.lease.eval, &snapshot, &context);
                match plan {
                    Some(plan) => {
                        overlay.add(&plan, &snapshot);
                        this.brain.submit(item, plan, wall);
                    }
                    None => batch.planless.push((token, evals)),
                }
            }
        }
        if batch.work.is_empty() {
            drop(snapshot);
            self.store_results(server, batch.planless);
            self.wake(server);
        } else {
            batch.view = Some((snapshot, overlay));
            this.workers[worker].0 = Some(batch);
            self.worker_goes_on(server, worker);
            self.pump_plans(server);
        }
    }

    fn store_results(&mut self, server: usize, planless: Vec<(Token, Vec<Evaluation>)>) {
        if planless.is_empty() {
            return;
        }
        let tokens: Vec<Token> = planless.iter().map(|(token, _)| *token).collect();
        let evals: Vec<Evaluation> = planless.into_iter().flat_map(|(_, evals)| evals).collect();
        if evals.is_empty() {
            self.results_answered(server, &tokens, true);
        } else {
            let update = Command::EvalUpdate(EvalUpdate { evals });
            self.propose(server, vec![update], Waiter::Results(tokens));
        }
    }

    pub(crate) fn results_answered(&mut self, server: usize, tokens: &[Token], stored: bool) {
        let wall = self.servers[server].clock.at(self.now);
        self.servers[server].brain.finish(tokens, stored, wall);
        self.wake(server);
    }

    fn pump_plans(&mut self, server: usize) {
        while let Some(batch) = self.servers[server].brain.next_batch() {
            let plans = batch.plans.iter();
            let commands = plans.map(|(_, plan)| Command::PlanApply(Box::new((**plan).clone()))).collect();
            self.propose(server, commands, Waiter::Planner(batch));
        }
    }

    pub(crate) fn plans_answered(&mut self, server: usize, batch: &PlanBatch, answer: Answer) {
        let wall = self.servers[server].clock.at(self.now);
        let brain = &mut self.servers[server].brain;
        match answer {
            Some((index, replies)) => {
                let outcomes: Vec<(Token, Option<PlanOutcome>)> = batch
                    .plans
                    .iter()
                    .zip(replies)
                    .map(|((token, _), reply)| match reply {
                        Ok(Reply::PlanApplied(outcome)) => (*token, Some(outcome)),
                        _ => (*token, None),
                    })
                    .collect();
                brain.committed(batch.id, index, &outcomes, wall);
            }
            None => brain.failed(batch, wall),
        }
        self.wake(server);
    }
}
