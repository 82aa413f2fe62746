//! Commands about how jobs are scaled.

pub(crate) mod policy;
