//! What the operating system tells an agent to do.

/// Why an agent stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    Interrupt,
    Terminate,
}

/// Resolves at the first signal that ends an agent. SIGHUP is noted: nothing can be reloaded in this version.
///
/// # Errors
/// When the handlers cannot be installed.
#[cfg(unix)]
pub async fn wait() -> std::io::Result<Stop> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    loop {
        tokio::select! {
            _ = interrupt.recv() => return Ok(Stop::Interrupt),
            _ = terminate.recv() => return Ok(Stop::Terminate),
            _ = hangup.recv() => tracing::warn!("SIGHUP: reloading is not supported by this version; restart the agent"),
        }
    }
}

#[cfg(not(unix))]
pub async fn wait() -> std::io::Result<Stop> {
    tokio::signal::ctrl_c().await.map(|()| Stop::Interrupt)
}
