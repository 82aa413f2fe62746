//! The file of a node pool: HCL with one `node_pool` block, or JSON in the API's form.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use muster_api::views::{NodePoolView, PoolSchedulerConfigView};
use muster_hcl::{Block, Body, Diagnostic, Source, Span, Value, closest, parse_config};

use crate::failure::Failure;
use crate::shell::Shell;

/// Larger than any description of a pool.
const MAX_BYTES: u64 = 1 << 20;

pub(super) fn read(shell: &mut Shell, path: &Path, json: bool) -> Result<NodePoolView, Failure> {
    let name = path.display().to_string();
    let failed = |error: std::io::Error| Failure::new(format!("Failed to read '{name}': {error}"));
    let mut text = String::new();
    match name.as_str() {
        "-" => (&mut shell.input).take(MAX_BYTES).read_to_string(&mut text),
        _ => std::fs::File::open(path).map_err(failed)?.take(MAX_BYTES).read_to_string(&mut text),
    }
    .map_err(failed)?;
    parse(&name, &text, json).map_err(|error| Failure::new(format!("Failed to parse '{name}': {error}")))
}

pub(super) fn parse(name: &str, text: &str, json: bool) -> Result<NodePoolView, String> {
    // In HCL no text begins so, and in the API's JSON no pool is without a name.
    if json || text.trim_start().starts_with('{') {
        return muster_gojson::from_slice(text.as_bytes()).map_err(|error| error.to_string());
    }
    let source = Source::new(name, text);
    let mut reader = Reader { faults: Vec::new() };
    let pool = parse_config(&source).map(|body| reader.file(&body));
    let faults = pool.as_ref().err().unwrap_or(&reader.faults);
    match faults.is_empty() {
        true => Ok(pool.unwrap_or_default()),
        false => Err(faults.iter().map(|fault| fault.render(&source)).collect::<Vec<_>>().join("\n")),
    }
}

struct Reader {
    faults: Vec<Diagnostic>,
}

impl Reader {
    fn fault(&mut self, span: Span, summary: impl Into<String>, detail: impl Into<String>) {
        self.faults.push(Diagnostic::at(span, summary, detail));
    }

    fn file(&mut self, body: &Body) -> NodePoolView {
        self.unknown(body, &[], &["node_pool"]);
        let mut pools = body.blocks_of("node_pool");
        let Some(block) = pools.next() else {
            self.fault(body.span, "there is no `node_pool` block", "begin with `node_pool \"name\" {`");
            return NodePoolView::default();
        };
        if let Some(second) = pools.next() {
            self.fault(
                second.kind_span,
                "this is a second `node_pool` block",
                "give each pool a file of its own",
            );
        }
        self.pool(block)
    }

    fn pool(&mut self, block: &Block) -> NodePoolView {
        self.unknown(&block.body, &["description", "node_identity_ttl"], &["meta", "scheduler_config"]);
        let name = match &*block.labels {
            [label] => label.text.clone(),
            _ => {
                self.fault(block.kind_span, "the pool has no name", "write it as `node_pool \"name\" {`");
                String::new()
            }
        };
        let ttl = self.text(&block.body, "node_identity_ttl");
        NodePoolView {
            name,
            description: self.text(&block.body, "description").unwrap_or_default(),
            meta: block.body.blocks_of("meta").next().map(|meta| self.texts(&meta.body)),
            scheduler_configuration: self.scheduler(&block.body),
            node_identity_ttl: ttl.map_or(serde_json::Value::Null, serde_json::Value::String),
            ..NodePoolView::default()
        }
    }

    fn scheduler(&mut self, body: &Body) -> Option<PoolSchedulerConfigView> {
        let block = body.blocks_of("scheduler_config").next()?;
        self.unknown(&block.body, &["scheduler_algorithm", "memory_oversubscription_enabled"], &[]);
        Some(PoolSchedulerConfigView {
            scheduler_algorithm: self.text(&block.body, "scheduler_algorithm").unwrap_or_default(),
            memory_oversubscription_enabled: self.flag(&block.body, "memory_oversubscription_enabled"),
        })
    }

    fn texts(&mut self, body: &Body) -> BTreeMap<String, String> {
        self.unknown(body, &body.attributes.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), &[]);
        let pairs = body.attributes.iter().filter_map(|one| Some((one.name.clone(), self.plain(one)?)));
        pairs.collect()
    }

    fn text(&mut self, body: &Body, key: &str) -> Option<String> {
        body.attribute(key).and_then(|attribute| self.plain(attribute))
    }

    fn plain(&mut self, attribute: &muster_hcl::Attribute) -> Option<String> {
        match &attribute.value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => {
                let summary = format!("`{}` is no text", attribute.name);
                self.fault(attribute.value_span, summary, "write a text in quotes");
                None
            }
        }
    }

    fn flag(&mut self, body: &Body, key: &str) -> Option<bool> {
        let attribute = body.attribute(key)?;
        let Value::Bool(flag) = attribute.value else {
            self.fault(attribute.value_span, format!("`{key}` is a switch"), "write true or false");
            return None;
        };
        Some(flag)
    }

    fn unknown(&mut self, body: &Body, attributes: &[&str], blocks: &[&str]) {
        let attributes_there =
            body.attributes.iter().map(|one| (one.name.as_str(), one.name_span, attributes));
        let blocks_there = body.blocks.iter().map(|one| (one.kind.as_str(), one.kind_span, blocks));
        for (name, span, known) in attributes_there.chain(blocks_there) {
            if !known.contains(&name) {
                let meant = closest(name, known.iter().copied());
                let hint = meant.map_or("remove it".to_owned(), |meant| format!("did you mean `{meant}`?"));
                self.fault(span, format!("`{name}` is not known here"), hint);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn faults_have_their_places() {
        let text = "node_pool \"a\" {\n  descripton = \"x\"\n  scheduler_config {\n    memory_oversubscription_enabled = \"y\"\n  }\n}\n";
        let said = parse("pool.hcl", text, false).unwrap_err();
        assert!(
            said.contains("pool.hcl:2:3: `descripton` is not known here; did you mean `description`?"),
            "{said}"
        );
        assert!(
            said.contains(
                "pool.hcl:4:39: `memory_oversubscription_enabled` is a switch; write true or false"
            ),
            "{said}"
        );
        for text in ["", "node_pool {\n}\n", "node_pool \"a\" {\n}\nnode_pool \"b\" {\n}\n", "x = 1\n"] {
            assert!(parse("pool.hcl", text, false).is_err(), "{text}");
        }
    }

    #[test]
    fn json_is_the_apis_own_form() {
        for json in [false, true] {
            let pool = parse("-", "{\"name\": \"a\", \"Description\": \"x\"}", json).unwrap();
            assert_eq!((pool.name.as_str(), pool.description.as_str()), ("a", "x"));
        }
        assert!(parse("-", "node_pool \"a\" {}", true).is_err());
    }
}
