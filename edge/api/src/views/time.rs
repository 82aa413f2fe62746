//! Points in time as RFC 3339 text, the way `time.Time` fields of the contract are written.

use muster_ids::UnixNanos;

/// `2026-11-22T10:00:00.5Z`; the zero time is `0001-01-01T00:00:00Z`.
#[must_use]
pub fn rfc3339(time: UnixNanos) -> String {
    if time.is_zero() {
        return "0001-01-01T00:00:00Z".to_owned();
    }
    let seconds = time.0.div_euclid(1_000_000_000);
    let nanos = time.0.rem_euclid(1_000_000_000);
    let (days, second_of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
    let fraction = match nanos {
        0 => String::new(),
        _ => format!(".{nanos:09}").trim_end_matches('0').to_owned(),
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// The same, where clients take the zero time for a time and expect null: times of tasks and evaluations.
#[must_use]
pub fn rfc3339_unless_zero(time: UnixNanos) -> Option<String> {
    (!time.is_zero()).then(|| rfc3339(time))
}

/// Year, month and day of a day number since 1970-01-01 in the proleptic Gregorian calendar, counted in eras of
/// 400 years that begin on 1 March, so that the leap day is the last of its year.
const fn civil(days: i64) -> (i64, i64, i64) {
    const DAYS_PER_ERA: i64 = 146_097;
    const DAYS_FROM_ERA_START_TO_1970: i64 = 719_468;
    let shifted = days + DAYS_FROM_ERA_START_TO_1970;
    let era = shifted.div_euclid(DAYS_PER_ERA);
    let day_of_era = shifted.rem_euclid(DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        for (nanos, text) in [
            (0, "0001-01-01T00:00:00Z"),
            (1, "1970-01-01T00:00:00.000000001Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00Z"),
            (1_709_251_199_500_000_000, "2024-02-29T23:59:59.5Z"),
            (4_102_444_800_000_000_000, "2100-01-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(UnixNanos(nanos)), text);
        }
    }
}
