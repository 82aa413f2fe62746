//! `dynamic "kind" { for_each, iterator, labels, content {} }`: one block of that kind per element.

use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block as Node, BlockLabel, Structure};

use super::{Blocks, Named};
use crate::body::{Block, Label};
use crate::diagnostic::Diagnostic;
use crate::eval::{Eval, Fault, Scope, Val, place, to_text};
use crate::suggest::closest;

const USAGE: &str = "write `dynamic \"kind\" { for_each = …  labels = [ … ]  content { … } }`";

/// The parts of a dynamic block.
struct Dynamic<'t> {
    node: &'t Node,
    kind: &'t BlockLabel,
    for_each: &'t Expression,
    iterator: &'t str,
    labels: Option<&'t Expression>,
    content: &'t Node,
}

impl Blocks<'_, '_, '_> {
    pub(super) fn dynamic(&mut self, node: &Node, scope: &Scope<'_>, out: &mut Vec<Block>) {
        let Some(dynamic) = self.report.take(Dynamic::read(node)) else { return };
        let walked = self.evaluator.walk(dynamic.for_each, scope);
        for (key, value) in self.report.take(walked).unwrap_or_default() {
            let failed = self.report.is_full() || self.made > super::MOST_BLOCKS;
            if failed {
                return;
            }
            let element = Val::Map(vec![("key".to_owned(), key), ("value".to_owned(), value)]);
            let inner = Scope::inner(scope, vec![(dynamic.iterator.to_owned(), element)]);
            let labels = self.labels(dynamic.labels, &inner);
            let Some(labels) = self.report.take(labels) else { return };
            let named = Named {
                kind: dynamic.kind.as_str(),
                kind_span: place(dynamic.kind),
                labels,
                span: place(dynamic.node),
            };
            out.extend(self.make(named, &dynamic.content.body, &inner));
        }
    }

    fn labels(&self, expr: Option<&Expression>, scope: &Scope<'_>) -> Eval<Vec<Label>> {
        let Some(expr) = expr else { return Ok(Vec::new()) };
        let span = place(expr);
        let refused =
            |why: String| Fault::at(span, format!("these are no labels: {why}"), "give a list of strings");
        let value = self.evaluator.eval(expr, scope)?;
        let items = value.items().ok_or_else(|| refused(format!("this is a {}", value.kind())))?;
        let label = |item: &Val| to_text(item).map(|text| Label { text, span }).map_err(refused);
        items.iter().map(label).collect()
    }
}

impl<'t> Dynamic<'t> {
    fn read(node: &'t Node) -> Eval<Self> {
        let [kind] = node.labels.as_slice() else {
            return Err(Fault::at(
                place(&node.ident),
                "`dynamic` has exactly one label, the kind of its blocks",
                USAGE,
            ));
        };
        let (mut for_each, mut iterator, mut labels, mut content) = (None, None, None, None);
        for structure in &node.body {
            match structure {
                Structure::Attribute(attribute) => match attribute.key.as_str() {
                    "for_each" => for_each = Some(&attribute.value),
                    "iterator" => iterator = Some(&attribute.value),
                    "labels" => labels = Some(&attribute.value),
                    other => return Err(unknown(other, &attribute.key)),
                },
                Structure::Block(block) if block.has_ident("content") && content.is_none() => {
                    content = Some(block);
                }
                Structure::Block(block) if block.has_ident("content") => {
                    return Err(Fault::at(
                        place(&block.ident),
                        "`dynamic` has only one `content` block",
                        USAGE,
                    ));
                }
                Structure::Block(block) => return Err(unknown(block.ident.as_str(), &block.ident)),
            }
        }
        let missing = |what: &str| {
            Fault::at(place(&node.ident), format!("this `dynamic` block has no `{what}`"), USAGE)
        };
        Ok(Self {
            node,
            kind,
            for_each: for_each.ok_or_else(|| missing("for_each"))?,
            iterator: iterator.map_or(Ok(kind.as_str()), name)?,
            labels,
            content: content.ok_or_else(|| missing("content"))?,
        })
    }
}

/// `iterator` is a bare name.
fn name(expr: &Expression) -> Eval<&str> {
    match expr {
        Expression::Variable(name) => Ok(name.as_str()),
        other => Err(Fault::at(place(other), "`iterator` must be a bare name", "write `iterator = item`")),
    }
}

fn unknown(name: &str, at: &impl hcl_edit::Span) -> Fault {
    let help = match closest(name, ["for_each", "iterator", "labels", "content"]) {
        Some(close) => format!("did you mean `{close}`?"),
        None => format!("what belongs to each block goes into `content`; {USAGE}"),
    };
    Fault::Report(Diagnostic::at(place(at), format!("`dynamic` does not know `{name}`"), help))
}
