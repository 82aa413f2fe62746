//! The C library's heap.

/// Makes no more heaps than there are cores. The GNU C library makes eight a core, by which thread asks, and each keeps
/// what it once needed: a server that places many allocations stays a fifth larger than it has to be. To be called
/// before other threads begin; without effect where another library is at work.
pub fn one_a_core() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let cores = std::thread::available_parallelism().map_or(2, usize::from).max(2);
        let cores = i32::try_from(cores).unwrap_or(i32::MAX);
        // SAFETY: the call changes a number inside the allocator and takes no pointer.
        let _accepted = unsafe { libc::mallopt(libc::M_ARENA_MAX, cores) };
    }
}
