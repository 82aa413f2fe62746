//! What goes over HTTP: the one route table and the shapes of requests and responses.
//!
//! The table is the single source of a route's method, path, types, capability and blocking behaviour; the server's
//! dispatch, the SDK and the authorisation test are made from it. Views own every quirk of the contract (field
//! names, omission, nulls): nothing of that leaks into the model. No I/O happens here.

pub mod openapi;
pub mod path;
pub mod route;
pub mod table;
pub mod views;

pub use path::{Found, Params, find};
pub use route::{METHODS, Method, Route, Row, Takes};
pub use table::{ROUTES, RouteId};
