//! Pagination: `next_token` names the first element of the next page.

use super::options::Options;

/// One page and, unless it is the last, the token of the next.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

impl Options {
    /// Cuts the requested page out of `items`, which are in ascending order of their `key`.
    pub(crate) fn paginate<T>(&self, items: impl Iterator<Item = T>, key: impl Fn(&T) -> String) -> Page<T> {
        let mut items: Vec<T> = items.collect();
        if self.reverse {
            items.reverse();
        }
        if let Some(token) = &self.next_token {
            let start = items.iter().position(|item| key(item) == *token).unwrap_or(items.len());
            items.drain(..start);
        }
        if self.per_page == 0 || items.len() <= self.per_page {
            return Page { items, next: None };
        }
        let next = items.get(self.per_page).map(&key);
        items.truncate(self.per_page);
        Page { items, next }
    }
}

#[cfg(test)]
mod tests {
    use super::super::options::Query;
    use super::*;

    #[test]
    fn pages_cover_everything_once_in_both_directions() {
        for reverse in ["", "&reverse=true"] {
            let (mut seen, mut token) = (Vec::new(), String::new());
            loop {
                let query = format!("per_page=3&next_token={token}{reverse}");
                let Ok(options) = Query::parse(&query).and_then(Options::parse) else {
                    unreachable!("valid query")
                };
                let page = options.paginate(0..10, |n| format!("k{n}"));
                assert!(page.items.len() <= 3);
                seen.extend(page.items);
                let Some(next) = page.next else { break };
                token = next;
            }
            if !reverse.is_empty() {
                seen.reverse();
            }
            assert_eq!(seen, (0..10).collect::<Vec<_>>());
        }
    }
}
