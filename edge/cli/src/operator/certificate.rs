//! `operator certificate`: certificates that no longer count although they have not expired.

pub(crate) mod list;
pub(crate) mod restore;
pub(crate) mod revoke;
