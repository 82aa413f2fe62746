//! Who may do what. A handler needs a [`Grant`], and only [`Acl::authorize`] makes one.
//!
//! The policy language, tokens and roles arrive with the trust issue; what is fixed here is the shape: capabilities
//! are typed, a route names what it requires, and a grant answers for every single object it is asked about, by the
//! object's own namespace or pool.

mod acl;
mod capability;
mod grant;

pub use acl::{Access, Acl, Rules};
pub use capability::{Capability, Requirement, Scope};
pub use grant::{Denied, Grant};
