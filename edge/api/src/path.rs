//! From a method and a raw path to a route. Job ids may hold `/`, so a `{*job}` capture takes as many segments as
//! its row's literal suffix leaves; rows with a suffix are tried before the bare one.

use crate::route::{METHODS, Method, Row};
use crate::table::{ROUTES, RouteId};

/// Decoded captures, in the order of the pattern.
pub type Params = Vec<String>;

/// Routes of the contract that this version does not have yet. Named, so that a request for one of them is neither a
/// typing error nor, below `/v1/job/`, a job whose id ends like that.
const NOT_BUILT: &[&str] = &["/v1/{*rest}"];

/// First segments of the contract below `/v1/`, as far as no row answers them.
const FAMILIES: &[&str] = &[
    "acl",
    "agent",
    "allocation",
    "client",
    "evaluations",
    "node",
    "operator",
    "plugin",
    "plugins",
    "quota",
    "quotas",
    "scaling",
    "search",
    "sentinel",
    "service",
    "services",
    "system",
    "validate",
    "var",
    "vars",
    "volume",
    "volumes",
];

/// Outcome of a look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Route(RouteId, Params),
    /// The path exists, with other methods.
    WrongMethod,
    /// The contract has such a path, this version does not.
    NotBuilt,
    Nothing,
}

/// Finds the route for `path`, still percent-encoded and without its query.
#[must_use]
pub fn find(method: Method, path: &str) -> Found {
    let mut matches: Vec<(&Row, Params)> = ROUTES
        .iter()
        .map(|id| id.row())
        .filter_map(|row| Some((row, match_pattern(row.pattern, path)?)))
        .collect();
    matches.sort_by_key(|(row, _)| std::cmp::Reverse(specificity(row.pattern)));
    let best = matches.first().map(|(row, _)| specificity(row.pattern));
    if is_not_built(path, best.unwrap_or_default()) {
        return Found::NotBuilt;
    }
    let Some(best) = best else { return Found::Nothing };
    let found = matches
        .into_iter()
        .filter(|(row, _)| specificity(row.pattern) == best)
        .find(|(row, _)| row.methods.contains(&method));
    match found {
        Some((row, params)) => Found::Route(row.id, params),
        // The path may be there for other methods only so far.
        None if method.writes() && is_not_built(path, best.saturating_sub(1)) => Found::NotBuilt,
        None => Found::WrongMethod,
    }
}

/// The methods that a path has, for `Allow`.
#[must_use]
pub fn methods(path: &str) -> Vec<Method> {
    METHODS.into_iter().filter(|method| matches!(find(*method, path), Found::Route(..))).collect()
}

/// Whether a path of the contract that no row spells out as far is meant.
fn is_not_built(path: &str, spelled_out: usize) -> bool {
    let family = path.trim_start_matches('/').split('/').nth(1).unwrap_or_default();
    NOT_BUILT.iter().any(|pattern| {
        let catch_all = pattern.ends_with("/{*rest}");
        specificity(pattern) > spelled_out
            && match_pattern(pattern, path).is_some()
            && (!catch_all || FAMILIES.contains(&family))
    })
}

/// The names that a pattern captures, and whether each takes more than one segment.
pub(crate) fn pattern_names(pattern: &'static str) -> impl Iterator<Item = (&'static str, bool)> {
    pattern.split('/').filter_map(|segment| {
        let name = segment.strip_prefix('{')?.strip_suffix('}')?;
        Some(name.strip_prefix('*').map_or((name, false), |name| (name, true)))
    })
}

/// How many segments a pattern spells out: the more, the earlier it is tried.
fn specificity(pattern: &str) -> usize {
    pattern.split('/').filter(|segment| !segment.starts_with('{')).count()
}

