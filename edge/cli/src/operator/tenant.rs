//! `operator tenant`: everything that a tenant consists of, in one step.

pub(crate) mod create;
