//! Commands about the whole cluster.

pub(crate) mod gc;
pub(crate) mod reconcile;
