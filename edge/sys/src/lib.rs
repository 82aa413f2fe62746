//! muster-sys
