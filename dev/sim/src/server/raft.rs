//! Consensus, modelled: one log that every server sees in order, and a leader that may be replaced at any entry.
//!
//! What makes it hard for those who depend on it is modelled faithfully: one entry under way at a time, which gathers
//! all proposals that wait; after a change of leader the entry under way may have been committed all the same, while
//! whoever proposed it is told that nobody knows; a replaced leader goes on believing that it leads for a while; a
//! leader applies everything before its brain leads.

use std::collections::VecDeque;
use std::sync::Arc;

use muster_ids::Index;
use muster_state::WatchKey;
use muster_state::command::{Entry, Refusal, Reply};

use super::UnderWay;
use crate::event::{Answer, Event, Proposal, Waiter};
use crate::sim::Sim;

/// Committed entries kept for servers that are behind. One that is further behind gets a snapshot.
const KEPT: usize = 3000;

#[derive(Debug, Default)]
pub struct Raft {
    /// `None` is an entry that only marks a term.
    log: VecDeque<Option<Arc<Entry>>>,
    /// Index of the entry before the first in `log`.
    before: u64,
    pub term: u64,
    pub leader: Option<usize>,
    number: u64,
}

impl Raft {
    #[must_use]
    pub fn last(&self) -> u64 {
        self.before + self.log.len() as u64
    }

    fn append(&mut self, entry: Option<Entry>) -> u64 {
        self.log.push_back(entry.map(Arc::new));
        if self.log.len() > KEPT {
            self.log.pop_front();
            self.before += 1;
        }
        self.last()
    }

    /// `None` when it is not kept any more.
    fn at(&self, index: u64) -> Option<Option<Arc<Entry>>> {
        let position = index.checked_sub(self.before + 1)?;
        self.log.get(usize::try_from(position).ok()?).cloned()
    }
}

impl Sim {
    /// Hands commands to the log, as one.
    pub fn propose(&mut self, server: usize, commands: Vec<muster_state::command::Command>, waiter: Waiter) {
        if self.servers[server].raft_term.is_none() {
            return self.answer(server, waiter, None);
        }
        self.servers[server].proposals.push_back(Proposal { commands, waiter });
        self.start_entry(server);
    }

    fn start_entry(&mut self, server: usize) {
        let wall = self.servers[server].clock.at(self.now);
        let this = &mut self.servers[server];
        if this.under_way.is_some() || this.proposals.is_empty() {
            return;
        }
        let mut entry = Entry { time: wall, commands: Vec::new() };
        let mut waiters = Vec::new();
        for proposal in this.proposals.drain(..) {
            waiters.push((proposal.commands.len(), proposal.waiter));
            entry.commands.extend(proposal.commands);
        }
        self.raft.number += 1;
        let number = self.raft.number;
        this.under_way = Some(UnderWay { number, entry, waiters });
        let pause = if self.rng.permille(20) { self.rng.millis(20, 800) } else { self.rng.micros(300, 8000) };
        self.plan(pause, Event::Commit { server, number });
    }

    pub(crate) fn on_commit(&mut self, server: usize, number: u64) {
        let current = self.servers[server].under_way.as_ref().is_some_and(|entry| entry.number == number);
        // An entry of a leader that was replaced stays where it is until that one learns of it.
        if !current || self.raft.leader != Some(server) {
            return;
        }
        if !self.has_majority(server) {
            let pause = self.rng.millis(100, 400);
            return self.plan(pause, Event::Commit { server, number });
        }
        if self.faults_allowed() && self.servers.len() > 1 && self.rng.permille(2) {
            return self.depose();
        }
        let Some(under_way) = self.servers[server].under_way.take() else { return };
        let index = self.raft.append(Some(under_way.entry));
        let mut replies = self.apply_until(server, index).into_iter();
        for follower in (0..self.servers.len()).filter(|follower| *follower != server) {
            self.catch_up_soon(follower);
        }
        for (commands, waiter) in under_way.waiters {
            let replies = replies.by_ref().take(commands).collect();
            self.answer(server, waiter, Some((Index(index), replies)));
        }
        self.start_entry(server);
    }

    fn catch_up_soon(&mut self, server: usize) {
        if !self.servers[server].catching && self.servers[server].up {
            self.servers[server].catching = true;
            let slow = self.rng.permille(30);
            let pause = if slow { self.rng.millis(50, 3000) } else { self.rng.micros(500, 20_000) };
            self.plan(pause, Event::Catch { server });
        }
    }

    pub(crate) fn on_catch(&mut self, server: usize) {
        self.servers[server].catching = false;
        if !self.servers[server].up {
            return;
        }
        if !self.net.server_reachable(server, self.now) {
            return self.catch_up_soon(server);
        }
        let last = self.raft.last();
        let index = self.servers[server].index().0;
        let until = if self.rng.permille(100) { self.rng.range(index, last) } else { last };
        self.apply_until(server, until);
        if until < last {
            self.catch_up_soon(server);
        }
    }

    /// Applies what is committed; the replies are those of the last entry.
    pub(crate) fn apply_until(&mut self, server: usize, until: u64) -> Vec<Result<Reply, Refusal>> {
        let mut replies = Vec::new();
        let mut index = self.servers[server].index().0;
        while index < until {
            index += 1;
            match self.raft.at(index) {
                Some(Some(entry)) => replies = self.apply(server, Index(index), &entry),
                Some(None) => replies.clear(),
                None => {
                    self.install_snapshot(server);
                    index = self.servers[server].index().0;
                }
            }
        }
        replies
    }

