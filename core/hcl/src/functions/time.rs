//! Points in time that the caller names; never the clock.

use jiff::SignedDuration;
use jiff::civil::{DateTime, Weekday};
use jiff::fmt::temporal::{DateTimeParser, Pieces, PiecesOffset};
use jiff::tz::Offset;

use super::call::{Call, Function, Out, Refusal};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("formatdate", "formatdate(format, timestamp)", 2, 2, formatdate),
    Function::new("timeadd", "timeadd(timestamp, duration)", 2, 2, timeadd),
];

/// Local time and the offset it was written with.
struct Moment {
    local: DateTime,
    offset: Offset,
}

impl Moment {
    /// RFC 3339, such as `2026-01-02T15:04:05Z`.
    fn parse(text: &str) -> Option<Self> {
        let shaped = text.as_bytes().get(10) == Some(&b'T') && text.is_ascii() && !text.contains('[');
        let pieces: Pieces<'_> = DateTimeParser::new().parse_pieces(text).ok().filter(|_| shaped)?;
        let offset = match pieces.offset()? {
            PiecesOffset::Numeric(numeric) => numeric.offset(),
            _ => Offset::UTC,
        };
        Some(Self { local: pieces.date().to_datetime(pieces.time()?), offset })
    }

    fn argument(call: &Call<'_>, at: usize) -> Result<Self, Refusal> {
        let text = call.text(at)?;
        let refused = || Refusal::of(at, format!("`{text}` is not a time such as 2026-01-02T15:04:05Z"));
        Self::parse(&text).ok_or_else(refused)
    }

    /// `Z`, or hours and minutes with this between them.
    fn zone(&self, colon: &str) -> String {
        let seconds = self.offset.seconds();
        let sign = if seconds < 0 { '-' } else { '+' };
        let minutes = seconds.abs() / 60;
        format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
    }

    fn rfc3339(&self) -> String {
        let zone = if self.offset == Offset::UTC { "Z".to_owned() } else { self.zone(":") };
        let at = self.local;
        let date = format!("{:04}-{:02}-{:02}", at.year(), at.month(), at.day());
        format!("{date}T{:02}:{:02}:{:02}{zone}", at.hour(), at.minute(), at.second())
    }

    /// One run of equal letters of a format.
    fn verb(&self, letter: char, count: usize) -> Option<String> {
        let at = self.local;
        let hour12 = (at.hour() + 11) % 12 + 1;
        Some(match (letter, count) {
            ('Y', 4) => format!("{:04}", at.year()),
            ('Y', 2) => format!("{:02}", at.year() % 100),
            ('M', 1 | 2) => padded(at.month(), count),
            ('M', 3) => month(at.month()).chars().take(3).collect(),
            ('M', 4) => month(at.month()).to_owned(),
            ('D', 1 | 2) => padded(at.day(), count),
            ('E', 3) => weekday(at.weekday()).chars().take(3).collect(),
            ('E', 4) => weekday(at.weekday()).to_owned(),
            ('h', 1 | 2) => padded(at.hour(), count),
            ('H', 1 | 2) => padded(hour12, count),
            ('A', 2) => if at.hour() < 12 { "AM" } else { "PM" }.to_owned(),
            ('a', 2) => if at.hour() < 12 { "am" } else { "pm" }.to_owned(),
            ('m', 1 | 2) => padded(at.minute(), count),
            ('s', 1 | 2) => padded(at.second(), count),
            ('Z', 1) if self.offset == Offset::UTC => "Z".to_owned(),
            ('Z', 3) if self.offset == Offset::UTC => "UTC".to_owned(),
            ('Z', 1 | 5) => self.zone(":"),
            ('Z', 3 | 4) => self.zone(""),
            _ => return None,
        })
    }
}

fn padded(number: i8, width: usize) -> String {
    format!("{number:0width$}")
}

fn month(number: i8) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    usize::try_from(number - 1).ok().and_then(|at| NAMES.get(at)).copied().unwrap_or("")
}

const fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

/// Letters are verbs, text in single quotes is itself (`''` is a quote), everything else is itself.
fn formatdate(call: &Call<'_>) -> Out {
    let (format, moment) = (call.text(0)?, Moment::argument(call, 1)?);
    let mut out = String::new();
    let mut rest = format.as_str();
    while let Some(letter) = rest.chars().next() {
        let (text, after) = match letter {
            '\'' => quoted(rest).ok_or_else(|| Refusal::of(0, "a `'` is not closed"))?,
            _ if letter.is_ascii_alphabetic() => {
                let after = rest.trim_start_matches(letter);
                let count = rest.len() - after.len();
                let text = moment.verb(letter, count);
                (text.ok_or_else(|| unknown_verb(letter, count))?, after)
            }
            _ => (letter.to_string(), rest.strip_prefix(letter).unwrap_or("")),
        };
        out.push_str(&text);
        rest = after;
    }
    call.say(out)
}

fn unknown_verb(letter: char, count: usize) -> Refusal {
    let verb: String = std::iter::repeat_n(letter, count.min(20)).collect();
    Refusal::of(0, format!("`{verb}` means nothing in a format; put literal letters in single quotes"))
}

/// The text of a quoted literal at the start, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut literal = String::new();
    let mut rest = text.strip_prefix('\'')?;
    loop {
        let (before, after) = rest.split_once('\'')?;
        literal.push_str(before);
        match after.strip_prefix('\'') {
            Some(after) => {
                literal.push('\'');
                rest = after;
            }
            None => return Some((literal, after)),
        }
    }
}

fn timeadd(call: &Call<'_>) -> Out {
    let (moment, text) = (Moment::argument(call, 0)?, call.text(1)?);
    let duration =
        duration(&text).ok_or_else(|| Refusal::of(1, format!("`{text}` is not a duration such as 1h30m")))?;
    let local = moment.local.checked_add(duration).map_err(|_| Refusal::new("the result is out of range"))?;
    call.say(Moment { local, offset: moment.offset }.rfc3339())
}

/// A Go duration: signed decimal numbers with units, without blanks.
fn duration(text: &str) -> Option<SignedDuration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut nanos = if rest == "0" { return Some(SignedDuration::ZERO) } else { 0.0 };
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let unit_at = rest.find(|ch: char| !ch.is_ascii_digit() && ch != '.')?;
        let (number, unit) = rest.split_at(unit_at);
        let next_at = unit.find(|ch: char| ch.is_ascii_digit() || ch == '.').unwrap_or(unit.len());
        let (unit, after) = unit.split_at(next_at);
        nanos += number.parse::<f64>().ok()? * unit_nanos(unit)?;
        rest = after;
    }
    let seconds = nanos / 1e9 * if negative { -1.0 } else { 1.0 };
    SignedDuration::try_from_secs_f64(seconds).ok()
}

fn unit_nanos(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1.0,
        "us" | "µs" | "μs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 6e10,
        "h" => 3.6e12,
        _ => return None,
    })
}
