//! Commands about the whole cluster.

pub(crate) mod gc;
