//! Replaces `${name}` and `${env["NAME"]}` in a text.

/// Copies the text with each known reference replaced. Replacements are not searched again, so a value can never
/// smuggle in a reference.
pub fn replace<'a>(text: &str, resolve: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, reference)) = rest.split_once("${") {
        out.push_str(before);
        let Some((inside, after)) = reference.split_once('}') else {
            out.push_str("${");
            rest = reference;
            continue;
        };
        match resolve(name_of(inside)) {
            Some(value) => {
                out.push_str(value);
                rest = after;
            }
            None => {
                out.push_str("${");
                rest = reference;
            }
        }
    }
    out.push_str(rest);
    out
}

/// `env["NAME"]` names `NAME`; anything else names itself.
fn name_of(inside: &str) -> &str {
    let inside = inside.trim();
    let quoted = inside.strip_prefix("env[\"").and_then(|name| name.strip_suffix("\"]"));
    quoted.unwrap_or(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str) -> String {
        replace(text, |name| match name {
            "A" => Some("1"),
            "attr.a.b" => Some("x"),
            "LOOP" => Some("${A}"),
            _ => None,
        })
    }

    #[test]
    fn known_references_are_replaced_and_others_kept() {
        for (text, want) in [
            ("", ""),
            ("plain", "plain"),
            ("${A}", "1"),
            ("${A}${A}-${attr.a.b}", "11-x"),
            ("${ A }", "1"),
            ("${env[\"A\"]}", "1"),
            ("${nope}", "${nope}"),
            ("${nope ${A}}", "${nope 1}"),
            ("${A", "${A"),
            ("$A {A} $${", "$A {A} $${"),
            ("${LOOP}", "${A}"),
        ] {
            assert_eq!(run(text), want, "{text}");
        }
    }
}
