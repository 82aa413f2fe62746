//! Points in time as people read them: absolute in their own time zone, or relative to now.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Now and here; fixed in tests.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    zone: TimeZone,
    fixed: Option<i64>,
}

impl Clock {
    pub(crate) fn of_system() -> Self {
        Self { zone: TimeZone::system(), fixed: None }
    }

    #[cfg(test)]
    pub(crate) fn fixed(nanos: i64) -> Self {
        Self { zone: TimeZone::UTC, fixed: Some(nanos) }
    }

    /// The zone that times are shown in.
    pub(crate) fn zone(&self) -> TimeZone {
        self.zone.clone()
    }

    /// Unix nanoseconds.
    pub(crate) fn now(&self) -> i64 {
        self.fixed.unwrap_or_else(|| i64::try_from(Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX))
    }

    /// `2026-11-22T10:00:00+01:00`; the zero time is empty.
    pub(crate) fn absolute(&self, nanos: i64) -> String {
        if nanos == 0 {
            return String::new();
        }
        let Ok(time) = Timestamp::from_nanosecond(i128::from(nanos)) else { return String::new() };
        let local = time.to_zoned(self.zone.clone());
        let zone = if local.offset().seconds() == 0 { "Z" } else { "%:z" };
        local.strftime(&format!("%Y-%m-%dT%H:%M:%S{zone}")).to_string()
    }

    /// `2m3s ago`, `5s from now`; the zero time is empty.
    pub(crate) fn relative(&self, nanos: i64) -> String {
        if nanos == 0 {
            return String::new();
        }
        let distance = self.now().saturating_sub(nanos);
        let side = if distance < 0 { "from now" } else { "ago" };
        format!("{} {side}", span(distance.unsigned_abs() / 1_000_000_000))
    }

    /// `2026-11-22T10:00:00+01:00 (5s from now)`
    pub(crate) fn both(&self, nanos: i64) -> String {
        format!("{} ({})", self.absolute(nanos), self.relative(nanos))
    }

    /// Absolute with `-verbose`, else relative.
    pub(crate) fn shown(&self, nanos: i64, verbose: bool) -> String {
        if verbose { self.absolute(nanos) } else { self.relative(nanos) }
    }

    /// As [`Self::shown`], from the wire's RFC 3339 text; unreadable is empty.
    pub(crate) fn shown_text(&self, text: &str, verbose: bool) -> String {
        let nanos =
            text.parse::<Timestamp>().map_or(0, |time| i64::try_from(time.as_nanosecond()).unwrap_or(0));
        self.shown(nanos, verbose)
    }

    /// As [`Self::absolute`], from the wire's RFC 3339 text; the zero time and anything unreadable are empty.
    pub(crate) fn absolute_text(&self, text: &str) -> String {
        match text.parse::<Timestamp>() {
            Ok(time) if time.as_second() > 0 => {
                self.absolute(i64::try_from(time.as_nanosecond()).unwrap_or_default())
            }
            _ => String::new(),
        }
    }
}

impl Clock {
    /// How long it is until the wire's RFC 3339 text, in whole seconds; `0s` once that has passed.
    pub(crate) fn until_text(&self, text: &str) -> String {
        let then =
            text.parse::<Timestamp>().map_or(0, |time| i64::try_from(time.as_nanosecond()).unwrap_or(0));
        span(u64::try_from(then.saturating_sub(self.now())).unwrap_or(0).div_ceil(1_000_000_000))
    }
}

/// The two largest neighbouring units: `1d4h`, `2m3s`, `9s`.
fn span(seconds: u64) -> String {
    const UNITS: [(&str, u64); 6] =
        [("y", 31_536_000), ("mo", 2_592_000), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];
    let mut rest = seconds;
    let counts = UNITS.map(|(name, length)| {
        let count = rest / length;
        rest %= length;
        (name, count)
    });
    let first = counts.iter().position(|(_, count)| *count > 0).unwrap_or(UNITS.len() - 1);
    counts
        .iter()
        .skip(first)
        .take(2)
        .enumerate()
        .filter(|(place, (_, count))| *place == 0 || *count > 0)
        .map(|(_, (name, count))| format!("{count}{name}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn the_two_largest_units_are_shown() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (123, "2m3s"),
            (3_605, "1h"),
            (100_000, "1d3h"),
            (2_592_000 * 2 + 86_400, "2mo1d"),
            (31_536_000, "1y"),
        ] {
            assert_eq!(span(seconds), text);
        }
    }

    #[test]
    fn past_future_and_never() {
        let clock = Clock::fixed(1_000 * SECOND);
        assert_eq!(clock.relative(877 * SECOND), "2m3s ago");
        assert_eq!(clock.relative(1_005 * SECOND), "5s from now");
        assert_eq!(clock.relative(0), "");
        assert_eq!(clock.absolute(0), "");
        assert_eq!(clock.until_text("1970-01-01T00:17:10Z"), "30s");
        assert_eq!(clock.until_text("1970-01-01T00:16:00Z"), "0s");
        assert_eq!(clock.until_text(""), "0s");
        assert_eq!(clock.absolute(1_000 * SECOND), "1970-01-01T00:16:40Z");
        assert_eq!(clock.absolute_text("0001-01-01T00:00:00Z"), "");
        assert_eq!(clock.absolute_text("1970-01-01T00:16:40.5Z"), "1970-01-01T00:16:40Z");
    }

    #[test]
    fn a_zone_beside_greenwich_shows_its_offset() {
        let clock = Clock { zone: TimeZone::fixed(jiff::tz::offset(1)), fixed: None };
        assert_eq!(clock.absolute(1_000 * SECOND), "1970-01-01T01:16:40+01:00");
    }
}
