//! What a supervisor is told to start, and why it could not. Sent over a private socket, never written to disk:
//! the environment may hold secrets.

use std::path::PathBuf;

use super::wire::{Decoder, Encoder, Malformed};
use crate::rotate::LogLimits;

/// The largest encoded specification; the kernel takes about 2 MiB of arguments and environment.
pub const MAX_SPEC: usize = 8 << 20;

/// One task to start. Nothing is inherited from the agent but its resource limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartSpec {
    /// Absolute path of the executable.
    pub program: PathBuf,
    /// Including the program's own name.
    pub argv: Vec<String>,
    /// The complete environment.
    pub env: Vec<(String, String)>,
    pub cwd: PathBuf,
    /// `None` keeps the agent's own account.
    pub run_as: Option<RunAs>,
    pub log_dir: PathBuf,
    /// Log files are `<log_name>.stdout.<n>` and `<log_name>.stderr.<n>`.
    pub log_name: String,
    /// `None` discards what the task prints.
    pub logs: Option<LogLimits>,
    /// An existing private directory of this one start; holds socket, identity and exit status.
    pub control_dir: PathBuf,
    pub oom_score_adj: Option<i32>,
    /// `cgroup.procs` files the task enters before it runs; the supervisor stays outside.
    pub cgroup_procs: Vec<PathBuf>,
}

/// Numbers of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunAs {
    pub uid: u32,
    pub gid: u32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
}

/// The step of a start that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartStage {
    Template,
    Specification,
    ControlDir,
    Fork,
    Session,
    Output,
    Cgroup,
    OomScore,
    Groups,
    User,
    WorkDir,
    Exec,
    Terminal,
}

const STAGES: [StartStage; 13] = [
    StartStage::Template,
    StartStage::Specification,
    StartStage::ControlDir,
    StartStage::Fork,
    StartStage::Session,
    StartStage::Output,
    StartStage::Cgroup,
    StartStage::OomScore,
    StartStage::Groups,
    StartStage::User,
    StartStage::WorkDir,
    StartStage::Exec,
    StartStage::Terminal,
];

impl StartStage {
    /// Completes "could not …".
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Template => "reach the template process for supervisors",
            Self::Specification => "read the start specification",
            Self::ControlDir => "prepare the control directory",
            Self::Fork => "create the task's process",
            Self::Session => "give the task a session of its own",
            Self::Output => "connect the task's output",
            Self::Cgroup => "enter the task's cgroup",
            Self::OomScore => "set the task's oom score",
            Self::Groups => "set the task's groups",
            Self::User => "switch to the task's user",
            Self::WorkDir => "enter the task's working directory",
            Self::Exec => "execute the task's command",
            Self::Terminal => "give the command its terminal",
        }
    }

    pub(super) fn code(self) -> u8 {
        STAGES.iter().position(|stage| *stage == self).and_then(|at| u8::try_from(at).ok()).unwrap_or(0)
    }

    pub(super) fn from_code(code: u8) -> Result<Self, Malformed> {
        STAGES.get(usize::from(code)).copied().ok_or(Malformed)
    }
}

/// Why a task does not run. Nothing of it is left behind.
#[derive(Debug, thiserror::Error)]
#[error("could not {}: {cause}", .stage.describe())]
pub struct StartError {
    pub stage: StartStage,
    pub cause: std::io::Error,
}

impl StartError {
    pub(super) const fn new(stage: StartStage, cause: std::io::Error) -> Self {
        Self { stage, cause }
    }
}

#[cfg(target_os = "linux")]
mod encoding {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    use super::{Decoder, Encoder, LogLimits, Malformed, PathBuf, RunAs, StartSpec};

    fn put_path(out: &mut Encoder, path: &Path) {
        out.bytes(path.as_os_str().as_bytes());
    }

    fn path(from: &mut Decoder<'_>) -> Result<PathBuf, Malformed> {
        Ok(PathBuf::from(OsStr::from_bytes(from.bytes()?)))
    }

    impl StartSpec {
        pub(in super::super) fn encode(&self) -> Vec<u8> {
            let mut out = Encoder::default();
            put_path(&mut out, &self.program);
            out.list(&self.argv, |out, arg| {
                out.str(arg);
            });
            out.list(&self.env, |out, (key, value)| {
                out.str(key).str(value);
            });
            put_path(&mut out, &self.cwd);
            out.option(self.run_as.as_ref(), |out, user| {
                out.u32(user.uid).u32(user.gid).list(&user.groups, |out, group| {
                    out.u32(*group);
                });
            });
            put_path(&mut out, &self.log_dir);
            out.str(&self.log_name);
            out.option(self.logs.as_ref(), |out, logs| {
                out.u32(logs.max_files).u64(logs.max_file_bytes);
            });
            put_path(&mut out, &self.control_dir);
            out.option(self.oom_score_adj.as_ref(), |out, score| {
                out.i32(*score);
            });
            out.list(&self.cgroup_procs, |out, file| put_path(out, file));
            out.take()
        }

        pub(in super::super) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
            let mut from = Decoder::new(bytes);
            let spec = Self {
                program: path(&mut from)?,
                argv: from.list(Decoder::str)?,
                env: from.list(|from| Ok((from.str()?, from.str()?)))?,
                cwd: path(&mut from)?,
                run_as: from.option(|from| {
                    Ok(RunAs { uid: from.u32()?, gid: from.u32()?, groups: from.list(Decoder::u32)? })
                })?,
                log_dir: path(&mut from)?,
                log_name: from.str()?,
                logs: from
                    .option(|from| Ok(LogLimits { max_files: from.u32()?, max_file_bytes: from.u64()? }))?,
                control_dir: path(&mut from)?,
                oom_score_adj: from.option(Decoder::i32)?,
                cgroup_procs: from.list(path)?,
            };
            from.end()?;
            Ok(spec)
        }
    }
}
