//! muster-rpc
