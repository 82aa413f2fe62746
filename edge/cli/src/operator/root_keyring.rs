//! `operator root keyring`: what the cluster encrypts and signs with.

pub(crate) mod list;
pub(crate) mod remove;
pub(crate) mod rotate;

use muster_api::views::RootKeyMeta;

use crate::ids;
use crate::table::Table;
use crate::time::Clock;

/// With `verbose`, whole ids and how each key signs.
fn table(keys: &[RootKeyMeta], verbose: bool, clock: &Clock) -> Table {
    let mut titles = vec!["Key", "State", "Create Time", "Publish Time"];
    if verbose {
        titles.push("Signing Algorithm");
    }
    let mut table = Table::new(&titles);
    for key in keys {
        let published = match key.publish_time {
            0 => "<none>".to_owned(),
            time => clock.absolute(time),
        };
        let mut row = vec![
            ids::short(&key.key_id, verbose),
            key.state.clone(),
            clock.absolute(key.create_time),
            published,
        ];
        if verbose {
            row.push(key.signing_algorithm.clone());
        }
        table.row(row);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_shown_with_their_states_and_times() {
        let key = |id: &str, state: &str, publish_time| RootKeyMeta {
            key_id: id.to_owned(),
            state: state.to_owned(),
            create_time: 1_000_000_000,
            publish_time,
            signing_algorithm: "RS256".to_owned(),
            ..RootKeyMeta::default()
        };
        let keys = [
            key("8a8ad2b3-1b3f-4d2c-9d0e-3f5b6a7c8d9e", "prepublished", 61_000_000_000),
            key("9b8ad2b3-1b3f-4d2c-9d0e-3f5b6a7c8d9e", "active", 0),
        ];
        let clock = Clock::fixed(0);
        let expected = [
            "Key       State         Create Time           Publish Time",
            "8a8ad2b3  prepublished  1970-01-01T00:00:01Z  1970-01-01T00:01:01Z",
            "9b8ad2b3  active        1970-01-01T00:00:01Z  <none>",
        ];
        assert_eq!(table(&keys, false, &clock).lines(), expected);
        let verbose = table(&keys, true, &clock).lines();
        assert!(verbose[0].ends_with("Signing Algorithm"), "{verbose:?}");
        assert!(verbose[2].starts_with("9b8ad2b3-1b3f-4d2c-9d0e-3f5b6a7c8d9e"), "{verbose:?}");
    }
}
