//! A driver that does what runners ask, sooner or later, mostly well.

use std::sync::Arc;
use std::time::Duration;

use muster_ids::AllocId;
use muster_model::JobType;
use muster_runner::{AllocEventIn, Exit, FailureKind, Role, TaskEffect, TaskEventIn};

use super::kernel::Process;
use crate::event::{End, Event};
use crate::sim::Sim;

impl Sim {
    /// Begins what a runner asks for.
    pub(crate) fn drive(&mut self, node: usize, alloc: AllocId, task: usize, effect: TaskEffect) {
        let pause = match &effect {
            TaskEffect::CancelPreparation => return,
            TaskEffect::Signal { .. } => return,
            TaskEffect::Forget { generation } => {
                let exits = &mut self.nodes[node].kernel.exits;
                if exits.get(&(alloc, task)).is_some_and(|(at, _)| at == generation) {
                    exits.remove(&(alloc, task));
                }
                return;
            }
            TaskEffect::Watch { generation } => {
                let machine = &mut self.nodes[node];
                if let Some(this) = machine.allocs.get_mut(&alloc) {
                    this.watched.insert((task, *generation));
                }
                if machine.kernel.ended(alloc, task, *generation).is_none() {
                    return;
                }
                self.rng.micros(100, 900)
            }
            TaskEffect::Start { .. } if self.rng.permille(20) => self.rng.millis(100, 8000),
            TaskEffect::BuildDir
            | TaskEffect::FetchArtifacts { .. }
            | TaskEffect::Start { .. }
            | TaskEffect::Recover { .. }
            | TaskEffect::Stop { .. } => self.rng.millis(1, 60),
        };
        let life = self.nodes[node].life;
        self.plan(pause, Event::Driver { node, life, alloc, task, effect });
    }

    pub(crate) fn on_driver(&mut self, node: usize, alloc: AllocId, task: usize, effect: &TaskEffect) {
        let fails = self.faults_allowed() && self.rng.permille(6);
        let error = || "simulated".into();
        let kind = if self.rng.coin() { FailureKind::Fatal } else { FailureKind::Recoverable };
        let event = match *effect {
            TaskEffect::BuildDir if fails => TaskEventIn::DirFailed { error: error(), kind },
            TaskEffect::BuildDir => TaskEventIn::DirReady,
            TaskEffect::FetchArtifacts { from } if fails => {
                TaskEventIn::ArtifactsFailed { fetched: from, error: error() }
            }
            TaskEffect::FetchArtifacts { .. } => TaskEventIn::ArtifactsReady,
            TaskEffect::Start { generation } => {
                let kernel = &self.nodes[node].kernel;
                let there = kernel.alive(alloc, task) == Some(generation)
                    || kernel.ended(alloc, task, generation).is_some();
                if !there && fails {
                    TaskEventIn::StartFailed { generation, error: error(), kind }
                } else {
                    if !there {
                        self.start_process(node, alloc, task, generation);
                    }
                    TaskEventIn::Started { generation }
                }
            }
            TaskEffect::Watch { generation } => {
                let Some(exit) = self.nodes[node].kernel.ended(alloc, task, generation).cloned() else {
                    return;
                };
                TaskEventIn::Exited { generation, exit }
            }
            TaskEffect::Recover { generation } => {
                let kernel = &self.nodes[node].kernel;
                let there = kernel.alive(alloc, task) == Some(generation)
                    || kernel.ended(alloc, task, generation).is_some();
                if there {
                    TaskEventIn::Recovered { generation }
                } else {
                    TaskEventIn::RecoverFailed { generation, error: error() }
                }
            }
            TaskEffect::Stop { .. } if fails => TaskEventIn::StopFailed { error: error() },
            TaskEffect::Stop { timeout, .. } => return self.stop_process(node, alloc, task, timeout),
            TaskEffect::CancelPreparation | TaskEffect::Signal { .. } | TaskEffect::Forget { .. } => return,
        };
        self.step_alloc(node, alloc, AllocEventIn::Task { task, event });
    }

    pub(crate) fn start_process(&mut self, node: usize, id: AllocId, task: usize, generation: u32) {
        let machine = &self.nodes[node];
        let Some(alloc) = machine.allocs.get(&id).map(|this| Arc::clone(&this.alloc)) else { return };
        let boot = machine.boot;
        let role = machine.allocs.get(&id).map(|this| this.runner.tasks()[task].plan().role);
        let kind = match role {
            // What only helps runs to its own end, whatever the job is.
            Some(Role::Poststop | Role::Prestart { sidecar: false } | Role::Poststart { sidecar: false }) => {
                JobType::Batch
            }
            _ => alloc.job.kind,
        };
        // What runs after the end is not stopped once more.
        let limited = role != Some(Role::Poststop)
            && alloc.group_spec().is_some_and(|group| group.max_run_duration.is_some());
        let obeys = !self.rng.permille(60);
        let process = Process { generation, obeys, told: false, since: self.now, alloc };
        let other = self.nodes[node].kernel.processes.insert((id, task), process);
        self.check_started(node, id, task, other.map(|other| other.generation));
        let endless = limited && self.rng.permille(400);
        if let Some((pause, code)) = self.span(kind).filter(|_| !endless) {
            let how = End::Exit(code);
            self.plan(pause, Event::End { node, boot, alloc: id, task, generation, how });
        }
    }

    /// How long it runs, and how it ends. `None`: until somebody stops it.
    fn span(&mut self, kind: JobType) -> Option<(Duration, i32)> {
        let calm = !self.faults_allowed();
        match kind {
            JobType::Batch | JobType::Sysbatch => {
                let fails = !calm && self.rng.permille(120);
                let longest = if self.rng.permille(150) { 120_000 } else { 9000 };
                Some((self.rng.millis(20, longest), i32::from(fails)))
            }
            JobType::Service | JobType::System if calm || self.rng.permille(880) => None,
            JobType::Service | JobType::System => {
                Some((self.rng.millis(50, 60_000), i32::from(self.rng.permille(850))))
            }
        }
    }

    fn stop_process(&mut self, node: usize, alloc: AllocId, task: usize, timeout: Duration) {
        let boot = self.nodes[node].boot;
        let Some(process) = self.nodes[node].kernel.processes.get_mut(&(alloc, task)) else { return };
        process.told = true;
        let generation = process.generation;
        let (pause, how) = if process.obeys {
            (self.rng.millis(1, 1500).min(timeout), End::Obeyed)
        } else {
            (timeout, End::Killed)
        };
        self.plan(pause, Event::End { node, boot, alloc, task, generation, how });
    }

    pub(crate) fn on_end(&mut self, node: usize, alloc: AllocId, task: usize, generation: u32, how: End) {
        let machine = &mut self.nodes[node];
        if machine.kernel.alive(alloc, task) != Some(generation) {
            return;
        }
        machine.kernel.processes.remove(&(alloc, task));
        let exit = match how {
            End::Exit(exit_code) => Exit { exit_code, ..Exit::default() },
            End::Obeyed => Exit { signal: 15, ..Exit::default() },
            End::Killed => Exit { signal: 9, ..Exit::default() },
        };
        machine.kernel.exits.insert((alloc, task), (generation, exit.clone()));
        let watched =
            machine.allocs.get(&alloc).is_some_and(|this| this.watched.contains(&(task, generation)));
        if machine.agent && watched {
            let event = TaskEventIn::Exited { generation, exit };
            self.step_alloc(node, alloc, AllocEventIn::Task { task, event });
        }
    }
}
