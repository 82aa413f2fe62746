//! Flags of `demo`: an agent on loopback that runs a first job.

/// What `demo` was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DemoFlags {
    /// Exit once the demo job has finished, instead of serving until interrupted.
    pub no_stay: bool,
    /// Port of the HTTP API; the agent's own default when absent.
    pub http_port: Option<u16>,
}
