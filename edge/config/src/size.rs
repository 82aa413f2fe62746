//! Sizes as people write them: `100GB`, `1.5 GiB`, `4096`.

const UNITS: [(&str, u64); 13] = [
    ("", 1),
    ("b", 1),
    ("kb", 1_000),
    ("k", 1_000),
    ("kib", 1 << 10),
    ("mb", 1_000_000),
    ("m", 1_000_000),
    ("mib", 1 << 20),
    ("gb", 1_000_000_000),
    ("g", 1_000_000_000),
    ("gib", 1 << 30),
    ("tb", 1_000_000_000_000),
    ("tib", 1 << 40),
];

/// Bytes; `None` when it is no size.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase().replace(',', "");
    let digits = text.find(|ch: char| !ch.is_ascii_digit() && ch != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let unit = unit.trim();
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    match number.parse::<u64>() {
        Ok(number) => number.checked_mul(*factor),
        Err(_) => {
            let number: f64 = number.parse().ok().filter(|number: &f64| number.is_finite())?;
            let bytes = number * *factor as f64;
            (bytes < u64::MAX as f64).then_some(bytes as u64)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_and_without_unit() {
        for (text, want) in [
            ("100GB", Some(100_000_000_000)),
            ("1.5 GiB", Some(3 << 29)),
            ("4096", Some(4_096)),
            ("0", Some(0)),
            ("10 kB", Some(10_000)),
            ("1,000MB", Some(1_000_000_000)),
            ("", None),
            ("GB", None),
            ("-1GB", None),
            ("1 parsec", None),
            ("99999999999999TB", None),
        ] {
            assert_eq!(parse(text), want, "{text}");
        }
    }
}
