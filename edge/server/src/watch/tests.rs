#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use muster_ids::UnixNanos;
use muster_state::State;
use muster_state::command::{Command, Entry, IdSeed, NodeRegister};
use muster_testkit::build;

use super::*;

/// A state that is changed by registering nodes, and what waits for it.
struct World {
    state: Mutex<State>,
    published: Mutex<Snapshot>,
    watches: Watches,
}

impl World {
    fn new() -> Arc<Self> {
        let state = State::new();
        let published = Mutex::new(state.snapshot());
        Arc::new(Self { state: Mutex::new(state), published, watches: Watches::new() })
    }

    fn snapshot(&self) -> Snapshot {
        self.published.lock().unwrap().clone()
    }

    /// Applies and publishes, as consensus does; the caller wakes, as the log's follower does.
    fn register(&self, number: u32) -> Vec<WatchKey> {
        let mut state = self.state.lock().unwrap();
        let command = NodeRegister { node: build::node(number), secret_hash: [0; 32], seed: IdSeed([1; 16]) };
        let entry = Entry { time: UnixNanos(1), commands: vec![Command::NodeRegister(Box::new(command))] };
        let index = state.snapshot().index().next();
        let changed = state.apply(index, &entry).changed;
        *self.published.lock().unwrap() = state.snapshot();
        changed
    }

    async fn changed(&self, keys: &[WatchKey], seen: Index) -> bool {
        self.watches.changed(keys, seen, far(), || self.snapshot()).await
    }
}

fn far() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

fn node_key(number: u32) -> WatchKey {
    WatchKey::Node(build::node(number).id)
}

async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_change_before_the_wait_is_seen_without_a_wake() {
    let world = World::new();
    world.register(1);
    assert!(world.changed(&[WatchKey::Nodes], Index::ZERO).await);
    assert_eq!((world.watches.keys(), world.watches.waiting()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_a_wait_and_forgets_its_keys() {
    let world = World::new();
    let deadline = Instant::now() + Duration::from_secs(5);
    let keys = [WatchKey::Nodes, WatchKey::Jobs, WatchKey::Nodes];
    assert!(!world.watches.changed(&keys, Index(9), deadline, || world.snapshot()).await);
    assert!(!world.watches.changed(&[], Index::ZERO, deadline, || world.snapshot()).await);
    assert_eq!((world.watches.keys(), world.watches.waiting()), (0, 0));
}

#[tokio::test]
async fn a_cancelled_wait_forgets_its_keys_and_leaves_those_of_others() {
    let world = World::new();
    let wait = || {
        let world = Arc::clone(&world);
        tokio::spawn(async move { world.changed(&[WatchKey::Nodes, WatchKey::Evals], Index::ZERO).await })
    };
    let (one, other) = (wait(), wait());
    until(|| world.watches.waiting() == 2).await;
    one.abort();
    assert!(one.await.is_err());
    assert_eq!((world.watches.keys(), world.watches.waiting()), (2, 1));
    world.watches.wake(&world.register(1));
    assert!(other.await.unwrap());
    assert_eq!((world.watches.keys(), world.watches.waiting()), (0, 0));
}

/// Late wakes for what was seen already are not answers, and every key is listened to again after each of them.
#[tokio::test]
async fn wakes_without_news_are_not_answers_and_every_key_stays_armed() {
    let keys = [WatchKey::Jobs, WatchKey::Allocs, WatchKey::Evals, WatchKey::Nodes];
    for first in 0..keys.len() {
        for second in 0..keys.len() {
            let world = World::new();
            let (waiter, watched) = (Arc::clone(&world), keys.clone());
            let wait = tokio::spawn(async move { waiter.changed(&watched, Index::ZERO).await });
            until(|| world.watches.waiting() == 1).await;
            for late in [first, second, first] {
                world.watches.wake(std::slice::from_ref(&keys[late]));
                tokio::task::yield_now().await;
                assert!(!wait.is_finished(), "a wake of {:?} is no answer", keys[late]);
            }
            world.watches.wake(&world.register(1));
            assert!(wait.await.unwrap());
        }
    }
}

#[tokio::test]
async fn changes_of_other_keys_do_not_wake() {
    let world = World::new();
    world.register(1);
    let seen = world.snapshot().watch_index(&node_key(1));
    let waiter = Arc::clone(&world);
    let wait = tokio::spawn(async move { waiter.changed(&[node_key(1)], seen).await });
    until(|| world.watches.waiting() == 1).await;
    world.watches.wake(&world.register(2));
    tokio::task::yield_now().await;
    assert!(!wait.is_finished());
    world.watches.wake_all();
    tokio::task::yield_now().await;
    assert!(!wait.is_finished());
    wait.abort();
}

#[tokio::test]
async fn ten_thousand_waiters_on_one_key_all_wake() {
    const WAITERS: usize = 10_000;
    let world = World::new();
    let waits: Vec<_> = (0..WAITERS)
        .map(|_| {
            let world = Arc::clone(&world);
            tokio::spawn(async move { world.changed(&[WatchKey::Nodes], Index::ZERO).await })
        })
        .collect();
    until(|| world.watches.waiting() == WAITERS).await;
    assert_eq!(world.watches.keys(), 1);
    world.watches.wake(&world.register(1));
    for wait in waits {
        assert!(wait.await.unwrap());
    }
    assert_eq!((world.watches.keys(), world.watches.waiting()), (0, 0));
}

/// Readers follow every change they are shown while a writer publishes and wakes as fast as it can: each reader ends
/// only when it has seen the last one, so a lost wake hangs the test instead of slipping by.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_wake_is_lost_between_a_read_and_its_registration() {
    const CHANGES: u64 = 400;
    let world = World::new();
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                let mut seen = Index::ZERO;
                while seen < Index(CHANGES) {
                    assert!(world.changed(&[WatchKey::Jobs, WatchKey::Nodes], seen).await, "lost at {seen}");
                    let now = world.snapshot().watch_index(&WatchKey::Nodes);
                    assert!(now > seen, "woken without a change at {seen}");
                    seen = now;
                }
            })
        })
        .collect();
    let (writing, finished) = (Arc::clone(&world), Arc::clone(&done));
    let writer = std::thread::spawn(move || {
        for number in 1..=u32::try_from(CHANGES).unwrap() {
            let changed = writing.register(number);
            writing.watches.wake(&changed);
        }
        finished.store(true, Ordering::SeqCst);
    });
    for reader in readers {
        reader.await.unwrap();
    }
    writer.join().unwrap();
    assert!(done.load(Ordering::SeqCst));
    assert_eq!((world.watches.keys(), world.watches.waiting()), (0, 0));
}