fn match_pattern(pattern: &str, path: &str) -> Option<Params> {
    // Nearly all patterns end here, without a look at their segments.
    let spelled_out = pattern.split_once('{').map_or(pattern, |(before, _)| before).trim_matches('/');
    if !path.trim_start_matches('/').starts_with(spelled_out) {
        return None;
    }
    let wanted: Vec<&str> = pattern.trim_start_matches('/').split('/').collect();
    let given: Vec<&str> = path.trim_start_matches('/').trim_end_matches('/').split('/').collect();
    let extra = given.len().checked_sub(wanted.len())?;
    let mut params = Params::new();
    let mut rest = given.as_slice();
    for segment in wanted {
        let take = if segment.starts_with("{*") { extra + 1 } else { 1 };
        let (taken, left) = rest.split_at_checked(take)?;
        rest = left;
        if segment.starts_with('{') {
            let text = decode(&taken.join("/"))?;
            if text.is_empty() {
                return None;
            }
            params.push(text);
        } else if taken.first() != Some(&segment) {
            return None;
        }
    }
    rest.is_empty().then_some(params)
}

/// Resolves `%XX`; `None` for a broken escape or text that is not UTF-8.
#[must_use]
pub fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Escapes everything but unreserved characters, so that any id can be one path segment.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The path of `row` with its captures filled in, in order.
#[must_use]
pub fn fill(row: &Row, params: &[&str]) -> String {
    let mut params = params.iter();
    row.pattern
        .split('/')
        .map(|segment| match segment.starts_with('{') {
            true => encode(params.next().copied().unwrap_or_default()),
            false => segment.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn job_routes_match_by_suffix() {
        let found = |path| find(Method::Get, path);
        assert_eq!(found("/v1/job/web"), Found::Route(RouteId::JobRead, vec!["web".into()]));
        assert_eq!(found("/v1/job/a/b"), Found::Route(RouteId::JobRead, vec!["a/b".into()]));
        assert_eq!(found("/v1/job/a%2Fb/summary"), Found::Route(RouteId::JobSummary, vec!["a/b".into()]));
        assert_eq!(
            found("/v1/job/a/b/allocations"),
            Found::Route(RouteId::JobAllocations, vec!["a/b".into()])
        );
        assert_eq!(found("/v1/job"), Found::Nothing);
        assert_eq!(found("/v1/job/"), Found::Nothing);
        assert_eq!(found("/v1/job/%zz"), Found::Nothing);
    }

    #[test]
    fn literal_rows_win_over_captures() {
        assert_eq!(find(Method::Get, "/v1/node/pools"), Found::Route(RouteId::NodePoolList, vec![]));
        assert_eq!(find(Method::Delete, "/v1/jobs"), Found::WrongMethod);
        assert_eq!(find(Method::Get, "/v1/nowhere"), Found::Nothing);
    }

    #[test]
    fn what_is_not_built_is_neither_a_job_nor_unknown() {
        for path in ["/v1/vars", "/v1/acl/auth-methods"] {
            assert_eq!(find(Method::Delete, path), Found::NotBuilt, "{path}");
        }
        let tag = find(Method::Put, "/v1/job/a/b/versions/x/tag");
        assert_eq!(tag, Found::Route(RouteId::JobTagApply, vec!["a/b".into(), "x".into()]));
        assert_eq!(find(Method::Put, "/v1/job/web/summary"), Found::WrongMethod);
        for path in ["/v1/job/a/b/dispatch", "/v1/job/web/dispatch/payload", "/v1/job/web/periodic/force"] {
            assert_eq!(find(Method::Delete, path), Found::WrongMethod, "{path}");
        }
        assert_eq!(methods("/v1/evaluations"), [Method::Get, Method::Delete]);
        assert_eq!(find(Method::Get, "/v1/job/plan"), Found::Route(RouteId::JobRead, vec!["plan".into()]));
        assert_eq!(
            find(Method::Get, "/v1/job/x/summary"),
            Found::Route(RouteId::JobSummary, vec!["x".into()])
        );
    }

    #[test]
    fn every_row_finds_itself() {
        for id in ROUTES {
            let row = id.row();
            let path = fill(row, &["a/b c", "a/b c"]);
            for method in row.methods {
                let Found::Route(found, params) = find(*method, &path) else {
                    unreachable!("{method} {path} finds nothing")
                };
                assert_eq!(found, *id, "{method} {path}");
                assert!(params.iter().all(|p| p == "a/b c"));
            }
        }
    }
}
