//! Sizes in the unit that reads best.

/// `512 B`, `4.0 KiB`, `300 MiB`: one decimal below ten.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if count < 10 {
        return format!("{count} B");
    }
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    let tenths = (value * 10.0).round() / 10.0;
    if unit > 0 && tenths < 10.0 { format!("{tenths:.1} {name}") } else { format!("{value:.0} {name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        for (count, text) in [
            (0, "0 B"),
            (9, "9 B"),
            (512, "512 B"),
            (1023, "1023 B"),
            (4096, "4.0 KiB"),
            (1536, "1.5 KiB"),
            (314_572_800, "300 MiB"),
            (1 << 40, "1.0 TiB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }
}
