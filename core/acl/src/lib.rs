//! Who may do what. A handler needs a [`Grant`], and only [`Acl::authorize`] makes one.
//!
//! ```text
//!   rules as text ─ Policy ─► Rules of all policies of a caller ─► Acl ─ authorize ─► Grant ─► this object?
//! ```
//!
//! Capabilities are typed, a route names what it requires, and a grant answers for every single object it is asked
//! about, by the object's own namespace, pool or path. Which policies a caller has is decided by `muster-server`'s
//! `http/caller.rs`.

mod acl;
mod capability;
mod glob;
mod grant;
mod held;
mod policy;
mod rules;

pub use acl::Acl;
pub use capability::{Capability, Requirement, Scope};
pub use grant::{Denied, Grant};
pub use policy::{Parsed, Policy, PolicyError};
pub use rules::{Rules, Workload};
