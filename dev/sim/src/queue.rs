//! What is going to happen, by time; what was planned first comes first within one instant.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::clock::Time;
use crate::event::Event;

#[derive(Debug)]
struct Planned {
    at: Time,
    number: u64,
    event: Event,
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Planned {}

impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The heap gives the greatest first, so the earliest is the greatest.
impl Ord for Planned {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

#[derive(Debug, Default)]
pub struct Queue {
    heap: BinaryHeap<Planned>,
    number: u64,
}

impl Queue {
    pub fn push(&mut self, at: Time, event: Event) {
        self.number += 1;
        self.heap.push(Planned { at, number: self.number, event });
    }

    pub fn pop(&mut self) -> Option<(Time, Event)> {
        self.heap.pop().map(|planned| (planned.at, planned.event))
    }
}
