//! What the operating system tells an agent to do.

/// Why an agent stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    Interrupt,
    Terminate,
}

/// Resolves at the first signal that ends an agent; `hangup` is called for each SIGHUP before.
///
/// # Errors
/// When the handlers cannot be installed.
#[cfg(unix)]
pub async fn wait(hangup_came: impl Fn()) -> std::io::Result<Stop> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    loop {
        tokio::select! {
            _ = interrupt.recv() => return Ok(Stop::Interrupt),
            _ = terminate.recv() => return Ok(Stop::Terminate),
            _ = hangup.recv() => hangup_came(),
        }
    }
}

#[cfg(not(unix))]
pub async fn wait(_: impl Fn()) -> std::io::Result<Stop> {
    tokio::signal::ctrl_c().await.map(|()| Stop::Interrupt)
}
