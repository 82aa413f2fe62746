//! Chance: ids, names of temporary files, jitter.

use std::time::Duration;

use aws_lc_rs::rand;

use crate::ClientError;

/// 16 bytes for an id.
///
/// # Errors
/// When the system has no randomness to give.
pub fn id_bytes() -> Result<[u8; 16], ClientError> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| ClientError::Random)?;
    Ok(bytes)
}

/// A duration between half of `around` and one and a half of it, so that agents do not act in step. Without
/// randomness it is `around` itself.
#[must_use]
pub fn jittered(around: Duration) -> Duration {
    let mut bytes = [0; 4];
    match rand::fill(&mut bytes) {
        Ok(()) => around.mul_f64(0.5 + f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)),
        Err(_) => around,
    }
}
