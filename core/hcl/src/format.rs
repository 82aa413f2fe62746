//! The one way to lay out HCL, as `fmt` writes it. Works on tokens, line by line:
//!
//! ```text
//!   text ─ lines ─► lead │ = value │ comment ─ indent ─► spaces ─► align = and comments of neighbouring lines
//! ```
//!
//! Only blanks within lines change. Line breaks, comments, strings and heredocs stay byte for byte, so the text means
//! the same afterwards; formatting twice is formatting once.

mod lines;
mod spaces;

use self::lines::{Line, Piece};
use crate::diagnostic::Diagnostic;
use crate::source::Source;
use crate::syntax;

/// The text laid out.
///
/// # Errors
/// What is wrong with the syntax: a text that does not parse is not touched.
pub fn format(source: &Source) -> Result<String, Vec<Diagnostic>> {
    syntax::parse(source)?;
    let mut lines = lines::split(&source.text);
    indent(&mut lines);
    lines.iter_mut().for_each(Line::space);
    align(&mut lines, |line| line.assign, |line, at| line.width(0, at));
    align(&mut lines, |line| line.comment, |line, at| line.width(0, at));
    Ok(join(&lines, &source.text))
}

/// Two blanks for each line that left brackets open. A line that closes as much as it opens stays at the level of
/// what is around it.
fn indent(lines: &mut [Line]) {
    let mut open: Vec<usize> = Vec::new();
    for line in lines {
        let (opened, closed) = line.net_brackets();
        let mut closed = closed;
        while closed > 0 {
            let Some(last) = open.pop() else { break };
            if last > closed {
                open.push(last - closed);
                break;
            }
            closed -= last;
        }
        line.indent = 2 * open.len();
        if opened > 0 {
            open.push(opened);
        }
    }
}

/// Gives the piece that `which` names the same column in all neighbouring lines that have it.
fn align(lines: &mut [Line], which: fn(&Line) -> Option<usize>, width: fn(&Line, usize) -> usize) {
    let mut rest = lines;
    while !rest.is_empty() {
        let run = rest.iter().take_while(|line| which(line).is_some()).count();
        // A value of several lines ends the run with itself.
        let run = rest.iter().take(run).position(|line| line.spans_lines).map_or(run, |at| at + 1);
        let (chain, after) = rest.split_at_mut(run.max(1));
        let column = chain.iter().filter_map(|line| Some(width(line, which(line)?))).max().unwrap_or(0);
        for line in chain {
            let Some(at) = which(line) else { continue };
            let missing = column.saturating_sub(width(line, at));
            if let Some(piece) = line.pieces.get_mut(at) {
                piece.before = missing + 1;
            }
        }
        rest = after;
    }
}

fn join(lines: &[Line], text: &str) -> String {
    let slice = |piece: &Piece| text.get(piece.span.start..piece.span.end).unwrap_or("");
    let mut out = String::with_capacity(text.len());
    for line in lines {
        for (at, piece) in line.pieces.iter().enumerate() {
            let before = if at == 0 { line.indent } else { piece.before };
            out.extend(std::iter::repeat_n(' ', before));
            out.push_str(slice(piece));
        }
        out.push_str(text.get(line.line_break.start..line.line_break.end).unwrap_or(""));
    }
    out
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn formatted(text: &str) -> String {
        format(&Source::new("x", text)).unwrap()
    }

    /// Each pair: as written, as laid out.
    const CASES: &[(&str, &str)] = &[
        ("a=1\nbcd  =  2\n", "a   = 1\nbcd = 2\n"),
        ("a = 1\n\nbcd = 2\n", "a = 1\n\nbcd = 2\n"),
        (
            "job   \"x\"{\ngroup \"g\"   {\n      count=1\n}\n}\n",
            "job \"x\" {\n  group \"g\" {\n    count = 1\n  }\n}\n",
        ),
        ("a = 1 # one\nbb = 22   // two\n", "a  = 1  # one\nbb = 22 // two\n"),
        ("  # alone\na=[\n1,2,\n   3 ]\n", "# alone\na = [\n  1, 2,\n3]\n"),
        ("x = {a=1,b=2}\n", "x = { a = 1, b = 2 }\n"),
        ("x={}\ny=[ ]\nz { }\n", "x = {}\ny = []\nz {}\n"),
        ("a=b?c:d\n", "a = b ? c : d\n"),
        ("a=!b&&-c>-1||d -  -1\n", "a = !b && -c > -1 || d - -1\n"),
        ("a=[for k,v in x:upper( k )if v!=null]\n", "a = [for k, v in x : upper(k) if v != null]\n"),
        ("a={for k in x:k=>k...}\n", "a = { for k in x : k => k... }\n"),
        ("a=x[0] .b [\"c\"].*. d[ * ]\n", "a = x[0].b[\"c\"].*.d[*]\n"),
        ("a=\"x${ y }z\"\n", "a = \"x${ y }z\"\n"),
        ("a=<<-EOF\n      x  =  1\n   EOF\nbcd=2\n", "a = <<-EOF\n      x  =  1\n   EOF\nbcd = 2\n"),
        ("a = [{\nb=1\n},{\nb=2\n}]\n", "a = [{\n  b = 1\n  }, {\n  b = 2\n}]\n"),
        ("a = 1\nb = {\nccc = 1\n}\nlonger = 2\n", "a = 1\nb = {\n  ccc = 1\n}\nlonger = 2\n"),
        ("a=f(1,\n2)\n", "a = f(1,\n2)\n"),
        ("a {\r\nb=1\r\n}\r\n", "a {\r\n  b = 1\r\n}\r\n"),
        ("a=1", "a = 1"),
        ("a = /* x */ 1\n", "a = /* x */ 1\n"),
        ("x = [\"a\",]\n", "x = [\"a\", ]\n"),
        ("a = (1+2)*3\n", "a = (1 + 2) * 3\n"),
        ("   \n\ta=1\t\n", "\na = 1\n"),
    ];

    #[test]
    fn texts_are_laid_out_and_then_stay() {
        for (text, wanted) in CASES {
            assert_eq!(formatted(text), *wanted, "{text:?}");
            assert_eq!(formatted(wanted), *wanted, "again: {text:?}");
        }
    }

    #[test]
    fn what_does_not_parse_is_not_touched() {
        assert!(format(&Source::new("x", "a = = 1\n")).is_err());
    }
}
