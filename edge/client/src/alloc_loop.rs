//! One allocation's own task: the only place that steps its runner.
//!
//! ```text
//!   fleet, session, users --Message--.
//!   finished effects ----------------+--> step(event, now) -> save -> execute effects (effects.rs)
//!   deadlines -----------------------'
//! ```
//!
//! Invariant: nothing decided by a step becomes visible (no process, no report) before the step is on disk. When the
//! disk refuses, the allocation stands still and tries again; its processes run on.

mod counts;
mod disk;
mod message;
mod questions;
mod removal;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use muster_ids::{TaskName, UnixNanos};
use muster_model::{Alloc, DesiredStatus};
use muster_runner::{AllocEffect, AllocEventIn, AllocPlan, AllocRunner, TaskEffect};
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use counts::Counts;
use disk::DiskNews;
pub use message::{AllocHandle, Farewell, Message, Summary};

use crate::ClientError;
use crate::context::Context;
use crate::effects::{self, Outcome, TaskWork};
use crate::state::{SavedAlloc, SavedHandle, SavedRunner};
use crate::usage::Samples;

/// Messages waiting for one allocation.
const INBOX: usize = 64;
/// Pause before a failed save or removal is tried again.
const RETRY: Duration = Duration::from_secs(1);

pub struct AllocLoop {
    context: Arc<Context>,
    saved: SavedAlloc,
    alloc: Arc<Alloc>,
    runner: AllocRunner,
    handles: BTreeMap<usize, SavedHandle>,
    ended_at: UnixNanos,
    /// Logs (stderr when true) that somebody is to read before cleanup; `None` until it is known.
    unread: Option<BTreeSet<(TaskName, bool)>>,
    inbox: mpsc::Receiver<Message>,
    summary: watch::Sender<Summary>,
    work: JoinSet<Outcome>,
    disk: JoinSet<DiskNews>,
    /// Which of it takes over a predecessor's data.
    inheriting: Option<tokio::task::Id>,
    /// Downloads under way, by task, so that they can be given up.
    downloads: BTreeMap<usize, AbortHandle>,
    timer: Option<(UnixNanos, Instant)>,
    samples: Samples,
    counts: Counts,
    /// Set when it is to be removed: then it goes on to its end even if nobody holds its handle any more.
    farewell: Option<Farewell>,
    abandoned: bool,
    last_saved: Option<SavedRunner>,
}

/// How the loop goes on after an event.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Go,
    Stop,
}

impl AllocLoop {
    /// Begins to run an allocation, or goes on with one that an earlier agent process ran. `None` when the
    /// assignment and what was saved of it contradict each other.
    pub fn spawn(
        context: &Arc<Context>,
        saved: SavedAlloc,
        earlier: Option<SavedRunner>,
    ) -> Option<AllocHandle> {
        let alloc = Arc::new(saved.to_row(context.node_id));
        let plan = AllocPlan::new(&alloc, context.config.max_kill_timeout)?;
        let resumed = earlier.is_some();
        let earlier = earlier.unwrap_or_default();
        let runner = if resumed {
            AllocRunner::restore(plan, earlier.memory)
                .inspect_err(|error| tracing::error!(alloc = %saved.id, %error, "cannot be resumed"))
                .ok()?
        } else {
            AllocRunner::received(plan, context.now())
        };
        let (sender, inbox) = mpsc::channel(INBOX);
        let summary = context.ends.announce(saved.id);
        let seen = summary.subscribe();
        let counts = Counts::beginning(runner.tasks());
        let this = Self {
            context: Arc::clone(context),
            saved,
            alloc,
            runner,
            handles: earlier.handles,
            ended_at: earlier.ended_at,
            unread: earlier.unread,
            inbox,
            summary,
            work: JoinSet::new(),
            disk: JoinSet::new(),
            inheriting: None,
            downloads: BTreeMap::new(),
            timer: None,
            samples: Samples::default(),
            counts,
            farewell: None,
            abandoned: false,
            last_saved: None,
        };
        let done = tokio::spawn(this.run(resumed));
        Some(AllocHandle::new(sender, seen, done.abort_handle()))
    }

