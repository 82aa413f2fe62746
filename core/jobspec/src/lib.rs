//! muster-jobspec
