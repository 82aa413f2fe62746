//! muster-runner
