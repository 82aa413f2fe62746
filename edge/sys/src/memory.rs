//! What others may see of this process's memory.

/// Lets no other process of this user read or trace this one, and no core of it be written: an agent holds keys and
/// tokens. Programs it starts are as open as ever. Without effect where the platform has nothing like it.
///
/// # Errors
/// When the kernel refuses.
#[cfg(target_os = "linux")]
pub fn keep_private() -> std::io::Result<()> {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

/// # Errors
/// Never.
#[cfg(not(target_os = "linux"))]
pub fn keep_private() -> std::io::Result<()> {
    Ok(())
}
