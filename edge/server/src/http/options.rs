//! Query parameters that most routes share (`http-api.md` sections 1.1 to 1.3).

use std::time::Duration;

use muster_ids::{Index, Namespace};

use super::error::ApiError;

/// Blocking queries wait this long at most, and unless `wait` says less.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(300);

/// Decoded `key=value` pairs, in order.
#[derive(Debug, Default, Clone)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// # Errors
    /// 400 for a broken percent escape.
    pub(crate) fn parse(text: &str) -> Result<Self, ApiError> {
        let decode = |part: &str| {
            muster_api::path::decode(&part.replace('+', " "))
                .ok_or_else(|| ApiError::bad_request(format!("malformed query string near `{part}`")))
        };
        text.split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                Ok((decode(key)?, decode(value)?))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// Every value of a parameter that may be repeated.
    pub(crate) fn all<'q>(&'q self, key: &'q str) -> impl Iterator<Item = &'q str> {
        let values = self.0.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str());
        values.filter(|value| !value.is_empty())
    }

    /// A boolean parameter; absent is `default`, anything Go's ParseBool refuses is an error.
    pub(crate) fn flag(&self, key: &str, default: bool) -> Result<bool, ApiError> {
        match self.get(key) {
            None | Some("") => Ok(default),
            Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(true),
            Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(false),
            Some(other) => Err(ApiError::bad_request(format!(
                "Failed to parse value of \"{key}\" ({other}) as a bool: use `true` or `false`"
            ))),
        }
    }

    pub(crate) fn number(&self, key: &str) -> Result<Option<u64>, ApiError> {
        let parse = |text: &str| {
            text.parse().map_err(|_| {
                ApiError::bad_request(format!("Expect a number for `{key}` query string parameter"))
            })
        };
        self.get(key).filter(|text| !text.is_empty()).map(parse).transpose()
    }
}

/// Which namespaces a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NamespaceChoice {
    One(Namespace),
    All,
}

impl NamespaceChoice {
    pub(crate) const fn one(&self) -> Option<&Namespace> {
        match self {
            Self::One(namespace) => Some(namespace),
            Self::All => None,
        }
    }

    pub(crate) fn covers(&self, namespace: &Namespace) -> bool {
        self.one().is_none_or(|chosen| chosen == namespace)
    }
}

/// The shared parameters, parsed.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub namespace: NamespaceChoice,
    pub region: Option<String>,
    pub prefix: String,
    pub index: Index,
    pub wait: Duration,
    pub pretty: bool,
    pub per_page: usize,
    pub next_token: Option<String>,
    pub filter: Option<String>,
    pub reverse: bool,
    pub query: Query,
}

impl Options {
    /// # Errors
    /// 400 with the contract's text for whatever cannot be parsed, and for what this version does not offer.
    pub(crate) fn parse(query: Query) -> Result<Self, ApiError> {
        // Every server answers from its own newest state, so that it allows staleness makes no difference yet.
        let _stale = query.flag("stale", true).map_err(|_| {
            ApiError::bad_request("Expect `true` or `false` for `stale` query string parameter")
        })?;
        let index = match query.get("index") {
            None | Some("") => 0,
            Some(text) => text.parse().map_err(|_| ApiError::bad_request("Invalid index"))?,
        };
        Ok(Self {
            namespace: namespace(&query)?,
            region: query.get("region").filter(|region| !region.is_empty()).map(str::to_owned),
            prefix: query.get("prefix").unwrap_or_default().to_owned(),
            index: Index(index),
            wait: wait(&query)?,
            pretty: query.get("pretty").is_some_and(|text| text != "0"),
            per_page: per_page(&query)?,
            next_token: query.get("next_token").filter(|token| !token.is_empty()).map(str::to_owned),
            filter: query.get("filter").filter(|text| !text.is_empty()).map(str::to_owned),
            // Python writes it with a capital letter; other words for it have no effect, as the contract has it.
            reverse: matches!(query.get("reverse"), Some("true" | "True")),
            query,
        })
    }
}

fn namespace(query: &Query) -> Result<NamespaceChoice, ApiError> {
    match query.get("namespace") {
        None | Some("") => Ok(NamespaceChoice::One(Namespace::default_namespace())),
        Some("*") => Ok(NamespaceChoice::All),
        Some(name) => Ok(NamespaceChoice::One(Namespace::new(name)?)),
    }
}

/// 0 asks for everything, as a negative number does.
fn per_page(query: &Query) -> Result<usize, ApiError> {
    let Some(text) = query.get("per_page").filter(|text| !text.is_empty()) else { return Ok(0) };
    let number: i32 = text
        .parse()
        .map_err(|_| ApiError::bad_request("Expect a number for `per_page` query string parameter"))?;
    Ok(usize::try_from(number).unwrap_or(0))
}

fn wait(query: &Query) -> Result<Duration, ApiError> {
    let Some(text) = query.get("wait").filter(|text| !text.is_empty()) else { return Ok(MAX_WAIT) };
    let wait =
        muster_jobspec::duration::parse(text).ok().and_then(muster_jobspec::duration::Nanos::to_duration);
    let wait = wait.ok_or_else(|| ApiError::bad_request("Invalid wait time"))?;
    Ok(if wait.is_zero() { MAX_WAIT } else { wait.min(MAX_WAIT) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(query: &str) -> Result<Options, ApiError> {
        Options::parse(Query::parse(query)?)
    }

    #[test]
    fn blocking_parameters_follow_the_contract() {
        let parsed =
            options("index=7&wait=2s&namespace=*&pretty").map(|o| (o.index, o.wait, o.namespace, o.pretty));
        assert_eq!(parsed, Ok((Index(7), Duration::from_secs(2), NamespaceChoice::All, true)));
        assert_eq!(options("wait=1h").map(|o| o.wait), Ok(MAX_WAIT));
        assert_eq!(options("index=x").map(|o| o.index), Err(ApiError::bad_request("Invalid index")));
        assert_eq!(options("wait=x").map(|o| o.wait), Err(ApiError::bad_request("Invalid wait time")));
        assert!(options("stale=maybe").is_err());
        assert!(options("stale").is_ok() && options("stale=false").is_ok() && options("consistent").is_ok());
        assert_eq!(options("filter=A+%3D%3D+1").map(|o| o.filter), Ok(Some("A == 1".to_owned())));
        for (text, reverse) in [("true", true), ("True", true), ("1", false), ("false", false)] {
            assert_eq!(options(&format!("reverse={text}")).map(|o| o.reverse), Ok(reverse), "{text}");
        }
        assert_eq!(options("per_page=7").map(|o| o.per_page), Ok(7));
        assert_eq!(options("per_page=-1").map(|o| o.per_page), Ok(0));
        for per_page in ["x", "1.5", "2147483648"] {
            assert!(options(&format!("per_page={per_page}")).is_err(), "{per_page}");
        }
    }

    #[test]
    fn query_text_is_decoded_once() {
        let query = Query::parse("a=%2525&b=1+2&c");
        assert_eq!(query.as_ref().map(|q| q.get("a")), Ok(Some("%25")));
        assert_eq!(query.as_ref().map(|q| q.get("b")), Ok(Some("1 2")));
        assert_eq!(query.as_ref().map(|q| q.get("c")), Ok(Some("")));
        assert!(Query::parse("a=%zz").is_err());
    }
}
