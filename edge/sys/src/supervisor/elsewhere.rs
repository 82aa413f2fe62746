//! Platforms whose supervisor is not written yet: the same names, each answering that it is unsupported.

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{
    ExecError, ExecSpec, ProcessIdentity, ProtocolError, Reply, Request, StartError, StartSpec, StartStage,
    TaskExit,
};
use crate::procfs::{TreeDetail, TreeUsage};
use crate::pty::TtySize;
use crate::signals::Signal;
use crate::unsupported;

const WHAT: &str = "supervising tasks";

#[derive(Debug)]
pub struct Supervisors;

impl Supervisors {
    #[must_use]
    pub fn new() -> Self {
        Self
    }

    #[must_use]
    pub fn with_program(_program: PathBuf) -> Self {
        Self
    }

    /// # Errors
    /// Always.
    pub fn start(&self, _spec: &StartSpec) -> Result<ProcessIdentity, StartError> {
        Err(StartError::new(StartStage::Template, unsupported(WHAT)))
    }
}

impl Default for Supervisors {
    fn default() -> Self {
        Self::new()
    }
}

/// Never exists here.
#[derive(Debug)]
pub struct Connection(Infallible);

impl Connection {
    /// # Errors
    /// Always.
    pub fn open(_control_dir: &Path) -> io::Result<Self> {
        Err(unsupported(WHAT))
    }

    /// # Errors
    /// Cannot be called: no connection exists.
    pub fn exec(self, _spec: &ExecSpec, _size: TtySize) -> Result<Exec, ExecError> {
        match self.0 {}
    }

    /// # Errors
    /// Cannot be called: no connection exists.
    pub fn call(&mut self, _request: &Request) -> Result<Reply, ProtocolError> {
        match self.0 {}
    }
}

/// Never exists here.
#[derive(Debug)]
pub struct Exec(Infallible);

/// Never exists here.
#[derive(Debug)]
pub struct ExecIo(Infallible);

/// Never exists here.
#[derive(Debug)]
pub struct PendingExit(Infallible);

impl PendingExit {
    /// # Errors
    /// Cannot be called: there is none.
    pub fn has_ended(&self) -> io::Result<bool> {
        match self.0 {}
    }
}

pub fn run_if_supervisor() {}

pub(super) fn read_exit(_control_dir: &Path) -> io::Result<Option<TaskExit>> {
    Err(unsupported(WHAT))
}

pub(super) fn read_identity(_control_dir: &Path) -> io::Result<Option<ProcessIdentity>> {
    Err(unsupported(WHAT))
}

/// # Errors
/// Always.
pub fn orphan_exit(_task: &ProcessIdentity) -> io::Result<Option<PendingExit>> {
    Err(unsupported(WHAT))
}

/// # Errors
/// Always.
pub fn orphan_signal(_task: &ProcessIdentity, _signal: Signal) -> io::Result<()> {
    Err(unsupported(WHAT))
}

/// # Errors
/// Always.
pub fn orphan_stop(_task: &ProcessIdentity, _signal: Signal, _timeout: Duration) -> io::Result<()> {
    Err(unsupported(WHAT))
}

/// # Errors
/// Always.
pub fn orphan_usage(_task: &ProcessIdentity) -> io::Result<TreeUsage> {
    Err(unsupported(WHAT))
}

/// # Errors
/// Always.
pub fn orphan_detail(_task: &ProcessIdentity) -> io::Result<TreeDetail> {
    Err(unsupported(WHAT))
}
