//! The whole cluster, and the loop that moves it on one event at a time.

use std::time::Duration;

use crate::clock::Time;
use crate::event::Event;
use crate::fault::Fault;
use crate::invariants::{Checks, Violation};
use crate::net::Net;
use crate::node::{Machine, facts};
use crate::operator::Operator;
use crate::peace::Peace;
use crate::queue::Queue;
use crate::rng::Rng;
use crate::server::{Raft, Server};
use crate::shape::Shape;
use crate::trace::Trace;

#[derive(Debug)]
pub struct Sim {
    pub shape: Shape,
    pub step: u64,
    pub now: Time,
    pub rng: Rng,
    pub queue: Queue,
    pub trace: Trace,
    pub net: Net,
    pub servers: Vec<Server>,
    pub nodes: Vec<Machine>,
    pub raft: Raft,
    pub operator: Operator,
    pub checks: Checks,
    pub peace: Peace,
    pub next_conn: u64,
}

impl Sim {
    #[must_use]
    pub fn new(seed: u64, shape: Shape) -> Self {
        let mut rng = Rng::new(seed);
        let machines = (0..shape.nodes).map(|number| Machine::new(facts(number, &mut rng))).collect();
        let mut sim = Self {
            shape,
            step: 0,
            now: Time(0),
            rng,
            queue: Queue::default(),
            trace: Trace::default(),
            net: Net::new(shape.servers, shape.nodes),
            servers: (0..shape.servers).map(|_| Server::new()).collect(),
            nodes: machines,
            raft: Raft::default(),
            operator: Operator::default(),
            checks: Checks::default(),
            peace: Peace::new(&shape),
            next_conn: 0,
        };
        sim.plan(Duration::from_millis(1), Event::Elect);
        sim.plan(Duration::from_secs(1), Event::Operate);
        sim.plan(Duration::from_secs(2), Event::Fault(Fault::Draw));
        for server in 0..shape.servers {
            sim.plan(Duration::from_secs(30), Event::Collect { server, life: 0 });
        }
        for node in 0..shape.nodes {
            sim.begin_session(node);
        }
        sim
    }

    /// Keeps the last steps as text.
    pub fn keep_lines(&mut self) {
        self.trace.keep_lines();
    }

    /// What two runs of a seed must share.
    #[must_use]
    pub const fn hash(&self) -> u64 {
        self.trace.hash()
    }

    pub fn plan(&mut self, pause: Duration, event: Event) {
        self.queue.push(self.now.after(pause), event);
    }

    /// Whether anything may go wrong now.
    #[must_use]
    pub const fn faults_allowed(&self) -> bool {
        !self.peace.reigns()
    }

    /// Takes that many steps.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub fn run(&mut self, steps: u64) -> Result<(), Violation> {
        let end = self.step + steps;
        while self.step < end {
            self.step()?;
        }
        Ok(())
    }

    fn step(&mut self) -> Result<(), Violation> {
        let Some((at, event)) = self.queue.pop() else { return Ok(()) };
        self.now = at;
        self.step += 1;
        let [what, whom, which] = event.digest();
        self.trace.fold([at.0 ^ (what << 56), whom, which]);
        if self.trace.is_read() {
            self.trace.line(format_args!("{:>7} {} {event}", self.step, self.now));
        }
        self.handle(event);
        if self.step.is_multiple_of(self.shape.sweep_every) {
            self.sweep();
        }
        if self.step >= self.peace.next_at() {
            self.begin_peace();
        }
        self.checks.verdict()
    }

    fn handle(&mut self, event: Event) {
        let server_lives =
            |sim: &Self, server: usize, life| sim.servers[server].up && sim.servers[server].life == life;
        let agent_lives =
            |sim: &Self, node: usize, life| sim.nodes[node].agent && sim.nodes[node].life == life;
        match event {
            Event::Commit { server, number } => self.on_commit(server, number),
            Event::Catch { server } => self.on_catch(server),
            Event::Elect => self.on_elect(),
            Event::Lead { server, term } => self.on_lead(server, term),
            Event::StepDown { server, term } => self.on_step_down(server, term),
            Event::Feed { server, life } if server_lives(self, server, life) => self.on_feed(server),
            Event::Worker { server, life, worker } if server_lives(self, server, life) => {
                self.on_worker(server, worker);
            }
            Event::House { server, life, number } if server_lives(self, server, life) => {
                self.on_house(server, number);
            }
            Event::Collect { server, life } if server_lives(self, server, life) => self.on_collect(server),
            Event::Stream { server, life, conn, node } if server_lives(self, server, life) => {
                self.on_stream(server, conn, node);
            }
            Event::Arrive { server, life, conn, request } => self.on_arrive(server, life, conn, request),
            Event::Receive { node, life, conn, message } if agent_lives(self, node, life) => {
                self.on_receive(node, conn, message);
            }
            Event::Wake { node, life, number } if agent_lives(self, node, life) => self.on_wake(node, number),
            Event::Driver { node, life, alloc, task, effect } if agent_lives(self, node, life) => {
                self.on_driver(node, alloc, task, &effect);
            }
            Event::Inherit { node, life, alloc, from } if agent_lives(self, node, life) => {
                self.on_inherit(node, alloc, from);
            }
            Event::Deadline { node, life, alloc, at } if agent_lives(self, node, life) => {
                self.on_deadline(node, alloc, at);
            }
            Event::Lonely { node, life } if agent_lives(self, node, life) => self.on_lonely(node),
            Event::End { node, boot, alloc, task, generation, how } if self.nodes[node].boot == boot => {
                self.on_end(node, alloc, task, generation, how);
            }
            Event::Operate => self.on_operate(),
            Event::Fault(fault) => self.on_fault(fault),
            Event::Peace => self.on_peace(),
            // Meant for a life that is over.
            _ => {}
        }
    }

    /// The server whose state is newest.
    #[must_use]
    pub fn newest(&self) -> usize {
        (0..self.servers.len()).max_by_key(|at| (self.servers[*at].index(), usize::MAX - *at)).unwrap_or(0)
    }
}
