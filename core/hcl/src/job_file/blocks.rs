//! Attributes and blocks, with `dynamic` blocks unrolled.

mod dynamic;

use hcl_edit::structure::{Attribute as AttributeNode, Block as Node, Body as Tree, Structure};

use super::report::Report;
use crate::body::{Attribute, Block, Body, Label};
use crate::diagnostic::Diagnostic;
use crate::eval::{Eval, Evaluator, Scope, place};
use crate::source::Span;

/// How many blocks a file may come to.
const MOST_BLOCKS: usize = 100_000;

/// Turns the tree into values.
pub(super) struct Blocks<'e, 's, 'r> {
    evaluator: &'e Evaluator<'s>,
    report: &'r mut Report,
    made: usize,
}

impl<'e, 's, 'r> Blocks<'e, 's, 'r> {
    pub fn new(evaluator: &'e Evaluator<'s>, report: &'r mut Report) -> Self {
        Self { evaluator, report, made: 0 }
    }

    pub fn body<'t>(
        &mut self,
        structures: impl IntoIterator<Item = &'t Structure>,
        scope: &Scope<'_>,
    ) -> Body {
        let mut body = Body::default();
        for structure in structures {
            if self.report.is_full() {
                break;
            }
            match structure {
                Structure::Attribute(node) => {
                    let attribute = self.attribute(node, scope);
                    body.attributes.extend(self.report.take(attribute));
                }
                Structure::Block(node) if node.has_ident("dynamic") => {
                    self.dynamic(node, scope, &mut body.blocks);
                }
                Structure::Block(node) => {
                    let block = self.block(node, scope);
                    body.blocks.extend(block);
                }
            }
        }
        body
    }

    fn attribute(&self, node: &AttributeNode, scope: &Scope<'_>) -> Eval<Attribute> {
        let value = self.evaluator.eval(&node.value, scope)?;
        Ok(Attribute {
            name: node.key.as_str().to_owned(),
            name_span: place(&node.key),
            value: value.into_value(),
            value_span: place(&node.value),
        })
    }

    fn block(&mut self, node: &Node, scope: &Scope<'_>) -> Option<Block> {
        let labels = node.labels.iter();
        let labels =
            labels.map(|label| Label { text: label.as_str().to_owned(), span: place(label) }).collect();
        let named =
            Named { kind: node.ident.as_str(), kind_span: place(&node.ident), labels, span: place(node) };
        self.make(named, &node.body, scope)
    }

    /// Counts and evaluates one block; nothing once there are too many.
    fn make(&mut self, named: Named<'_>, tree: &Tree, scope: &Scope<'_>) -> Option<Block> {
        self.made += 1;
        if self.made > MOST_BLOCKS {
            if self.made == MOST_BLOCKS + 1 {
                let summary = format!("the file comes to more than {MOST_BLOCKS} blocks");
                self.report.add(Diagnostic::at(named.kind_span, summary, "let `dynamic` blocks make fewer"));
            }
            return None;
        }
        let mut body = self.body(tree, scope);
        body.span = Span { start: named.kind_span.end.min(named.span.end), end: named.span.end };
        let Named { kind, kind_span, labels, span } = named;
        Some(Block { kind: kind.to_owned(), kind_span, labels, body, span })
    }
}

/// A block but for its body.
struct Named<'t> {
    kind: &'t str,
    kind_span: Span,
    labels: Vec<Label>,
    span: Span,
}
