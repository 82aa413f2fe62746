//! muster-leader
