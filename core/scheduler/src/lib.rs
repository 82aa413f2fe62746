//! muster-scheduler
