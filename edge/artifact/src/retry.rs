//! Tries again what may pass.

use std::future::Future;

use crate::{ArtifactLimits, Reason};

/// Runs attempts until one succeeds, fails for good, or none is left.
pub async fn retry<T, F: Future<Output = Result<T, Reason>>>(
    limits: &ArtifactLimits,
    mut attempt: impl FnMut() -> F,
) -> Result<T, Reason> {
    let mut number = 1;
    loop {
        match attempt().await {
            Err(reason) if reason.may_pass() && number < limits.attempts => {
                tracing::debug!(%reason, attempt = number, "artifact download failed, trying again");
                tokio::time::sleep(limits.retry_delay * 2_u32.saturating_pow(number - 1)).await;
                number += 1;
            }
            outcome => return outcome,
        }
    }
}
