//! muster-acl
