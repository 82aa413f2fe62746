//! Which process is meant, for all time: a pid alone is reused within hours.

use std::io;

use super::wire::{Decoder, Encoder, Malformed};
use crate::procfs;

/// Pid, start time and boot id. Two processes never share all three.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessIdentity {
    pub pid: u32,
    /// Clock ticks since boot.
    pub start_ticks: u64,
    pub boot_id: String,
}

impl ProcessIdentity {
    /// Reads the identity of a living process.
    ///
    /// # Errors
    /// `NotFound` when there is no such process.
    pub fn of(pid: u32) -> io::Result<Self> {
        let stat = procfs::stat(pid)?;
        Ok(Self { pid, start_ticks: stat.start_ticks, boot_id: procfs::boot_id()? })
    }

    /// Whether this very process runs (a zombie does not).
    #[must_use]
    pub fn is_running(&self) -> bool {
        let same = |stat: procfs::ProcessStat| stat.start_ticks == self.start_ticks && !stat.is_zombie();
        self.is_of_this_boot() && procfs::stat(self.pid).is_ok_and(same)
    }

    /// Whether the machine is still up since this process started.
    #[must_use]
    pub fn is_of_this_boot(&self) -> bool {
        procfs::boot_id().is_ok_and(|boot_id| boot_id == self.boot_id)
    }

    pub(super) fn encode(&self, out: &mut Encoder) {
        out.u32(self.pid).u64(self.start_ticks).str(&self.boot_id);
    }

    pub(super) fn decode(from: &mut Decoder<'_>) -> Result<Self, Malformed> {
        Ok(Self { pid: from.u32()?, start_ticks: from.u64()?, boot_id: from.str()? })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_reused_pid_or_another_boot_is_another_process() {
        let me = ProcessIdentity::of(std::process::id()).unwrap();
        assert!(me.is_running());
        assert!(!ProcessIdentity { start_ticks: me.start_ticks + 1, ..me.clone() }.is_running());
        assert!(!ProcessIdentity { boot_id: "other".into(), ..me }.is_running());
    }
}
