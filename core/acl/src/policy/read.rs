//! From blocks to rules. One reader for both ways of reading: it always makes the most careful rule of what it finds,
//! and notes what is wrong; whoever asked decides whether that matters.

mod capabilities;
mod variables;

use std::collections::BTreeSet;

use muster_hcl::{Attribute, Block, Body, Diagnostic, Source, Span, Value, closest};

use super::levels::expand;
use super::words::{KEYRING, KINDS, Kind, NAMESPACE, VARIABLE};
use super::{Parsed, Policy, PolicyError};
use crate::Scope;
use crate::held::Held;

/// Findings beyond this many help nobody.
const MAX_FINDINGS: usize = 20;

pub(super) struct Reader<'t> {
    source: &'t Source,
    policy: Policy,
    /// Whether any rule was recognised.
    ruled: bool,
    keys: Vec<Diagnostic>,
    faults: Vec<Diagnostic>,
    warnings: Vec<String>,
}

impl<'t> Reader<'t> {
    pub fn of(source: &'t Source, body: &Body) -> Self {
        let (policy, ruled) = (Policy::default(), false);
        let mut reader =
            Self { source, policy, ruled, keys: Vec::new(), faults: Vec::new(), warnings: Vec::new() };
        reader.file(body);
        reader
    }

    pub fn tolerantly(self) -> Policy {
        self.policy
    }

    /// `empty` says that there is no text at all, which is a policy without rules and not a mistake.
    pub fn strictly(self, empty: bool) -> Result<Parsed, PolicyError> {
        if !self.keys.is_empty() {
            return Err(PolicyError::keys(self.source, self.keys));
        }
        if !self.faults.is_empty() {
            return Err(PolicyError::rules(self.source, self.faults));
        }
        if !self.ruled && !empty {
            let help = "add a block such as `namespace \"default\" { policy = \"read\" }`";
            let found = Diagnostic::nowhere("it has no rule", help);
            return Err(PolicyError::rules(self.source, vec![found]));
        }
        Ok(Parsed { policy: self.policy, warnings: self.warnings })
    }

    fn file(&mut self, body: &Body) {
        let mut seen = BTreeSet::new();
        for block in &body.blocks {
            match Kind::named(&block.kind) {
                Some(kind) if kind.label.is_some() => self.labelled_rules(kind, block),
                Some(kind) => {
                    if !seen.insert(kind.name) {
                        self.key(block.kind_span, kind.name, "it stands here a second time; keep one");
                    }
                    self.single_rule(kind, block);
                }
                None if block.kind == KEYRING => self.keyring(block),
                // Below, where all namespaces of the policy are known.
                None if block.kind == VARIABLE => {}
                None => self.unknown(block.kind_span, &block.kind, KINDS.map(|kind| kind.name)),
            }
        }
        for attribute in &body.attributes {
            let name = attribute.name.as_str();
            if Kind::named(name).is_some() || [KEYRING, VARIABLE].contains(&name) {
                let help = format!("write `{name} {{ … }}`");
                self.fault(attribute.name_span, format!("`{name}` is a block"), help);
            } else {
                self.unknown(attribute.name_span, name, KINDS.map(|kind| kind.name));
            }
        }
        self.variables_everywhere(body);
    }

    fn labelled_rules(&mut self, kind: Kind, block: &Block) {
        for (label, span, body) in self.labelled(block) {
            if !kind.takes_label(label) {
                let also = if kind.scope == Scope::NodePool { ", `_`" } else { "" };
                let help = format!("use 1 to 128 letters, digits, `-`{also} and `*`");
                self.fault(span, format!("`{label}` is no label of a {}", kind.name), help);
            }
            let held = self.rule(kind, body);
            let rules = match kind.scope {
                Scope::NodePool => &mut self.policy.node_pools,
                Scope::HostVolume => &mut self.policy.host_volumes,
                _ => &mut self.policy.namespaces,
            };
            rules.entry(label.to_owned()).or_default().add(held);
            if kind == NAMESPACE {
                self.variables(label, body);
            }
        }
    }

    fn single_rule(&mut self, kind: Kind, block: &Block) {
        if let Some(label) = block.labels.first() {
            self.fault(label.span, format!("`{}` takes no label", kind.name), "remove it");
        }
        let mut held = self.rule(kind, &block.body);
        let says = |name| block.body.attribute(name).is_some_and(|found| found.value.as_str() != Some(""));
        let speaks = says("policy") || kind.listed && says("capabilities");
        if !speaks {
            let help = format!("add `policy = \"…\"`, one of {}", kind.levels().join(", "));
            self.fault(block.kind_span, format!("`{}` does not say what it allows", kind.name), help);
            held = Held::default();
        }
        let policy = &mut self.policy;
        match kind.scope {
            Scope::Agent => policy.agent.add(held),
            Scope::Node => policy.node.add(held),
            Scope::Operator => policy.operator.add(held),
            Scope::Quota => policy.quota.add(held),
            Scope::Plugin => policy.plugin.add(held),
            Scope::Sentinel => policy.sentinel.add(held),
            Scope::Namespace | Scope::Variable | Scope::NodePool | Scope::HostVolume | Scope::Management => {}
        }
    }

