//! Runs of seeds: one, or many side by side.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::invariants::Violation;
use crate::shape::Shape;
use crate::sim::Sim;

/// Lines shown before a violation.
const SHOWN: usize = 60;

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    pub seed: u64,
    pub steps: u64,
    pub shape: Shape,
}

/// A run that ended well.
#[derive(Clone, Copy, Debug)]
pub struct Finished {
    pub seed: u64,
    pub hash: u64,
    pub peaces: u64,
    pub entries: u64,
    /// Time that passed in the cluster.
    pub simulated: Duration,
}

/// A run that did not.
#[derive(Clone, Debug)]
pub struct Failed {
    pub order: Order,
    pub step: u64,
    pub violation: Violation,
    pub last: Vec<String>,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { order, step, violation, last } = self;
        for line in last {
            writeln!(f, "{line}")?;
        }
        writeln!(
            f,
            "seed {}: step {step}: `{}` is violated: {}",
            order.seed, violation.invariant, violation.detail
        )?;
        writeln!(
            f,
            "again: cargo xtask sim --seed {} --steps {step} --shape {} --trace FILE",
            order.seed, order.shape.name
        )?;
        write!(f, "as a named scenario: see `From a seed to a scenario` in dev/sim/README.md")
    }
}

/// # Errors
/// The violation, with the last events before it.
pub fn one(order: Order) -> Result<Finished, Box<Failed>> {
    let mut sim = Sim::new(order.seed, order.shape);
    match watched(&mut sim, order.steps) {
        Ok(()) => Ok(finished(order, &sim)),
        Err(violation) => Err(Box::new(explained(order, sim.step, violation))),
    }
}

/// An assertion of the core that fails is a violation as any other.
fn watched(sim: &mut Sim, steps: u64) -> Result<(), Violation> {
    catch_unwind(AssertUnwindSafe(|| sim.run(steps))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(Violation { invariant: "no_panic", detail: text.unwrap_or_default() })
    })
}

fn finished(order: Order, sim: &Sim) -> Finished {
    Finished {
        seed: order.seed,
        hash: sim.trace.hash(),
        peaces: sim.peace.kept,
        entries: sim.raft.last(),
        simulated: Duration::from_nanos(sim.now.0),
    }
}

/// The same once more, with text.
fn explained(order: Order, step: u64, violation: Violation) -> Failed {
    let mut sim = Sim::new(order.seed, order.shape);
    sim.trace.keep_lines();
    let again = watched(&mut sim, step);
    let mut last = sim.trace.last(SHOWN);
    if again.as_ref() != Err(&violation) {
        last.push(format!("the second run of the seed went another way: {again:?}"));
    }
    Failed { order, step, violation, last }
}

/// Writes everything that happens to a file.
///
/// # Errors
/// The violation, with the last events before it.
pub fn traced(order: Order, file: std::fs::File) -> Result<Finished, Box<Failed>> {
    let mut sim = Sim::new(order.seed, order.shape);
    sim.trace.write_to(file);
    sim.trace.keep_lines();
    match watched(&mut sim, order.steps) {
        Ok(()) => Ok(finished(order, &sim)),
        Err(violation) => {
            let last = sim.trace.last(SHOWN);
            Err(Box::new(Failed { order, step: sim.step, violation, last }))
        }
    }
}

/// Which seeds to run, and how.
#[derive(Clone, Copy, Debug)]
pub struct Many {
    pub from: u64,
    pub to: u64,
    pub order: Order,
    pub threads: usize,
    /// No further seed is begun after this.
    pub deadline: Option<Instant>,
    /// Go on after a violation.
    pub all: bool,
}

/// Runs seeds `from..to`, or as many as begin before the deadline, on that many threads.
///
/// # Errors
/// The first violation that was found; the others stop.
pub fn many(many: &Many, report: impl Fn(&Result<Finished, Box<Failed>>) + Sync) -> Result<u64, Box<Failed>> {
    let Many { from, to, order, threads, deadline, all } = *many;
    let next = AtomicU64::new(from);
    let done = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    let failed = Mutex::new(None);
    let work = || {
        while !stop.load(Ordering::Relaxed) && deadline.is_none_or(|deadline| Instant::now() < deadline) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= to {
                return;
            }
            let outcome = one(Order { seed, ..order });
            report(&outcome);
            match outcome {
                Ok(_) => {
                    done.fetch_add(1, Ordering::Relaxed);
                }
                Err(found) => {
                    stop.fetch_or(!all, Ordering::Relaxed);
                    failed.lock().unwrap().get_or_insert(found);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    match failed.into_inner().unwrap() {
        Some(failed) => Err(failed),
        None => Ok(done.into_inner()),
    }
}
