//! The instants of a specification.
//!
//! A zone's clock is looked at as a row of stretches with one offset from UTC each. Within a stretch local time runs
//! evenly, so an expression is searched in local time and turned into an instant; what falls beyond the stretch's end
//! does not exist there. Hence a local time that the clock skips in spring starts nothing, and one that it shows twice
//! in autumn starts twice. Hourly and more frequent expressions so keep their pace through either change.

use croner::Cron;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use muster_ids::UnixNanos;
use muster_model::Periodic;

use crate::expression::{CronError, parse_cron};
use crate::zone::{Zone, ZoneError};

const NANOS: i64 = 1_000_000_000;
/// Stretches looked at before a search gives up; each look skips ahead to where the expression next matches.
const MAX_STRETCHES: u32 = 64;
/// No two offsets of one zone lie further apart.
const OFFSET_SLACK: i64 = 2 * 26 * 3600;

/// A specification that is understood.
#[derive(Clone, Debug)]
pub struct Schedule {
    crons: Vec<Cron>,
    zone: Zone,
}

/// Why a specification cannot be followed. Jobs that are stored were checked; only a newer release writes others.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    #[error(transparent)]
    Cron(#[from] CronError),
    #[error(transparent)]
    Zone(#[from] ZoneError),
}

#[derive(Clone, Copy)]
enum Search {
    Forward,
    Backward,
}

impl Schedule {
    /// `local` is what the zone `Local` means.
    ///
    /// # Errors
    /// The first expression, or the zone, that is not understood.
    pub fn new(periodic: &Periodic, local: &Zone) -> Result<Self, ScheduleError> {
        let zone = Zone::named(&periodic.time_zone, local)?;
        let crons = periodic.expressions().map(|text| parse_cron(text)).collect::<Result<_, _>>()?;
        Ok(Self { crons, zone })
    }

    /// The first instant after `time`.
    #[must_use]
    pub fn next_after(&self, time: UnixNanos) -> Option<UnixNanos> {
        let from = time.0.div_euclid(NANOS) + 1;
        self.crons.iter().filter_map(|cron| self.next(cron, from)).min().and_then(nanos)
    }

    /// The last instant that is not after `time`.
    #[must_use]
    pub fn last_until(&self, time: UnixNanos) -> Option<UnixNanos> {
        let from = time.0.div_euclid(NANOS);
        self.crons.iter().filter_map(|cron| self.last(cron, from)).max().and_then(nanos)
    }

    /// Seconds of the first instant at or after `from`.
    fn next(&self, cron: &Cron, mut from: i64) -> Option<i64> {
        for _ in 0..MAX_STRETCHES {
            let (offset, end) = self.stretch_to_end(from)?;
            let found = search(cron, from, offset, Search::Forward);
            match (found, end) {
                (Some(at), None) => return Some(at),
                (Some(at), Some(end)) if at < end => return Some(at),
                // The same local time comes in a later stretch, unless it is skipped there.
                (Some(at), Some(end)) => from = end.max(at - OFFSET_SLACK),
                // A clock that goes back may show once more what was there.
                (None, Some(end)) if end - from < OFFSET_SLACK => from = end,
                (None, _) => return None,
            }
        }
        None
    }

    /// Seconds of the last instant at or before `from`.
    fn last(&self, cron: &Cron, mut from: i64) -> Option<i64> {
        for _ in 0..MAX_STRETCHES {
            let (offset, start) = self.stretch_to_start(from)?;
            let found = search(cron, from, offset, Search::Backward);
            match (found, start) {
                (Some(at), None) => return Some(at),
                (Some(at), Some(start)) if at >= start => return Some(at),
                (Some(at), Some(start)) => from = (start - 1).min(at + OFFSET_SLACK),
                (None, Some(start)) if from - start < OFFSET_SLACK => from = start - 1,
                (None, _) => return None,
            }
        }
        None
    }

    /// The offset in force at this second, and the second at which another begins.
    fn stretch_to_end(&self, second: i64) -> Option<(Offset, Option<i64>)> {
        let at = Timestamp::from_second(second).ok()?;
        let end = self.zone.0.following(at).next().map(|next| next.timestamp().as_second());
        Some((self.zone.0.to_offset(at), end))
    }

    /// The offset in force at this second, and the second at which it began.
    fn stretch_to_start(&self, second: i64) -> Option<(Offset, Option<i64>)> {
        let at = Timestamp::from_second(second).ok()?;
        let later = Timestamp::from_second(second + 1).ok()?;
        let start = self.zone.0.preceding(later).next().map(|last| last.timestamp().as_second());
        Some((self.zone.0.to_offset(at), start))
    }
}

/// The nearest match of local time under one offset, `from` itself included, as seconds.
fn search(cron: &Cron, from: i64, offset: Offset, direction: Search) -> Option<i64> {
    let local: DateTime = offset.to_datetime(Timestamp::from_second(from).ok()?);
    let found = match direction {
        Search::Forward => cron.find_next_occurrence(&local, true),
        Search::Backward => cron.find_previous_occurrence(&local, true),
    };
    found.ok().and_then(|found| offset.to_timestamp(found).ok()).map(|found| found.as_second())
}

fn nanos(seconds: i64) -> Option<UnixNanos> {
    seconds.checked_mul(NANOS).map(UnixNanos)
}