    async fn run(mut self, resumed: bool) {
        let wanted = self.saved.desired == DesiredStatus::Run;
        let mut flow = match (resumed, wanted) {
            (true, _) => self.resume().await,
            (false, true) => match self.saved.refused.clone() {
                Some(error) => self.step(AllocEventIn::Refuse { error }).await,
                None => self.step(AllocEventIn::Begin).await,
            },
            // Stopped before it was ever seen here: its end is all there is to tell.
            (false, false) => Flow::Go,
        };
        if flow == Flow::Go && !wanted {
            flow = self.obey().await;
        }
        if !self.runner.is_over() {
            self.begin_measuring();
        }
        while flow == Flow::Go {
            flow = self.turn().await;
        }
        // Tasks live on: dropping a driver's future stops nothing.
        self.work.abort_all();
    }

    /// Waits for one thing to happen and deals with it.
    async fn turn(&mut self) -> Flow {
        let due = self.timer.map(|(_, due)| due);
        tokio::select! {
            biased;
            Some(finished) = self.work.join_next(), if !self.work.is_empty() => match finished {
                Ok(outcome) => self.finished(outcome).await,
                Err(error) if error.is_cancelled() => Flow::Go,
                Err(error) => {
                    tracing::error!(alloc = %self.saved.id, %error, "an effect broke off");
                    Flow::Go
                }
            },
            Some(finished) = self.disk.join_next(), if !self.disk.is_empty() => match finished {
                Ok(news) => self.take_disk_news(news).await,
                Err(error) => self.disk_work_broke(&error).await,
            },
            message = self.inbox.recv(), if !self.abandoned => match message {
                Some(message) => self.receive(message).await,
                None => {
                    self.abandoned = true;
                    if self.farewell.is_some() { Flow::Go } else { Flow::Stop }
                }
            },
            () = sleep_until(due), if due.is_some() => {
                let deadline = self.timer.take().map(|(deadline, _)| deadline).unwrap_or_default();
                // The deadline has passed even if somebody has turned the clock back.
                let now = self.context.now().max(deadline);
                self.step_at(AllocEventIn::Tick, now).await
            }
            // Nothing can happen any more.
            else => Flow::Stop,
        }
    }

    async fn receive(&mut self, message: Message) -> Flow {
        match message {
            Message::Assign(saved) => {
                self.saved = *saved;
                self.alloc = Arc::new(self.saved.to_row(self.context.node_id));
                self.obey().await
            }
            Message::Destroy(farewell) => {
                self.farewell = Some(farewell);
                self.step(AllocEventIn::Destroy).await
            }
            Message::Abandon { grace } => {
                self.farewell = Some(Farewell::Forget);
                self.step(AllocEventIn::Abandon { grace }).await
            }
            Message::Restart { task, all, reply } => {
                let wish = self.restart_wish(task.as_ref(), all);
                self.carry_out(wish, reply).await
            }
            Message::Signal { task, signal, reply } => {
                let wish = self.signal_wish(task.as_ref(), &signal);
                self.carry_out(wish, reply).await
            }
            Message::Usage { task, reply } => {
                self.answer_usage(task.as_ref(), reply);
                Flow::Go
            }
            Message::IsDead { task, reply } => {
                self.answer_is_dead(&task, reply);
                Flow::Go
            }
            Message::LogRead { task, kind } => self.log_read(&task, kind).await,
            Message::Handle { task, reply } => {
                // Whoever asked may have gone.
                let _gone = reply.send(self.running_handle(&task));
                Flow::Go
            }
            Message::CutOff { after } => self.step(AllocEventIn::CutOff { after }).await,
            Message::Leave => Flow::Stop,
        }
    }

    /// Does what the servers' newest word on this allocation asks for.
    async fn obey(&mut self) -> Flow {
        let Some(plan) = AllocPlan::new(&self.alloc, self.context.config.max_kill_timeout) else {
            return Flow::Go;
        };
        let mut flow = self.step(AllocEventIn::Replan(Box::new(plan))).await;
        // With each word to that effect: whether the servers knew in between is not always pushed.
        if self.saved.unknown && flow == Flow::Go {
            flow = self.step(AllocEventIn::Reconnected).await;
        }
        if flow == Flow::Stop || self.saved.desired == DesiredStatus::Run {
            return flow;
        }
        let skip_delay = self.saved.transition.no_shutdown_delay;
        self.step(AllocEventIn::Stop { reason: None, skip_delay }).await
    }

    /// An effect came to its end.
    async fn finished(&mut self, outcome: Outcome) -> Flow {
        let Outcome { task, handle, event } = outcome;
        if let Some(handle) = handle {
            self.handles.insert(task, handle);
        }
        match event {
            Some(event) => self.step(AllocEventIn::Task { task, event }).await,
            None => Flow::Go,
        }
    }

