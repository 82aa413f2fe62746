//! muster-xtask
