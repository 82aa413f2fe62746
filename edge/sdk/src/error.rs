//! What can go wrong between a program and an agent.

/// Errors of a call. `Display` is what a command line prints after its own words.
#[derive(Debug, thiserror::Error)]
pub enum SdkError {
    #[error(
        "invalid address `{address}`: {reason}; expected http://HOST:PORT, https://HOST:PORT or unix:///PATH"
    )]
    Address { address: String, reason: String },
    #[error("cannot use `{path}`: {reason}")]
    TlsFile { path: String, reason: String },
    #[error("cannot set up the client: {0}")]
    Setup(String),
    /// Nothing answered.
    #[error("cannot reach the agent at {address}: {reason}")]
    Unreachable { address: String, reason: String },
    /// The agent answered with an error; `message` is its text as it came.
    #[error("Unexpected response code: {status} ({message})")]
    Status { status: u16, message: String },
    /// The agent ended a conversation; its reason as it came.
    #[error("{0}")]
    Closed(String),
    #[error("cannot understand the agent's answer to {path}: {reason}")]
    Decode { path: String, reason: String },
}

impl SdkError {
    /// Whether the agent said that there is no such object.
    #[must_use]
    pub const fn is_not_found(&self) -> bool {
        matches!(self, Self::Status { status: 404, .. })
    }
}
