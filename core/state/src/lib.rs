//! muster-state
