//! muster-hcl
