//! muster-driver