    /// What the block's `policy` and `capabilities` hold together.
    fn rule(&mut self, kind: Kind, body: &Body) -> Held {
        self.ruled = true;
        let mut known = vec!["policy"];
        if kind.listed {
            known.push("capabilities");
        }
        self.only_known(body, &known, (kind == NAMESPACE).then_some("variables"));
        let mut held = body.attribute("policy").map_or_else(Held::default, |said| self.level(kind, said));
        if kind.listed
            && let Some(list) = body.attribute("capabilities")
        {
            held.add(self.capabilities(kind.scope, list));
        }
        held
    }

    /// What is not understood is read as a denial: its author meant to say something, and it may have been that.
    fn level(&mut self, kind: Kind, said: &Attribute) -> Held {
        let help = format!("use one of {}", kind.levels().join(", "));
        let Value::String(word) = &said.value else {
            self.fault(said.value_span, format!("`policy` is a {}, not a text", said.value.kind()), help);
            return Held::DENIED;
        };
        match (word.as_str(), kind.level(word)) {
            ("", _) => Held::default(),
            (_, Some(level)) => expand(kind.scope, level),
            ("none", None) => {
                self.warn(said.value_span, "the policy `none` is read as `deny`");
                Held::DENIED
            }
            _ => {
                let meant = closest(word, kind.levels().iter().copied());
                let help = meant.map_or(help, |word| format!("did you mean `{word}`?"));
                self.fault(said.value_span, format!("`{word}` is no policy of `{}`", kind.name), help);
                Held::DENIED
            }
        }
    }

    /// Guides have such a block; there never was such a scope. It is taken for what it says about nothing.
    fn keyring(&mut self, block: &Block) {
        self.warn(
            block.kind_span,
            "the block `keyring` grants nothing: the keyring is governed by `operator`, with its capabilities \
             keyring-read, keyring-rotate and keyring-delete",
        );
        self.only_known(&block.body, &["policy", "capabilities"], None);
    }

    /// A block's label with its body. In JSON, and where the label is left out, blocks within are the labels.
    fn labelled<'b>(&mut self, block: &'b Block) -> Vec<(&'b str, Span, &'b Body)> {
        let kind = &block.kind;
        let help = format!("write `{kind} \"…\" {{ … }}`");
        if let Some(second) = block.labels.get(1) {
            self.fault(second.span, format!("`{kind}` takes one label"), "remove the others");
        }
        if let Some(label) = block.labels.first() {
            return vec![(&label.text, label.span, &block.body)];
        }
        let body = &block.body;
        if let Some(attribute) = body.attributes.first() {
            self.fault(attribute.name_span, format!("`{kind}` has no label"), help);
        } else if body.blocks.is_empty() {
            self.fault(block.kind_span, format!("`{kind}` has no label"), help);
        }
        let inner = body.blocks.iter().map(|inner| (inner.kind.as_str(), inner.kind_span, &inner.body));
        if let Some(label) = body.blocks.iter().find_map(|inner| inner.labels.first()) {
            self.fault(label.span, format!("`{kind}` takes one label"), "remove the others");
        }
        inner.collect()
    }

    /// Notes every key of the body but these attributes and this kind of block.
    fn only_known(&mut self, body: &Body, attributes: &[&'static str], block: Option<&'static str>) {
        let known = || attributes.iter().copied().chain(block);
        for attribute in &body.attributes {
            let name = attribute.name.as_str();
            if block == Some(name) {
                self.fault(attribute.name_span, format!("`{name}` is a block"), "write it with braces");
            } else if !attributes.contains(&name) {
                self.unknown(attribute.name_span, name, known());
            }
        }
        for inner in body.blocks.iter().filter(|inner| block != Some(inner.kind.as_str())) {
            if attributes.contains(&inner.kind.as_str()) {
                self.fault(inner.kind_span, format!("`{}` is no block", inner.kind), "write it with `=`");
            } else {
                self.unknown(inner.kind_span, &inner.kind, known());
            }
        }
    }

    fn unknown(&mut self, span: Span, name: &str, known: impl IntoIterator<Item = &'static str>) {
        let known: Vec<&str> = known.into_iter().collect();
        let help = match closest(name, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("there are {}", known.join(", ")),
        };
        self.key(span, name, help);
    }

    fn key(&mut self, span: Span, name: &str, help: impl Into<String>) {
        if self.keys.len() < MAX_FINDINGS {
            self.keys.push(Diagnostic::at(span, format!("`{name}`"), help));
        }
    }

    fn fault(&mut self, span: Span, summary: impl Into<String>, help: impl Into<String>) {
        if self.faults.len() < MAX_FINDINGS {
            self.faults.push(Diagnostic::at(span, summary, help));
        }
    }

    fn warn(&mut self, span: Span, text: impl Into<String>) {
        if self.warnings.len() < MAX_FINDINGS {
            self.warnings.push(Diagnostic::at(span, text, "").render(self.source));
        }
    }
}
