//! Whether this kernel lets a process give up file access for good (landlock(7)).

/// The version of the interface, from 1; `None` where the kernel has none, or has it switched off.
#[cfg(target_os = "linux")]
#[must_use]
pub fn abi_version() -> Option<u32> {
    const VERSION_ONLY: libc::c_uint = 1;
    // SAFETY: with this flag the kernel reads no attribute, which must be null with length 0, and makes no descriptor.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<libc::c_void>(),
            0_usize,
            VERSION_ONLY,
        )
    };
    u32::try_from(answer).ok().filter(|version| *version > 0)
}

/// Landlock is Linux's alone.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub const fn abi_version() -> Option<u32> {
    None
}
