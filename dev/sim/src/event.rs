//! Everything that can happen next. One event is one step.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use muster_ids::{AllocId, Index, NodeId};
use muster_leader::{Overdue, PlanBatch, Token};
use muster_model::{Alloc, Node};
use muster_runner::TaskEffect;
use muster_state::command::{AllocStatusReport, Command, Reply};

use crate::fault::Fault;
use crate::operator::Asked;

/// A connection of a node to a server; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnId(pub u64);

impl ConnId {
    const NODES: u64 = 1 << 16;

    #[must_use]
    pub const fn new(number: u64, node: usize) -> Self {
        Self(number * Self::NODES + node as u64)
    }

    /// The machine that opened it.
    #[must_use]
    pub fn node(self) -> usize {
        usize::try_from(self.0 % Self::NODES).unwrap_or(0)
    }
}

/// A life of a process on a machine: events meant for an earlier one are void.
pub type Life = u32;

#[derive(Debug)]
pub enum Event {
    /// The leader's entry under way reached a majority.
    Commit {
        server: usize,
        number: u64,
    },
    /// A server learns what was committed.
    Catch {
        server: usize,
    },
    /// A server's brain is told what was applied.
    Feed {
        server: usize,
        life: Life,
    },
    /// The servers choose a leader, if they have none.
    Elect,
    Lead {
        server: usize,
        term: u64,
    },
    StepDown {
        server: usize,
        term: u64,
    },
    Worker {
        server: usize,
        life: Life,
        worker: usize,
    },
    House {
        server: usize,
        life: Life,
        number: u64,
    },
    Collect {
        server: usize,
        life: Life,
    },
    /// A server looks what it has to tell a node.
    Stream {
        server: usize,
        life: Life,
        conn: ConnId,
        node: NodeId,
    },
    /// A request of a node reaches its server.
    Arrive {
        server: usize,
        life: Life,
        conn: ConnId,
        request: Request,
    },
    /// An answer or a push reaches a node.
    Receive {
        node: usize,
        life: Life,
        conn: ConnId,
        message: Message,
    },
    /// A node's session looks at its clock.
    Wake {
        node: usize,
        life: Life,
        number: u64,
    },
    /// A driver finished what a runner asked for.
    Driver {
        node: usize,
        life: Life,
        alloc: AllocId,
        task: usize,
        effect: TaskEffect,
    },
    /// The predecessor's disk was taken over.
    Inherit {
        node: usize,
        life: Life,
        alloc: AllocId,
        from: AllocId,
    },
    /// A process ends by itself or because it is told to.
    End {
        node: usize,
        boot: u32,
        alloc: AllocId,
        task: usize,
        generation: u32,
        how: End,
    },
    /// A deadline of an allocation's runner.
    Deadline {
        node: usize,
        life: Life,
        alloc: AllocId,
        at: i64,
    },
    /// An agent looks how long no server has answered.
    Lonely {
        node: usize,
        life: Life,
    },
    /// Somebody wants something of the cluster.
    Operate,
    /// Something goes wrong, or is mended.
    Fault(Fault),
    /// Peace begins, is looked at, or ends.
    Peace,
}

/// What ends a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this exit code.
    Exit(i32),
    /// It was asked to, and obeyed.
    Obeyed,
    /// It was asked to, did not, and was killed.
    Killed,
}

#[derive(Debug)]
pub enum Request {
    Register(Box<Node>),
    Beat { node: NodeId },
    Update { node: NodeId, updates: Vec<AllocStatusReport> },
    Watch { node: NodeId, since: Index, tries: u32 },
}

#[derive(Debug)]
pub enum Message {
    Registered {
        ttl: Duration,
    },
    Beaten {
        ttl: Duration,
        known: bool,
    },
    Updated,
    Push(Box<Push>),
    /// The server could not, or is gone: the connection is of no more use.
    Lost,
}

/// What a server tells a node to run; as `AllocPush` in `muster-rpc`.
#[derive(Debug)]
pub struct Push {
    pub index: Index,
    pub full: bool,
    pub allocs: Vec<Arc<Alloc>>,
    pub removed: Vec<AllocId>,
}

/// Commands on their way into the log, and who waits for the answer.
#[derive(Debug)]
pub struct Proposal {
    pub commands: Vec<Command>,
    pub waiter: Waiter,
}

#[derive(Debug)]
pub enum Waiter {
    Nobody,
    Planner(PlanBatch),
    Results(Vec<Token>),
    House(Box<Overdue>),
    Collector,
    Register { conn: ConnId, node: NodeId },
    Beat { conn: ConnId, ttl: Duration },
    Update { conn: ConnId },
    Operator(Asked),
}

/// The answer of the log.
pub type Answer = Option<(Index, Vec<Result<Reply, muster_state::command::Refusal>>)>;

