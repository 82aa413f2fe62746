//! Rules about variables: within a namespace, or at the top for every namespace that the policy lists.

use muster_hcl::{Body, Span, Value};

use super::Reader;
use crate::Scope;
use crate::held::Capabilities;
use crate::policy::variable_key;
use crate::policy::words::VARIABLE;

const CAPABILITIES: &str = "capabilities";

impl Reader<'_> {
    /// The `variables` of one namespace's rule.
    pub(super) fn variables(&mut self, namespace: &str, body: &Body) {
        for (at, block) in body.blocks_of("variables").enumerate() {
            if at > 0 {
                self.key(block.kind_span, "variables", "it stands here a second time; keep one");
            }
            if let Some(label) = block.labels.first() {
                self.fault(label.span, "`variables` takes no label", "remove it");
            }
            self.only_known(&block.body, &[], Some("path"));
            if block.body.blocks_of("path").next().is_none() {
                let help = "add `path \"…\" { capabilities = […] }`";
                self.fault(block.kind_span, "`variables` has no `path`", help);
            }
            for path in block.body.blocks_of("path") {
                for (path, span, body) in self.labelled(path) {
                    self.only_known(body, &[CAPABILITIES], None);
                    let held = self.path(path, span, body);
                    self.hold(namespace, path, held);
                }
            }
        }
    }

    /// `variable { path = "…" capabilities = […] }` at the top.
    pub(super) fn variables_everywhere(&mut self, body: &Body) {
        let namespaces: Vec<String> = self.policy.namespaces.keys().cloned().collect();
        for block in body.blocks_of(VARIABLE) {
            self.only_known(&block.body, &["path", CAPABILITIES], None);
            let labelled = block.labels.first().map(|label| (label.text.clone(), label.span));
            let written = block.body.attribute("path").and_then(|path| match &path.value {
                Value::String(text) => Some((text.clone(), path.value_span)),
                _ => None,
            });
            let Some((path, span)) = labelled.or(written) else {
                self.fault(block.kind_span, "`variable` has no path", "add `path = \"…\"`");
                continue;
            };
            let held = self.path(&path, span, &block.body);
            if namespaces.is_empty() {
                let help = "write it as `variables { path \"…\" { … } }` within a `namespace`";
                self.fault(block.kind_span, "`variable` is about no namespace: this policy lists none", help);
                continue;
            }
            let listed = namespaces.join(", ");
            let means = format!("the block `variable` is read as variables of each namespace here: {listed}");
            self.warn(block.kind_span, means);
            for namespace in &namespaces {
                self.hold(namespace, &path, held);
            }
        }
    }

    /// What the rule of one path holds. A denial leaves nothing of its own block, and takes nothing from others.
    fn path(&mut self, path: &str, span: Span, body: &Body) -> Capabilities {
        if path.is_empty() {
            self.fault(span, "the path is empty", "use `*` for all paths");
        } else if path.starts_with('/') {
            self.fault(span, format!("the path `{path}` begins with `/`"), "leave it out");
        } else if path.contains('\0') {
            self.fault(span, "the path holds a null character", "leave it out");
        }
        let Some(list) = body.attribute(CAPABILITIES) else {
            let help = "add `capabilities = […]`";
            self.fault(span, format!("nothing is said about the path `{path}`"), help);
            return Capabilities::default();
        };
        self.capabilities(Scope::Variable, list).capabilities()
    }

    fn hold(&mut self, namespace: &str, path: &str, held: Capabilities) {
        let key = variable_key(namespace, path);
        self.policy.variables.entry(key).or_default().add(held);
    }
}
