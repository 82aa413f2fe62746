//! Cron expressions in the contract's dialect: five fields, a sixth for the year, a seventh in front for seconds, or
//! a nickname such as `@daily`.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

/// Why a text is not a cron expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    #[error(
        "expected 5 fields (minute hour day month weekday), 6 (with a year) or 7 (with seconds first), got {0}"
    )]
    Fields(usize),
    #[error(
        "`{0}` is not a year from 1970 to 2099; for seconds write 7 fields, seconds first and the year last"
    )]
    Year(String),
    #[error("{0}")]
    Field(String),
}

/// Reads a cron expression.
///
/// # Errors
/// A number of fields that is no dialect's, or a field that holds nothing its unit knows.
pub fn parse_cron(text: &str) -> Result<Cron, CronError> {
    let text = text.trim();
    let fields = text.split_whitespace().count();
    if let (6 | 7, Some(year)) = (fields, text.split_whitespace().last()) {
        check_year(year)?;
    }
    let normal = match (text.starts_with('@'), fields) {
        (true, 1) => text.to_owned(),
        (false, 5 | 7) => short_names(text),
        // The sixth field is the year, where most other dialects read seconds.
        (false, 6) => format!("0 {}", short_names(text)),
        _ => return Err(CronError::Fields(fields)),
    };
    let parser =
        CronParser::builder().seconds(Seconds::Optional).year(Year::Optional).sloppy_ranges(true).build();
    parser.parse(&normal).map_err(|error| CronError::Field(error.to_string()))
}

/// Months and days of the week may be written out.
fn short_names(text: &str) -> String {
    const NAMES: [&str; 18] = [
        "january",
        "february",
        "march",
        "april",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "sunday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
    ];
    let lower = text.to_ascii_lowercase();
    NAMES.iter().fold(lower, |text, name| match name.get(..3) {
        Some(short) if text.contains(name) => text.replace(name, short),
        _ => text,
    })
}

/// Lists, ranges and steps of years.
fn check_year(field: &str) -> Result<(), CronError> {
    let bounds =
        field.split(',').filter_map(|item| item.split('/').next()).flat_map(|range| range.split('-'));
    let is_year =
        |bound: &str| bound == "*" || bound.parse().is_ok_and(|year: u16| (1970..=2099).contains(&year));
    if bounds.into_iter().all(is_year) { Ok(()) } else { Err(CronError::Year(field.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dialect_counts_fields() {
        for text in [
            "*/15 * * * *",
            "0 3 * * 1-5",
            "0 0 1 jan,JUL *",
            "0 0 L * *",
            "0 0 * * 5#2",
            "0 9 * * * 2030",
            "30 0 9 * * * *",
            "30 0 9 * * * 2030-2040",
            "@daily",
            "@hourly",
            "0 0 * January,June Monday-friday",
            "0 12 1W * ?",
        ] {
            assert!(parse_cron(text).is_ok(), "{text}: {:?}", parse_cron(text));
        }
        for text in
            ["", "*", "* * * *", "61 * * * *", "* * * * * * * *", "@sometimes", "a b c d e", "* * 32 * *"]
        {
            assert!(parse_cron(text).is_err(), "{text} was accepted");
        }
    }

    #[test]
    fn a_sixth_field_is_the_year() {
        assert!(parse_cron("0 9 * * * 2030").is_ok());
        assert!(parse_cron("0 9 * * * 7").is_err(), "a weekday is not a year");
    }
}
