//! A typed client of the HTTP API, made from the route table: a call names its route, and path, method, input and
//! output follow.
//!
//! ```no_run
//! # async fn example() -> Result<(), muster_sdk::SdkError> {
//! use muster_api::table::JobList;
//! let client = muster_sdk::Client::new(muster_sdk::ClientConfig::default())?;
//! let jobs = client.get::<JobList>(&[], &[]).await?.value;
//! # Ok(()) }
//! ```

mod client;
mod config;
mod error;
mod exec;
mod frames;
mod transport;

pub use client::{Answer, Client, Pieces, RawAnswer};
pub use config::{ClientConfig, TlsFiles};
pub use error::SdkError;
pub use exec::{ActionRequest, ExecEvent, ExecReceiver, ExecRequest, ExecSender};
pub use frames::{Frame, Frames};