    async fn resume(&mut self) -> Flow {
        let now = self.context.now();
        let effects = self.runner.resume(now);
        self.forget_old_handles();
        self.conclude(effects, now).await
    }

    /// Handles of processes that had ended before the agent did.
    fn forget_old_handles(&mut self) {
        let tasks = self.runner.tasks();
        let old = |(task, saved): (&usize, &SavedHandle)| {
            let current =
                tasks.get(*task).is_some_and(|runner| runner.memory().generation == saved.generation);
            (!current).then_some(*task)
        };
        let old: Vec<usize> = self.handles.iter().filter_map(old).collect();
        for task in old {
            if let Some(saved) = self.handles.remove(&task) {
                self.work.spawn(effects::forget(Arc::clone(&self.context), task, saved));
            }
        }
    }

    async fn step(&mut self, event: AllocEventIn) -> Flow {
        self.step_at(event, self.context.now()).await
    }

    async fn step_at(&mut self, event: AllocEventIn, now: UnixNanos) -> Flow {
        let effects = self.runner.step(event, now);
        self.conclude(effects, now).await
    }

    /// Saves, then acts.
    async fn conclude(&mut self, effects: Vec<AllocEffect>, now: UnixNanos) -> Flow {
        if self.ended_at.is_zero() && self.runner.is_over() {
            self.ended_at = now;
        }
        self.find_unread().await;
        if self.save().await == Flow::Stop {
            return Flow::Stop;
        }
        self.counts.update(&self.context.config.metrics, &self.saved, self.runner.tasks());
        let mut flow = Flow::Go;
        for effect in effects {
            match effect {
                AllocEffect::Task { task, effect } => self.execute(task, effect),
                AllocEffect::Inherit { from } => self.begin_inheriting(from),
                AllocEffect::Report(report) => self.context.report(self.saved.id, report),
                AllocEffect::Remove => {
                    self.remove().await;
                    flow = Flow::Stop;
                }
            }
        }
        let over = self.runner.is_over();
        let read = self.unread.as_ref().is_some_and(BTreeSet::is_empty);
        self.summary.send_replace(Summary { ended_at: over.then_some(self.ended_at), read });
        if over {
            // Nobody waits for a predecessor's data any more.
            self.disk.abort_all();
            self.context.cleanup.notify_one();
        }
        self.set_timer(now);
        flow
    }

    /// Returns when everything decided so far is on disk. Nothing may be done when the store is closed.
    async fn save(&mut self) -> Flow {
        let record = SavedRunner {
            memory: self.runner.memory(),
            handles: self.handles.clone(),
            ended_at: self.ended_at,
            unread: self.unread.clone(),
            collected: false,
        };
        if self.last_saved.as_ref() == Some(&record) {
            return Flow::Go;
        }
        while let Err(error) = self.context.store.save_runner(self.saved.id, &record).await {
            if matches!(error, ClientError::Closing) {
                return Flow::Stop;
            }
            tracing::error!(alloc = %self.saved.id, %error, "standing still until the state can be saved");
            tokio::time::sleep(RETRY).await;
        }
        self.last_saved = Some(record);
        Flow::Go
    }

    fn execute(&mut self, task: usize, effect: TaskEffect) {
        let work = TaskWork {
            context: Arc::clone(&self.context),
            alloc: Arc::clone(&self.alloc),
            task,
            handle: self.handles.get(&task).cloned(),
        };
        match effect {
            TaskEffect::CancelPreparation => {
                if let Some(download) = self.downloads.remove(&task) {
                    download.abort();
                }
            }
            TaskEffect::FetchArtifacts { from } => {
                let download = self.work.spawn(work.fetch_artifacts(from));
                self.downloads.insert(task, download);
            }
            TaskEffect::Forget { .. } => {
                self.samples.forget(task);
                if let Some(saved) = self.handles.remove(&task) {
                    self.work.spawn(effects::forget(Arc::clone(&self.context), task, saved));
                }
            }
            effect => {
                self.work.spawn(work.run(effect));
            }
        }
    }

    fn set_timer(&mut self, now: UnixNanos) {
        let deadline = self.runner.deadline();
        if self.timer.map(|(deadline, _)| deadline) != deadline {
            self.timer = deadline.map(|deadline| (deadline, Instant::now() + deadline.since(now)));
        }
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
