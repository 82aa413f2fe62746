//! The allocation's disk: what it takes over from its predecessor, and what it may hold.

use muster_ids::{Text, UnixNanos};
use muster_model::TaskEventKind;

use super::memory::Inherit;
use super::{AllocEffect, AllocRunner};
use crate::task::TaskRunner;

impl AllocRunner {
    /// Whether nothing of a predecessor is waited for any more. Asks for its data the first time.
    pub(super) fn has_inherited(&mut self, effects: &mut Vec<AllocEffect>) -> bool {
        let Some(from) = self.inherits.filter(|_| self.memory.inherit != Inherit::Done) else { return true };
        // A task that was begun works on this disk already.
        if !self.tasks.iter().all(TaskRunner::is_waiting) {
            return true;
        }
        if self.memory.inherit == Inherit::NotAsked {
            self.memory.inherit = Inherit::Asked;
            effects.push(AllocEffect::Inherit { from });
        }
        false
    }

    pub(super) fn inherited(&mut self, problem: Option<Text>, now: UnixNanos) {
        if self.memory.inherit != Inherit::Asked {
            return;
        }
        self.memory.inherit = Inherit::Done;
        if let Some(message) = problem {
            self.note_all(&TaskEventKind::HookMessage { message }, now);
        }
    }

    /// Says so once; what a full disk means for the work is its owner's to decide.
    pub(super) fn disk_exceeded(&mut self, used_mb: u64, now: UnixNanos) {
        if self.is_over() || std::mem::replace(&mut self.memory.disk_told, true) {
            return;
        }
        self.note_all(&TaskEventKind::DiskExceeded { limit_mb: self.disk_mb, used_mb }, now);
    }

    fn note_all(&mut self, kind: &TaskEventKind, now: UnixNanos) {
        for task in self.tasks.iter_mut().filter(|task| !task.is_dead()) {
            task.note(kind.clone(), now);
        }
    }
}
