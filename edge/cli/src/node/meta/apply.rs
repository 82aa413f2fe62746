//! `node meta apply`: set and unset a node's metadata while it runs.

use std::collections::BTreeMap;

use muster_api::table::NodeMetaApply as Route;
use muster_api::views::NodeMetaRequest;

use super::node_query;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct NodeMetaApply {
    #[command(flatten)]
    connect: ConnectArgs,
    /// The node; the agent's own when left out
    #[arg(long, value_name = "ID")]
    node_id: Option<String>,
    /// Keys to unset, separated by commas; a key of the configuration file is hidden
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    unset: Vec<String>,
    /// What to set
    #[arg(value_name = "key=value")]
    set: Vec<String>,
}

impl Verb for NodeMetaApply {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let meta = changes(&self.set, &self.unset)?;
        let client = self.connect.connect(shell)?;
        let query = node_query(&client, self.node_id.as_deref()).await?;
        let query: Vec<_> = query.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let node_id = query.first().map(|(_, id)| (*id).to_owned()).unwrap_or_default();
        let answer = client.send_json::<Route>(&[], &query, &NodeMetaRequest { node_id, meta }).await;
        answer.map_err(|error| Failure::request("applying dynamic node metadata", &error))?;
        Ok(OK)
    }
}

fn changes(set: &[String], unset: &[String]) -> Result<BTreeMap<String, Option<String>>, Failure> {
    let mut meta = BTreeMap::new();
    for key in unset.iter().map(|key| key.trim()).filter(|key| !key.is_empty()) {
        meta.insert(key.to_owned(), None);
    }
    for pair in set {
        let Some((key, value)) = pair.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            return Err(Failure::new(format!("`{pair}` is not written as key=value")));
        };
        if meta.insert(key.to_owned(), Some(value.to_owned())).is_some() {
            return Err(Failure::new(format!("`{key}` is named twice: set it or unset it, once")));
        }
    }
    if meta.is_empty() {
        return Err(Failure::new("nothing to apply: give key=value, or -unset with keys"));
    }
    Ok(meta)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn keys_are_set_and_unset_once() {
        let of = |set: &[&str], unset: &[&str]| {
            let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
            changes(&own(set), &own(unset))
        };
        let meta = of(&["ou=finance", "expr=a=b"], &["rack", " "]).unwrap();
        let expected = [
            ("expr".to_owned(), Some("a=b".to_owned())),
            ("ou".to_owned(), Some("finance".to_owned())),
            ("rack".to_owned(), None),
        ];
        assert!(meta.into_iter().eq(expected));
        for (set, unset) in [(&[][..], &[][..]), (&["x"][..], &[][..]), (&["=1"], &[]), (&["a=1"], &["a"])] {
            assert!(of(set, unset).is_err(), "{set:?} {unset:?}");
        }
    }
}
