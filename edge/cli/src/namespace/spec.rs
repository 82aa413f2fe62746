//! The file of a namespace: HCL, or JSON in the API's form. The HCL is a `namespace "name"` block, or what would be in
//! it with the name as an attribute.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use muster_api::views::{ClusterChoiceView, NamespaceCapabilitiesView, NamespaceView, PoolBindingView};
use muster_hcl::{Attribute, Body, Diagnostic, Source, Span, Value, closest, parse_config};

use crate::failure::Failure;
use crate::shell::Shell;

/// Larger than any description of a namespace.
const MAX_BYTES: u64 = 1 << 20;

const ATTRIBUTES: &[&str] = &["description", "quota"];
const BLOCKS: &[&str] = &[
    "meta",
    "capabilities",
    "node_pool_config",
    "vault",
    "consul",
    "required_extra_claims",
    "optional_extra_claims",
];
const CHOICE: &[&str] = &["default", "allowed", "denied"];
const CAPABILITIES: &[&str] =
    &["enabled_task_drivers", "disabled_task_drivers", "enabled_network_modes", "disabled_network_modes"];

pub(super) fn read(shell: &mut Shell, path: &Path, json: bool) -> Result<NamespaceView, Failure> {
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

pub(super) fn parse(name: &str, text: &str, json: bool) -> Result<NamespaceView, String> {
    // In HCL no text begins so.
    if json || text.trim_start().starts_with('{') {
        return muster_gojson::from_slice(text.as_bytes()).map_err(|error| error.to_string());
    }
    let source = Source::new(name, text);
    let mut reader = Reader { faults: Vec::new() };
    let namespace = parse_config(&source).map(|body| reader.file(&body));
    let faults = namespace.as_ref().err().unwrap_or(&reader.faults);
    match faults.is_empty() {
        true => Ok(namespace.unwrap_or_default()),
        false => Err(faults.iter().map(|fault| fault.render(&source)).collect::<Vec<_>>().join("\n")),
    }
}

/// What is taken when nothing is named, what may be named, and what may not.
type Choice = (String, Option<Vec<String>>, Option<Vec<String>>);

struct Reader {
    faults: Vec<Diagnostic>,
}

impl Reader {
    fn fault(&mut self, span: Span, summary: impl Into<String>, detail: impl Into<String>) {
        self.faults.push(Diagnostic::at(span, summary, detail));
    }

    fn file(&mut self, body: &Body) -> NamespaceView {
        let mut blocks = body.blocks_of("namespace");
        let Some(block) = blocks.next() else {
            self.unknown(body, &[ATTRIBUTES, &["name"]].concat(), BLOCKS);
            let Some(name) = self.text(body, "name") else {
                let hint = "write `name = \"…\"`, or begin with `namespace \"…\" {`";
                self.fault(body.span, "the namespace has no name", hint);
                return NamespaceView::default();
            };
            return NamespaceView { name, ..self.namespace(body) };
        };
        if let Some(second) = blocks.next() {
            let hint = "give each namespace a file of its own";
            self.fault(second.kind_span, "this is a second `namespace` block", hint);
        }
        self.unknown(body, &[], &["namespace"]);
        self.unknown(&block.body, ATTRIBUTES, BLOCKS);
        let [label] = &*block.labels else {
            let hint = "write it as `namespace \"name\" {`";
            self.fault(block.kind_span, "the namespace has no name", hint);
            return NamespaceView::default();
        };
        NamespaceView { name: label.text.clone(), ..self.namespace(&block.body) }
    }

    fn namespace(&mut self, body: &Body) -> NamespaceView {
        NamespaceView {
            description: self.text(body, "description").unwrap_or_default(),
            quota: self.text(body, "quota").unwrap_or_default(),
            meta: self.texts_of(body, "meta"),
            capabilities: self.capabilities(body),
            node_pool_configuration: self
                .choice(body, "node_pool_config")
                .map(|(default, allowed, denied)| PoolBindingView { default, allowed, denied }),
            vault_configuration: self
                .choice(body, "vault")
                .map(|(default, allowed, denied)| ClusterChoiceView { default, allowed, denied }),
            consul_configuration: self
                .choice(body, "consul")
                .map(|(default, allowed, denied)| ClusterChoiceView { default, allowed, denied }),
            required_extra_claims: self.texts_of(body, "required_extra_claims"),
            optional_extra_claims: self.texts_of(body, "optional_extra_claims"),
            ..NamespaceView::default()
        }
    }

    fn capabilities(&mut self, body: &Body) -> Option<NamespaceCapabilitiesView> {
        let block = body.blocks_of("capabilities").next()?;
        self.unknown(&block.body, CAPABILITIES, &[]);
        Some(NamespaceCapabilitiesView {
            enabled_task_drivers: self.list(&block.body, "enabled_task_drivers"),
            disabled_task_drivers: self.list(&block.body, "disabled_task_drivers"),
            enabled_network_modes: self.list(&block.body, "enabled_network_modes"),
            disabled_network_modes: self.list(&block.body, "disabled_network_modes"),
        })
    }

    fn choice(&mut self, body: &Body, kind: &str) -> Option<Choice> {
        let block = body.blocks_of(kind).next()?;
        self.unknown(&block.body, CHOICE, &[]);
        let default = self.text(&block.body, "default").unwrap_or_default();
        Some((default, self.list(&block.body, "allowed"), self.list(&block.body, "denied")))
    }

    fn texts_of(&mut self, body: &Body, kind: &str) -> Option<BTreeMap<String, String>> {
        let block = body.blocks_of(kind).next()?;
        let names: Vec<&str> = block.body.attributes.iter().map(|one| one.name.as_str()).collect();
        self.unknown(&block.body, &names, &[]);
        let pairs = block.body.attributes.iter();
        Some(pairs.filter_map(|one| Some((one.name.clone(), self.plain(one, &one.value)?))).collect())
    }

    fn text(&mut self, body: &Body, key: &str) -> Option<String> {
        body.attribute(key).and_then(|attribute| self.plain(attribute, &attribute.value))
    }

    fn list(&mut self, body: &Body, key: &str) -> Option<Vec<String>> {
        let attribute = body.attribute(key)?;
        let Value::List(items) = &attribute.value else {
            let hint = "write a list of texts, such as [\"a\", \"b\"]";
            self.fault(attribute.value_span, format!("`{key}` is no list"), hint);
            return None;
        };
        Some(items.iter().filter_map(|item| self.plain(attribute, item)).collect())
    }

    fn plain(&mut self, attribute: &Attribute, value: &Value) -> Option<String> {
        match value {
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

    const REST: &str = r#"
  description = "ours"
  quota       = "small"
  meta {
    owner = "ops"
  }
  capabilities {
    enabled_task_drivers   = ["exec", "docker"]
    disabled_network_modes = ["host"]
  }
  node_pool_config {
    default = "team-a"
    allowed = []
  }
  consul {
    default = "c"
    denied  = ["d"]
  }
"#;

    #[test]
    fn both_forms_say_the_same() {
        let flat = parse("a.hcl", &format!("name = \"team-a\"\n{REST}"), false).unwrap();
        let block = parse("a.hcl", &format!("namespace \"team-a\" {{{REST}}}\n"), false).unwrap();
        assert_eq!(flat, block);
        assert_eq!(
            (flat.name.as_str(), flat.description.as_str(), flat.quota.as_str()),
            ("team-a", "ours", "small")
        );
        let pools = flat.node_pool_configuration.unwrap();
        assert_eq!((pools.default.as_str(), pools.allowed, pools.denied), ("team-a", Some(Vec::new()), None));
        let rules = flat.capabilities.unwrap();
        assert_eq!(rules.enabled_task_drivers.unwrap(), ["exec", "docker"]);
        assert_eq!(rules.disabled_network_modes.unwrap(), ["host"]);
    }

    #[test]
    fn faults_have_their_places() {
        let said =
            parse("a.hcl", "name = \"a\"\ndescripton = \"x\"\nmeta {\n  a = [1]\n}\n", false).unwrap_err();
        assert!(
            said.contains("a.hcl:2:1: `descripton` is not known here; did you mean `description`?"),
            "{said}"
        );
        assert!(said.contains("a.hcl:4:7: `a` is no text; write a text in quotes"), "{said}");
        for text in
            ["", "description = \"a\"", "namespace {\n}\n", "namespace \"a\" {\n}\nnamespace \"b\" {\n}\n"]
        {
            assert!(parse("a.hcl", text, false).is_err(), "{text}");
        }
    }

    #[test]
    fn json_is_the_apis_own_form() {
        for json in [false, true] {
            let namespace = parse("-", "{\"name\": \"a\", \"Description\": \"x\"}", json).unwrap();
            assert_eq!((namespace.name.as_str(), namespace.description.as_str()), ("a", "x"));
        }
        assert!(parse("-", "namespace \"a\" {}", true).is_err());
    }
}
