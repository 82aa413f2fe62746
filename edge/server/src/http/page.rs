//! Pagination: `next_token` names the first element of the next page. What was removed meanwhile is passed over.

use std::fmt;
use std::str::FromStr;

use muster_ids::{Index, JobId, Namespace};
use muster_model::JobKey;

use super::error::ApiError;
use super::options::Options;

/// One page and, unless it is the last, the token of the next.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

impl Options {
    /// Cuts the requested page out of `items`, which are in ascending order of their `key`.
    ///
    /// # Errors
    /// 400 for a token that no answer ever held.
    pub(crate) fn paginate<T, K>(
        &self,
        items: impl IntoIterator<Item = T>,
        key: impl Fn(&T) -> K,
    ) -> Result<Page<T>, ApiError>
    where
        K: Ord + fmt::Display + FromStr,
    {
        self.paginate_from(self.reverse, items, key)
    }

    /// The same for a list whose order is not reversed by the parameter alone.
    ///
    /// # Errors
    /// As [`Self::paginate`].
    pub(crate) fn paginate_from<T, K>(
        &self,
        reverse: bool,
        items: impl IntoIterator<Item = T>,
        key: impl Fn(&T) -> K,
    ) -> Result<Page<T>, ApiError>
    where
        K: Ord + fmt::Display + FromStr,
    {
        let mut items: Vec<T> = items.into_iter().collect();
        if reverse {
            items.reverse();
        }
        if let Some(token) = &self.next_token {
            let first: K = token.parse().map_err(|_| {
                let rule = "use the value of an X-Nomad-NextToken header, with the parameters of its request";
                ApiError::bad_request(format!("invalid next_token `{token}`: {rule}"))
            })?;
            let before = |item: &T| if reverse { key(item) > first } else { key(item) < first };
            items.drain(..items.partition_point(before));
        }
        if self.per_page == 0 || items.len() <= self.per_page {
            return Ok(Page { items, next: None });
        }
        let next = items.get(self.per_page).map(|item| key(item).to_string());
        items.truncate(self.per_page);
        Ok(Page { items, next })
    }
}

/// Orders by age, then id; written `<create index>.<id>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ByAge<I>(pub Index, pub I);

impl<I: fmt::Display> fmt::Display for ByAge<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// The token was not made here.
#[derive(Debug)]
pub(crate) struct BadToken;

impl<I: FromStr> FromStr for ByAge<I> {
    type Err = BadToken;

    fn from_str(text: &str) -> Result<Self, BadToken> {
        let (index, id) = text.split_once('.').ok_or(BadToken)?;
        Ok(Self(Index(index.parse().map_err(|_| BadToken)?), id.parse().map_err(|_| BadToken)?))
    }
}

/// Orders by namespace, then id; written `<namespace>.<id>`. A namespace holds no dot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ByName(pub JobKey);

impl fmt::Display for ByName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0.namespace, self.0.id)
    }
}

impl FromStr for ByName {
    type Err = BadToken;

    fn from_str(text: &str) -> Result<Self, BadToken> {
        let (namespace, id) = text.split_once('.').ok_or(BadToken)?;
        let namespace = Namespace::new(namespace).map_err(|_| BadToken)?;
        Ok(Self(JobKey { namespace, id: JobId::new(id).map_err(|_| BadToken)? }))
    }
}

/// Orders by the last change, then as [`ByName`]; written `<modify index>.<namespace>.<id>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ByChange(pub Index, pub ByName);

impl fmt::Display for ByChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

impl FromStr for ByChange {
    type Err = BadToken;

    fn from_str(text: &str) -> Result<Self, BadToken> {
        let (index, name) = text.split_once('.').ok_or(BadToken)?;
        Ok(Self(Index(index.parse().map_err(|_| BadToken)?), name.parse()?))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::super::options::Query;
    use super::*;

    fn options(query: &str) -> Options {
        Options::parse(Query::parse(query).unwrap()).unwrap()
    }

    #[test]
    fn pages_cover_everything_once_in_both_directions() {
        for reverse in ["", "&reverse=true"] {
            let (mut seen, mut token) = (Vec::new(), String::new());
            loop {
                let query = format!("per_page=3&next_token={token}{reverse}");
                let page = options(&query).paginate(0..100_u32, |n| *n).unwrap();
                assert!(page.items.len() <= 3);
                seen.extend(page.items);
                let Some(next) = page.next else { break };
                token = next;
            }
            if !reverse.is_empty() {
                seen.reverse();
            }
            assert_eq!(seen, (0..100).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_page_goes_on_behind_an_element_that_was_removed() {
        let left = || [1_u32, 2, 5, 6].into_iter();
        let page = options("next_token=3").paginate(left(), |n| *n).unwrap();
        assert_eq!(page.items, [5, 6]);
        let page = options("next_token=3&reverse=true").paginate(left(), |n| *n).unwrap();
        assert_eq!(page.items, [2, 1]);
    }

    #[test]
    fn foreign_tokens_are_refused_with_their_text() {
        let error = options("next_token=zz").paginate(0..3_u32, |n| *n).unwrap_err();
        assert_eq!(error.status, http::StatusCode::BAD_REQUEST);
        assert!(error.message.contains("`zz`"), "{}", error.message);
    }

    #[test]
    fn tokens_read_back_as_they_were_written() {
        let key = JobKey { namespace: Namespace::new("a-b").unwrap(), id: JobId::new("x.y/z").unwrap() };
        assert_eq!(ByName(key.clone()).to_string().parse::<ByName>().unwrap(), ByName(key));
        let age = ByAge(Index(10), 7_u32);
        assert_eq!((age.to_string().as_str(), age.to_string().parse::<ByAge<u32>>().unwrap()), ("10.7", age));
        assert!(ByAge(Index(9), 7_u32) < age, "by number, not by text");
        assert!("10".parse::<ByAge<u32>>().is_err() && "x.1".parse::<ByAge<u32>>().is_err());
    }
}
