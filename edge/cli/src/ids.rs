//! Identifiers as users write them: prefixes, short forms, and what to say when one matches nothing or too much.

use muster_api::Route;
use muster_sdk::Client;

use crate::failure::Failure;
use crate::table::Table;

/// The first eight characters, or all of them with `-verbose`.
pub(crate) fn short(id: &str, verbose: bool) -> String {
    if verbose { id.to_owned() } else { id.chars().take(8).collect() }
}

/// A prefix that the API accepts: at least two characters, and an even number of hex digits, for which an odd last
/// one is dropped.
pub(crate) fn uuid_prefix(text: &str) -> Result<String, Failure> {
    if text.chars().count() < 2 {
        return Err(Failure::new("Identifier must contain at least two characters."));
    }
    let digits = text.chars().filter(|c| *c != '-').count();
    let mut prefix = text.to_owned();
    if digits % 2 == 1 {
        // A dangling hyphen is no digit: take it along with the digit before it.
        while prefix.pop() == Some('-') {}
    }
    Ok(prefix)
}

/// What matches a prefix, through the list route `R`.
pub(crate) async fn by_prefix<R, T>(client: &Client, text: &str, doing: &str) -> Result<Vec<T>, Failure>
where
    R: Route<Input = (), Output = Vec<T>>,
{
    let prefix = uuid_prefix(text)?;
    let found = client.get::<R>(&[], &[("prefix", &prefix)]).await;
    Ok(found.map_err(|error| Failure::request(doing, &error))?.value)
}

/// The only match. `things` is a plural such as `nodes`; `table` shows the candidates when there are several.
pub(crate) fn only<T>(
    mut found: Vec<T>,
    things: &str,
    missing: String,
    table: impl FnOnce(&[T]) -> Table,
) -> Result<T, Failure> {
    match (found.pop(), found.is_empty()) {
        (None, _) => Err(Failure::new(missing)),
        (Some(one), true) => Ok(one),
        (Some(last), false) => {
            found.push(last);
            Err(ambiguous(&format!("Prefix matched multiple {things}"), &table(&found)))
        }
    }
}

/// The message about an ambiguous prefix, with its candidates.
pub(crate) fn ambiguous(title: &str, candidates: &Table) -> Failure {
    Failure::new(format!("{title}\n\n{}", candidates.lines().join("\n")))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn prefixes_have_whole_bytes() {
        assert!(uuid_prefix("a").is_err());
        assert_eq!(uuid_prefix("ab").unwrap(), "ab");
        assert_eq!(uuid_prefix("abc").unwrap(), "ab");
        assert_eq!(uuid_prefix("abcdef12-3").unwrap(), "abcdef12-");
        assert_eq!(uuid_prefix("abc-").unwrap(), "ab");
        let whole = "00000000-0000-4000-8000-000000000001";
        assert_eq!(uuid_prefix(whole).unwrap(), whole);
    }

    #[test]
    fn one_match_is_taken_and_others_are_explained() {
        let table = |found: &[u8]| {
            let mut table = Table::new(&["ID"]);
            found.iter().for_each(|id| table.row(vec![id.to_string()]));
            table
        };
        let pick = |found: Vec<u8>| only(found, "nodes", "none".to_owned(), table).map_err(|e| e.to_string());
        assert_eq!(pick(vec![7]), Ok(7));
        assert_eq!(pick(vec![]), Err("none".to_owned()));
        assert_eq!(pick(vec![1, 2]), Err("Prefix matched multiple nodes\n\nID\n1\n2".to_owned()));
    }
}