impl Event {
    /// What the trace hash takes in: which event, and about what.
    #[must_use]
    pub fn digest(&self) -> [u64; 3] {
        let id = |alloc: &AllocId| {
            alloc.as_bytes().iter().fold(0_u64, |sum, byte| sum.rotate_left(8) ^ u64::from(*byte))
        };
        match self {
            Self::Commit { server, number } => [1, *server as u64, *number],
            Self::Catch { server } => [2, *server as u64, 0],
            Self::Feed { server, .. } => [3, *server as u64, 0],
            Self::Elect => [4, 0, 0],
            Self::Lead { server, term } => [5, *server as u64, *term],
            Self::StepDown { server, term } => [6, *server as u64, *term],
            Self::Worker { server, worker, .. } => [7, *server as u64, *worker as u64],
            Self::House { server, number, .. } => [8, *server as u64, *number],
            Self::Collect { server, .. } => [9, *server as u64, 0],
            Self::Stream { server, conn, .. } => [10, *server as u64, conn.0],
            Self::Arrive { server, conn, request, .. } => {
                [11 + ((request.number()) << 8), *server as u64, conn.0]
            }
            Self::Receive { node, conn, message, .. } => {
                [12 + ((message.number()) << 8), *node as u64, conn.0]
            }
            Self::Wake { node, number, .. } => [13, *node as u64, *number],
            Self::Driver { node, alloc, task, .. } => [14 + ((*task as u64) << 8), *node as u64, id(alloc)],
            Self::Inherit { node, alloc, .. } => [15, *node as u64, id(alloc)],
            Self::End { node, alloc, task, .. } => [16 + ((*task as u64) << 8), *node as u64, id(alloc)],
            Self::Deadline { node, alloc, .. } => [17, *node as u64, id(alloc)],
            Self::Operate => [18, 0, 0],
            Self::Fault(fault) => [19, fault.number(), 0],
            Self::Peace => [20, 0, 0],
            Self::Lonely { node, .. } => [21, *node as u64, 0],
        }
    }
}

impl Request {
    const fn number(&self) -> u64 {
        match self {
            Self::Register(_) => 1,
            Self::Beat { .. } => 2,
            Self::Update { .. } => 3,
            Self::Watch { .. } => 4,
        }
    }
}

impl Message {
    const fn number(&self) -> u64 {
        match self {
            Self::Registered { .. } => 1,
            Self::Beaten { .. } => 2,
            Self::Updated => 3,
            Self::Push(_) => 4,
            Self::Lost => 5,
        }
    }
}

/// One short line, for the trace.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Commit { server, number } => write!(f, "server {server}: entry {number} has a majority"),
            Self::Catch { server } => write!(f, "server {server}: learns of commits"),
            Self::Feed { server, .. } => write!(f, "server {server}: the brain is told what was applied"),
            Self::Elect => write!(f, "servers: choose a leader"),
            Self::Lead { server, term } => write!(f, "server {server}: leads in term {term}"),
            Self::StepDown { server, term } => write!(f, "server {server}: learns that term {term} is over"),
            Self::Worker { server, worker, .. } => write!(f, "server {server}: worker {worker}"),
            Self::House { server, .. } => write!(f, "server {server}: housekeeper"),
            Self::Collect { server, .. } => write!(f, "server {server}: garbage collection"),
            Self::Stream { server, conn, .. } => {
                write!(f, "server {server}: stream of connection {}", conn.0)
            }
            Self::Arrive { server, conn, request, .. } => {
                write!(f, "server {server}: connection {}: {}", conn.0, Short(request))
            }
            Self::Receive { node, conn, message, .. } => {
                write!(f, "node {node}: connection {}: {}", conn.0, Short(message))
            }
            Self::Wake { node, .. } => write!(f, "node {node}: session timer"),
            Self::Driver { node, alloc, task, effect, .. } => {
                write!(f, "node {node}: {} task {task}: driver finished {effect:?}", alloc.short())
            }
            Self::Inherit { node, alloc, .. } => write!(f, "node {node}: {} inherits", alloc.short()),
            Self::End { node, alloc, task, how, .. } => {
                write!(f, "node {node}: {} task {task}: process ends: {how:?}", alloc.short())
            }
            Self::Deadline { node, alloc, .. } => write!(f, "node {node}: {} deadline", alloc.short()),
            Self::Lonely { node, .. } => write!(f, "node {node}: looks how long it is alone"),
            Self::Operate => write!(f, "operator"),
            Self::Fault(fault) => write!(f, "fault: {fault:?}"),
            Self::Peace => write!(f, "peace"),
        }
    }
}

struct Short<'a, T>(&'a T);

impl fmt::Display for Short<'_, Request> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Request::Register(node) => write!(f, "{} registers", node.name),
            Request::Beat { .. } => write!(f, "heartbeat"),
            Request::Update { updates, .. } => {
                write!(f, "reports")?;
                updates.iter().try_for_each(|r| write!(f, " {}={}", r.id.short(), r.status.as_str()))
            }
            Request::Watch { since, .. } => write!(f, "watches from {since}"),
        }
    }
}

impl fmt::Display for Short<'_, Message> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Message::Registered { .. } => write!(f, "registered"),
            Message::Beaten { known, .. } => write!(f, "heartbeat answered, known {known}"),
            Message::Updated => write!(f, "reports stored"),
            Message::Push(push) => {
                write!(f, "push at {}{}", push.index, if push.full { " full" } else { "" })?;
                for alloc in &push.allocs {
                    write!(f, " {}={}", alloc.id.short(), alloc.desired.as_str())?;
                }
                push.removed.iter().try_for_each(|id| write!(f, " -{}", id.short()))
            }
            Message::Lost => write!(f, "connection lost"),
        }
    }
}
