//! Options of an artifact, wherever they are written: in the source's query, which wins, or in the `options` block.

use std::collections::BTreeMap;

use reqwest::Url;

use super::SourceError;

#[derive(Debug, Default)]
pub struct Options {
    /// In the order they were written; names may repeat, as in any query.
    pairs: Vec<(String, String)>,
}

impl Options {
    /// Cuts the query off an address and adds the block.
    pub fn take(text: &mut String, block: &BTreeMap<String, String>) -> Self {
        let mut pairs = Vec::new();
        if let Some(at) = text.find('?') {
            let query = text.split_off(at);
            let query = query.trim_start_matches('?').split('#').next().unwrap_or_default().to_owned();
            if let Ok(url) = Url::parse(&format!("query:?{query}")) {
                pairs = url.query_pairs().into_owned().collect();
            }
        }
        pairs.extend(block.iter().map(|(name, value)| (name.clone(), value.clone())));
        Self { pairs }
    }

    /// The first value of a name, and none of the others; empty is absent.
    pub fn take_text(&mut self, name: &str) -> Option<String> {
        let found = self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned());
        self.pairs.retain(|(key, _)| key != name);
        found.filter(|value| !value.is_empty())
    }

    /// Refuses what nobody took.
    pub fn finish(self, getter: &'static str, known: &'static str) -> Result<(), SourceError> {
        match self.pairs.into_iter().next() {
            None => Ok(()),
            Some((name, _)) => Err(SourceError::Option { name, getter, known }),
        }
    }

    /// Sends the rest to the server, as the contract does.
    pub fn into_query(self, mut url: Url) -> Url {
        url.set_query(None);
        if !self.pairs.is_empty() {
            url.query_pairs_mut().extend_pairs(self.pairs);
        }
        url
    }
}
