//! A template as its parts, with `~` applied.
//!
//! Trimming as HCL does it: `~` removes the white space of the neighbouring text, which in a heredoc reaches to the
//! end of that line and not into the next.

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::template::{Directive, Element, ForDirective, IfDirective, Strip, Template};

use crate::source::{Source, Span};
use crate::syntax::unescape;

pub(super) enum Part<'t> {
    Text(String),
    Value(&'t Expression),
    If { condition: &'t Expression, then: Vec<Self>, otherwise: Vec<Self> },
    For(Loop<'t>),
}

pub(super) struct Loop<'t> {
    pub key: Option<&'t str>,
    pub value: &'t str,
    pub collection: &'t Expression,
    pub body: Vec<Part<'t>>,
}

/// How the texts of a template are written.
#[derive(Clone, Copy)]
pub(super) enum Quoting<'s> {
    Quoted,
    /// Line by line, from the source: the parser has taken the indentation off its copies already, and wrongly
    /// where a line begins without any.
    Heredoc(&'s Source),
}

pub(super) fn parts<'t>(template: &'t Template, quoting: Quoting<'_>) -> Vec<Part<'t>> {
    body(template, quoting, false, false, false)
}

/// `before` and `after`: whether a `~` faces this template from outside its first and last text.
fn body<'t>(
    template: &'t Template,
    quoting: Quoting<'_>,
    nested: bool,
    before: bool,
    after: bool,
) -> Vec<Part<'t>> {
    let mut parts = Vec::new();
    let mut trim_start = before;
    let mut elements = template.iter().peekable();
    while let Some(element) = elements.next() {
        let trim_end = elements.peek().map_or(after, |next| faces_left(next));
        match element {
            Element::Literal(literal) => texts(literal, quoting, nested, &mut parts),
            Element::Interpolation(value) => parts.push(Part::Value(&value.expr)),
            Element::Directive(directive) => parts.push(directive_part(directive, quoting)),
        }
        if let Element::Literal(_) = element {
            trim(&mut parts, trim_start, trim_end);
        }
        trim_start = faces_right(element);
    }
    parts
}

fn directive_part<'t>(directive: &'t Directive, quoting: Quoting<'_>) -> Part<'t> {
    match directive {
        Directive::If(directive) => if_part(directive, quoting),
        Directive::For(directive) => for_part(directive, quoting),
    }
}

fn if_part<'t>(directive: &'t IfDirective, quoting: Quoting<'_>) -> Part<'t> {
    let (first, last) = (&directive.if_expr, &directive.endif_expr);
    let middle = directive.else_expr.as_ref();
    let then_after = middle.map_or(last.strip, |middle| middle.strip).strip_start();
    let then = body(&first.template, quoting, true, first.strip.strip_end(), then_after);
    let otherwise = middle.map(|middle| {
        body(&middle.template, quoting, true, middle.strip.strip_end(), last.strip.strip_start())
    });
    Part::If { condition: &first.cond_expr, then, otherwise: otherwise.unwrap_or_default() }
}

fn for_part<'t>(directive: &'t ForDirective, quoting: Quoting<'_>) -> Part<'t> {
    let (first, last) = (&directive.for_expr, &directive.endfor_expr);
    Part::For(Loop {
        key: first.key_var.as_ref().map(|name| name.as_str()),
        value: first.value_var.as_str(),
        collection: &first.collection_expr,
        body: body(&first.template, quoting, true, first.strip.strip_end(), last.strip.strip_start()),
    })
}

/// The texts of one literal: as a whole when quoted, a line each in a heredoc.
fn texts(literal: &hcl_edit::Spanned<String>, quoting: Quoting<'_>, nested: bool, parts: &mut Vec<Part<'_>>) {
    match quoting {
        // The parser undoes escapes everywhere but inside directives.
        Quoting::Quoted if nested => parts.push(Part::Text(unescape::quoted(literal.value()))),
        Quoting::Quoted => parts.push(Part::Text(literal.value().clone())),
        Quoting::Heredoc(source) => {
            let span = literal.span().map(Span::from).unwrap_or_default();
            let lines = source.slice(span).split_inclusive('\n');
            parts.extend(lines.map(|line| Part::Text(unescape::markers(line))));
        }
    }
}

/// Trims the texts a literal has just become: of several lines only the first and the last have neighbours.
fn trim(parts: &mut [Part<'_>], start: bool, end: bool) {
    let added = parts.iter().rev().take_while(|part| matches!(part, Part::Text(_))).count();
    let first = parts.len().saturating_sub(added);
    if let (true, Some(Part::Text(text))) = (start, parts.get_mut(first)) {
        *text = text.trim_start().to_owned();
    }
    if let (true, Some(Part::Text(text))) = (end, parts.last_mut()) {
        text.truncate(text.trim_end().len());
    }
}

fn faces_left(element: &Element) -> bool {
    outer_strips(element).is_some_and(|(left, _)| left.strip_start())
}

fn faces_right(element: &Element) -> bool {
    outer_strips(element).is_some_and(|(_, right)| right.strip_end())
}

/// The strips of an element's first and last marker.
fn outer_strips(element: &Element) -> Option<(Strip, Strip)> {
    match element {
        Element::Literal(_) => None,
        Element::Interpolation(value) => Some((value.strip, value.strip)),
        Element::Directive(directive) => Some(match &**directive {
            Directive::If(directive) => (directive.if_expr.strip, directive.endif_expr.strip),
            Directive::For(directive) => (directive.for_expr.strip, directive.endfor_expr.strip),
        }),
    }
}
