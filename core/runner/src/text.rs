//! Durations as the contract writes them inside messages: `1h30m0s`, `15s`, `250ms`.

use std::time::Duration;

/// Writes a duration the way users know it from the contract's messages.
#[must_use]
pub fn go_duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    if nanos == 0 {
        return "0s".to_owned();
    }
    for (unit, name) in [(1_000, "ns"), (1_000_000, "µs"), (1_000_000_000, "ms")] {
        if nanos < unit {
            let step = unit / 1_000;
            return format!("{}{name}", decimal(nanos / step, nanos % step, step));
        }
    }
    let seconds = duration.as_secs();
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    let last = decimal(u128::from(seconds % 60), u128::from(duration.subsec_nanos()), 1_000_000_000);
    match (hours, minutes) {
        (0, 0) => format!("{last}s"),
        (0, minutes) => format!("{minutes}m{last}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{last}s"),
    }
}

/// `whole.fraction` without trailing zeros, where `fraction` counts parts of `scale`.
fn decimal(whole: u128, fraction: u128, scale: u128) -> String {
    if fraction == 0 {
        return whole.to_string();
    }
    let width = scale.to_string().len() - 1;
    let digits = format!("{fraction:0width$}");
    format!("{whole}.{}", digits.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_the_contract_writes_them() {
        for (duration, text) in [
            (Duration::ZERO, "0s"),
            (Duration::from_nanos(12), "12ns"),
            (Duration::from_millis(250), "250ms"),
            (Duration::from_micros(1_500), "1.5ms"),
            (Duration::from_secs(15), "15s"),
            (Duration::from_secs(1_800), "30m0s"),
            (Duration::from_secs(5_400), "1h30m0s"),
            (Duration::from_millis(61_250), "1m1.25s"),
        ] {
            assert_eq!(go_duration(duration), text);
        }
    }
}