    fn apply(&mut self, server: usize, index: Index, entry: &Entry) -> Vec<Result<Reply, Refusal>> {
        let this = &mut self.servers[server];
        let applied = this.state.apply(index, entry);
        let hash = this.state.hash();
        self.trace.fold([index.0, hash, server as u64]);
        self.check_applied(server, index, hash, entry, &applied);
        if self.trace.is_read() && self.raft.leader == Some(server) {
            self.trace_entry(server, index, entry, &applied);
        }
        self.wake_streams(server, &applied.changed);
        let this = &mut self.servers[server];
        if this.leads.is_some() {
            this.feed.push_back((index, applied.events));
            if !this.feeding {
                this.feeding = true;
                let life = this.life;
                let pause = self.rng.micros(10, 300);
                self.plan(pause, Event::Feed { server, life });
            }
        }
        applied.replies
    }

    fn wake_streams(&mut self, server: usize, changed: &[WatchKey]) {
        for key in changed {
            if let WatchKey::NodeAllocs(node) = key {
                self.stream_soon(server, *node);
            }
        }
    }

    pub(crate) fn on_feed(&mut self, server: usize) {
        self.servers[server].feeding = false;
        let wall = self.servers[server].clock.at(self.now);
        let missed = self.faults_allowed() && self.rng.permille(3);
        let this = &mut self.servers[server];
        if missed {
            this.feed.clear();
            this.brain.resume(&this.state.snapshot(), wall);
        }
        for (index, events) in std::mem::take(&mut this.feed) {
            this.brain.applied(index, &events, wall);
        }
        self.keep_house(server);
        self.wake(server);
    }

    /// Whether the server and enough others can hear each other.
    fn has_majority(&self, server: usize) -> bool {
        let alive = |at: usize| self.servers[at].up && self.net.server_reachable(at, self.now);
        let all = self.servers.len();
        alive(server) && (0..all).filter(|at| alive(*at)).count() * 2 > all
    }

    /// The leader is one no longer: another may be chosen. What it had under way may survive.
    pub(crate) fn depose(&mut self) {
        let Some(old) = self.raft.leader.take() else { return };
        if let Some(under_way) = &self.servers[old].under_way
            && self.rng.coin()
        {
            self.raft.append(Some(under_way.entry.clone()));
        }
        let cut = !self.net.server_reachable(old, self.now);
        let pause = if cut { self.rng.secs(5, 40) } else { self.rng.millis(1, 2000) };
        let term = self.raft.term;
        self.plan(pause, Event::StepDown { server: old, term });
        let pause = self.rng.millis(20, 3000);
        self.plan(pause, Event::Elect);
    }

    pub(crate) fn on_elect(&mut self) {
        if self.raft.leader.is_some() {
            return;
        }
        let able: Vec<usize> = (0..self.servers.len()).filter(|at| self.has_majority(*at)).collect();
        let Some(&chosen) = self.rng.pick(&able) else {
            let pause = self.rng.millis(500, 1500);
            return self.plan(pause, Event::Elect);
        };
        // One that led before and did not hear of its end hears of it now.
        self.step_down(chosen);
        self.raft.term += 1;
        self.raft.leader = Some(chosen);
        self.raft.append(None);
        self.servers[chosen].raft_term = Some(self.raft.term);
        self.apply_until(chosen, self.raft.last());
        let (pause, term) = (self.rng.micros(100, 50_000), self.raft.term);
        self.plan(pause, Event::Lead { server: chosen, term });
    }

    pub(crate) fn on_lead(&mut self, server: usize, term: u64) {
        if self.servers[server].raft_term != Some(term) {
            return;
        }
        let wall = self.servers[server].clock.at(self.now);
        let this = &mut self.servers[server];
        this.leads = Some(term);
        this.house_busy = false;
        self.checks.leadership_changes(wall);
        let this = &mut self.servers[server];
        this.brain.lead(&this.state.snapshot(), wall);
        self.keep_house(server);
        self.wake(server);
    }

    pub(crate) fn on_step_down(&mut self, server: usize, term: u64) {
        if self.servers[server].raft_term == Some(term) && self.raft.leader != Some(server) {
            self.step_down(server);
        }
    }

    /// Everybody who waits for the log is told that nobody knows.
    fn step_down(&mut self, server: usize) {
        let this = &mut self.servers[server];
        this.raft_term = None;
        this.leads = None;
        this.feed.clear();
        let under_way = this.under_way.take().into_iter().flat_map(|under_way| under_way.waiters);
        let mut waiters: Vec<Waiter> = under_way.map(|(_, waiter)| waiter).collect();
        waiters.extend(this.proposals.drain(..).map(|proposal| proposal.waiter));
        // Either may come first: the end of leadership, or the errors.
        if self.rng.coin() {
            this.brain.flush();
        }
        for waiter in waiters {
            self.answer(server, waiter, None);
        }
        self.servers[server].brain.flush();
    }

    fn answer(&mut self, server: usize, waiter: Waiter, answer: Answer) {
        match waiter {
            Waiter::Nobody => {}
            Waiter::Planner(batch) => self.plans_answered(server, &batch, answer),
            Waiter::Results(tokens) => self.results_answered(server, &tokens, answer.is_some()),
            Waiter::House(overdue) => self.house_answered(server, *overdue, answer.is_some()),
            Waiter::Collector => self.collector_answered(server, answer),
            Waiter::Register { conn, node } => self.register_answered(server, conn, node, answer),
            Waiter::Beat { conn, ttl } => self.beat_answered(server, conn, ttl, answer.is_some()),
            Waiter::Update { conn } => {
                let stored = answer.is_some_and(|(_, replies)| replies.iter().all(Result::is_ok));
                self.update_answered(server, conn, stored);
            }
            Waiter::Operator(asked) => self.operator_answered(asked, answer),
        }
    }
}
