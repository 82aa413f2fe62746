//! Agent configuration: plain HCL, or JSON, into the same [`Body`].
//!
//! Configuration is written in the older, simpler HCL: no expressions and no functions; a text such as
//! `{{ GetInterfaceIP "eth0" }}` or `${x}` is only text. `key { … }`, `key = { … }`, `key "label" { … }` and, in JSON,
//! `"key": { … }` and `"key": [{ … }]` all say the same, so every object becomes a block. Which of a block's nested
//! keys are labels only the reader of the block knows: JSON writes `"plugin": { "docker": { … } }`.

mod cursor;
mod parser;
mod text;

use crate::body::Body;
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

/// Parses agent configuration; a text whose first character is `{` is JSON.
///
/// # Errors
/// Every finding, in the order of the text.
pub fn parse_config(source: &Source) -> Result<Body, Vec<Diagnostic>> {
    parser::Parser::new(source).file().map(|mut body| {
        body.span = Span::new(0, source.text.len());
        body
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::number::Number;
    use crate::value::Value;

    fn parse(text: &str) -> Body {
        parse_config(&Source::new("agent.hcl", text)).unwrap()
    }

    fn errors(text: &str) -> Vec<String> {
        let source = Source::new("agent.hcl", text);
        parse_config(&source).unwrap_err().iter().map(|one| one.render(&source)).collect()
    }

    /// Blocks and attributes without their places.
    fn shape(body: &Body) -> String {
        let attributes = body.attributes.iter().map(|one| format!("{}={:?}", one.name, one.value));
        let blocks = body.blocks.iter().map(|block| {
            let labels: Vec<_> = block.labels.iter().map(|label| label.text.as_str()).collect();
            format!("{}{labels:?}{{{}}}", block.kind, shape(&block.body))
        });
        attributes.chain(blocks).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn objects_are_blocks_however_they_are_written() {
        let wanted = shape(&parse("server {\n  enabled = true\n}\n"));
        assert_eq!(shape(&parse("server = { enabled = true }")), wanted);
        assert_eq!(shape(&parse("\"server\" = { \"enabled\" = true, }")), wanted);
        assert_eq!(shape(&parse("{\"server\": {\"enabled\": true}}")), wanted);
        assert_eq!(shape(&parse("{\"server\": [{\"enabled\": true}]}")), wanted);
    }

    #[test]
    fn labels_and_quoted_keys_are_read() {
        let body = parse(
            "plugin \"docker\" {\n  config { \"a.b\" = 1 }\n}\nhost_volume \"x\" { path = \"/x\" read_only = true }\n",
        );
        assert_eq!(body.blocks[0].labels[0].text, "docker");
        assert_eq!(body.blocks[0].body.blocks[0].body.attributes[0].name, "a.b");
        assert_eq!(body.blocks[1].body.attributes.len(), 2);
    }

    #[test]
    fn templates_for_addresses_stay_text() {
        let body = parse("bind_addr = \"{{ GetInterfaceIP \\\"eth0\\\" }}\"\nx = \"${a \"b\"} c\"\n");
        assert_eq!(body.attributes[0].value.as_str(), Some("{{ GetInterfaceIP \"eth0\" }}"));
        assert_eq!(body.attributes[1].value.as_str(), Some("${a \"b\"} c"));
    }

    #[test]
    fn values_of_every_kind_are_read() {
        let body = parse(
            "# a\n// b\n/* c */ a = -1.5\nb = [1, \"x\", true,]\nc = 0x1F\nd = <<-EOF\n  one\n    two\n  EOF\ne = 1e3\n",
        );
        assert_eq!(body.attributes[0].value, Value::Number(Number::from_f64(-1.5).unwrap()));
        assert_eq!(
            body.attributes[1].value,
            Value::List(vec![Value::Number(1.into()), Value::String("x".into()), Value::Bool(true)])
        );
        assert_eq!(body.attributes[2].value, Value::Number(31.into()));
        assert_eq!(body.attributes[3].value.as_str(), Some("one\n  two\n"));
        assert_eq!(body.attributes[4].value, Value::Number(1000.into()));
    }

    #[test]
    fn json_texts_are_unescaped_as_json() {
        let body = parse("{\"a\": \"\\/\\b\\u00e4\\ud83d\\ude00\", \"n\": null, \"l\": []}");
        assert_eq!(body.attributes[0].value.as_str(), Some("/\u{8}ä😀"));
        assert_eq!(body.attributes[1].value, Value::Null);
        assert_eq!(body.attributes[2].value, Value::List(Vec::new()));
    }

    #[test]
    fn places_point_at_names_and_values() {
        let text = "server {\n  enabled = true\n}\n";
        let body = parse(text);
        let enabled = &body.blocks[0].body.attributes[0];
        assert_eq!(&text[enabled.name_span.start..enabled.name_span.end], "enabled");
        assert_eq!(&text[enabled.value_span.start..enabled.value_span.end], "true");
        assert_eq!(&text[body.blocks[0].span.start..body.blocks[0].span.end], text.trim_end());
    }

    #[test]
    fn every_fault_is_told_with_its_place() {
        let said = errors("a = yes\nb 1\nc = \"x\ny = \"\nd = [1 2]\n");
        let starts: Vec<_> = said.iter().map(|line| line.split(": ").next().unwrap()).collect();
        assert_eq!(
            starts,
            ["agent.hcl:1:5", "agent.hcl:2:3", "agent.hcl:3:5", "agent.hcl:4:5", "agent.hcl:5:8"],
            "{said:#?}"
        );
    }

    #[test]
    fn what_stays_open_and_what_comes_twice_is_refused() {
        assert_eq!(
            errors("server {\n  a = 1\n"),
            ["agent.hcl:1:8: this `{` is never closed; add the missing `}`"]
        );
        let said = errors("a = 1\na = 2\n");
        assert_eq!(said, ["agent.hcl:2:1: `a` is set twice; remove one of the two"]);
        assert!(errors("}")[0].contains("without its `{`"));
    }

    #[test]
    fn json_is_held_to_its_own_rules() {
        assert!(errors("{\"a\" = 1}")[0].contains("`:` is needed"), "{:?}", errors("{\"a\" = 1}"));
        assert!(errors("{\"a\": 1 \"b\": 2}")[0].contains("`,` is needed"));
        assert!(errors("{a: 1}")[0].contains("quote"));
        assert!(errors("{\"a\": 1} x")[0].contains("after the end"));
    }
}
