//! Whatever the text: no panic, an end soon, and the same answer twice.

#![expect(clippy::unwrap_used, reason = "tests")]

use muster_hcl::{Inputs, Source, evaluate_job_file, format as lay_out, outline, parse_config};
use proptest::prelude::*;

fn refused(text: String) -> String {
    let source = Source::new("x", text);
    let all = evaluate_job_file(&source, &Inputs::default()).unwrap_err();
    all[0].render(&source)
}

#[test]
fn texts_that_double_run_into_the_limit() {
    let mut text = String::from("locals {\n  a0 = \"xxxxxxxxxxxxxxxx\"\n");
    for level in 1..60 {
        text.push_str(&format!("  a{level} = \"${{local.a{0}}}${{local.a{0}}}\"\n", level - 1));
    }
    assert!(refused(text + "}\n").contains("more work or makes more data"));
}

#[test]
fn values_that_double_run_into_the_limit() {
    let mut text = String::from("locals {\n  a0 = [1]\n");
    for level in 1..60 {
        text.push_str(&format!("  a{level} = [local.a{0}, local.a{0}]\n", level - 1));
    }
    assert!(refused(text + "}\n").contains("more work or makes more data"));
}

#[test]
fn loops_and_functions_run_into_the_limit() {
    for expression in [
        "[for a in range(10000) : [for b in range(10000) : b]]",
        "setproduct(range(1000), range(1000), range(1000), range(1000))",
        "indent(1000000000, \"a\\nb\\nc\")",
        "[for a in range(100000) : regexall(\"a{900}${a}\", \"a\")]",
        "replace(replace(format(\"%1000s\", \"\"), \" \", format(\"%1000s\", \"\")), \" \", format(\"%1000s\", \"\"))",
        "\"%{ for a in range(100000) }%{ for b in range(100000) }x%{ endfor }%{ endfor }\"",
        "formatlist(\"%1000d\", range(1000000))",
    ] {
        let said = refused(format!("x = {expression}\n"));
        assert!(said.contains("than is allowed") || said.contains("more data"), "{expression}: {said}");
    }
}

/// Of a text that runs into a limit this is told once, however much comes after it.
#[test]
fn a_limit_is_told_once() {
    let mut text = String::from("locals {\n");
    for number in 0..50 {
        text.push_str(&format!("  a{number} = [for a in range(100000) : [for b in range(100000) : b]]\n"));
    }
    text.push_str("}\nx = local.a1\ny = range(100000)\n");
    let source = Source::new("x", text);
    let all = evaluate_job_file(&source, &Inputs::default()).unwrap_err();
    assert_eq!(all.len(), 1, "{all:?}");
}

#[test]
fn a_million_nested_blocks_end_in_one_message() {
    nested("a {\n", 1_000_000);
    for open in ["[", "(", "{", "a \"b\" {\n", "\"${", "%{", "<<E\n${"] {
        nested(open, 50_000);
    }
}

/// Both never closed, and closed by braces whatever was opened.
fn nested(open: &str, levels: usize) {
    for close in ["", "}\n"] {
        let first = if open.starts_with('a') { "1\n" } else { "" };
        let text = format!("x = {first}{}{}", open.repeat(levels), close.repeat(levels));
        let source = Source::new("x", text);
        let all = evaluate_job_file(&source, &Inputs::default()).unwrap_err();
        assert!(all.len() <= 20, "{open:?}: {} findings", all.len());
        let shown: usize = all.iter().map(|one| one.explain(&source).len()).sum();
        assert!(shown < 20_000, "{open:?}: {shown} bytes");
        let _ = parse_config(&source);
        let _ = outline(&source);
    }
}

#[test]
fn strings_of_many_megabytes_are_read_or_refused_soon() {
    let long = "ä".repeat(5_000_000);
    let body = evaluate_job_file(&Source::new("x", format!("x = \"{long}\"\n")), &Inputs::default()).unwrap();
    assert_eq!(body.attributes.len(), 1);
    let heredoc = format!("x = <<-E\n  {}\n  E\n", "ä".repeat(1_000_000));
    assert!(evaluate_job_file(&Source::new("x", heredoc), &Inputs::default()).is_ok());
    let unclosed = Source::new("x", format!("x = \"{long}"));
    let said = evaluate_job_file(&unclosed, &Inputs::default()).unwrap_err();
    assert!(said[0].explain(&unclosed).len() < 1_000);
    assert!(refused("x".repeat(17 << 20)).contains("larger than 16 MiB"));
}

#[test]
fn a_thousand_errors_are_told_in_part_and_soon() {
    for line in ["a = = 1\n", "b = \"x\n", "}\n", "c = [}\n", "d 1\n"] {
        let source = Source::new("x", line.repeat(20_000));
        let all = evaluate_job_file(&source, &Inputs::default()).unwrap_err();
        assert!((1..=40).contains(&all.len()), "{line:?}: {}", all.len());
    }
}

#[test]
fn costly_functions_are_paid_for() {
    for expression in [
        "[for a in range(1000) : bcrypt(\"x${a}\", 13)]",
        "[for a in range(100000) : yamldecode(\"{a: [1, 2, 3, 4, 5, 6, 7, 8, 9]}\")]",
        "[for a in range(100000) : rsadecrypt(\"aGk=\", \"x\")]",
        "regexall(\"\", format(\"%1000s\", join(\"\", formatlist(\"%1000d\", range(20000)))))",
    ] {
        let seeded = Inputs { seed: Some([1; 16]), ..Inputs::default() };
        let source = Source::new("x", format!("x = {expression}\n"));
        let all = evaluate_job_file(&source, &seeded);
        if let Err(all) = all {
            assert_eq!(all.len(), 1, "{expression}");
        }
    }
}

#[test]
fn yaml_that_doubles_by_reference_is_refused() {
    let mut yaml = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\\n");
    for level in 1..12 {
        yaml.push_str(&format!(
            "a{level}: &a{level} [{}]\\n",
            vec![format!("*a{}", level - 1); 9].join(", ")
        ));
    }
    let said = refused(format!("x = yamldecode(\"{yaml}\")\n"));
    assert!(said.contains("this is not YAML") || said.contains("than is allowed"), "{said}");
}

#[test]
fn dynamic_blocks_are_counted() {
    let inner = "dynamic \"b\" {\n for_each = range(1000)\n content {}\n}\n";
    let said = refused(format!("dynamic \"a\" {{\n for_each = range(1000)\n content {{\n{inner}}}\n}}\n"));
    assert!(said.contains("more than 100000 blocks"), "{said}");
}

#[test]
fn as_many_blocks_as_are_allowed_fit_into_the_work_that_is_allowed() {
    let inner = "dynamic \"port\" {\n for_each = range(980)\n labels = [\"p${port.value}\"]\n content {\n static = port.value + 1000\n to = 80\n }\n}\n";
    let text = format!("dynamic \"group\" {{\n for_each = range(100)\n content {{\n{inner}}}\n}}\n");
    let body = evaluate_job_file(&Source::new("x", text), &Inputs::default()).unwrap();
    assert_eq!(body.blocks.iter().map(|group| group.body.blocks.len()).sum::<usize>(), 98_000);
}

#[test]
fn deep_texts_end_in_a_message_and_not_on_the_stack() {
    let deep = |open: &str, close: &str, levels: usize| {
        format!("x = {}1{}\n", open.repeat(levels), close.repeat(levels))
    };
    for levels in [12, 15, 20, 30, 60, 64, 100, 10_000] {
        for (open, close) in [
            ("(", ")"),
            ("[", "]"),
            ("{a=", "}"),
            ("!", ""),
            ("-", ""),
            ("\"${", "}\""),
            ("try(", ")"),
            ("(1+", ")"),
            ("[for a in [1] : ", "]"),
            ("{for a in [1] : a => ", "}"),
            ("[{a=(\"${", "}\")}]"),
            ("\"%{if true}${", "}%{endif}\""),
            ("[1][*]", ""),
            ("abs(", ")"),
            ("true?", ":0"),
        ] {
            let _ = evaluate_job_file(&Source::new("x", deep(open, close, levels)), &Inputs::default());
        }
        let blocks = format!("{}{}", "a {\n".repeat(levels), "}\n".repeat(levels));
        let _ = evaluate_job_file(&Source::new("x", blocks), &Inputs::default());
        let splats = format!("x = a{0}\ny = [1]{0}\n", "[*]".repeat(levels));
        let _ = evaluate_job_file(&Source::new("x", splats), &Inputs::default());
        let chain = format!("x = 1{}\n", " + 1".repeat(levels));
        let _ = evaluate_job_file(&Source::new("x", chain), &Inputs::default());
        let config = format!("{}{}", "a {\n".repeat(levels), "}\n".repeat(levels));
        let _ = parse_config(&Source::new("x", config));
        let _ =
            parse_config(&Source::new("x", format!("a = {}{}\n", "[".repeat(levels), "]".repeat(levels))));
        let _ =
            parse_config(&Source::new("x", format!("{}{}\n", "{\"a\":".repeat(levels), "}".repeat(levels))));
    }
}

#[test]
fn values_that_grow_deeper_local_by_local_are_refused() {
    let mut text = String::from("locals {\n  a0 = []\n");
    for level in 1..2_000 {
        text.push_str(&format!("  a{level} = [local.a{}]\n", level - 1));
    }
    assert!(refused(text + "}\n").contains("nested too deeply"));
}

/// Fragments that are likely to reach beyond the first error.
fn fragment() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "job",
        "variable",
        "locals",
        "dynamic",
        "content",
        "for_each",
        "labels",
        "var.x",
        "local.y",
        "node.class",
        "=",
        "==",
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "\"",
        "\n",
        "${",
        "%{",
        "~}",
        "if ",
        "for x in ",
        "endif",
        "endfor",
        ":",
        "?",
        "...",
        "*",
        ".",
        "[*]",
        "<<EOF\n",
        "<<-E\n",
        "E",
        "EOF\n",
        "a",
        "b = 1\n",
        "\"s\"",
        "1",
        "-",
        "1.5e3",
        "null",
        "true",
        "upper(",
        "format(",
        "merge(",
        "#",
        "/*",
        "*/",
        "\\",
        "$${",
        ",",
        "é",
        "\u{feff}",
        "\r\n",
        " ",
        "range(",
        "try(",
        "type = number\n",
        "default = 1\n",
        "=>",
        "&&",
        "!",
    ]);
    prop::collection::vec(words, 0..40).prop_map(|words| words.concat())
}

fn config_fragment() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "a", "server", "=", ":", "{", "}", "[", "]", "\"k\"", "\"", "\n", ",", "1", "-1.5", "0x1F", "true",
        "null", "<<EOF\n", "EOF\n", "#", "//", "/*", "*/", "${", "{{", "}}", "\\", "\\u00e4", "é",
        "\u{feff}", " ", "\"a\": ", "\"x\" {", "b = 1\n",
    ]);
    prop::collection::vec(words, 0..40).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,60}") {
        let source = Source::new("x", text);
        let _ = evaluate_job_file(&source, &Inputs::default());
        let _ = parse_config(&source);
        let _ = outline(&source);
    }

    #[test]
    fn likely_text_never_panics_and_evaluates_the_same_twice(text in fragment()) {
        let source = Source::new("x", text);
        let first = evaluate_job_file(&source, &Inputs::default());
        if let Err(all) = &first {
            prop_assert!(!all.is_empty());
            for one in all {
                let _ = one.render(&source);
            }
        }
        prop_assert_eq!(first, evaluate_job_file(&source, &Inputs::default()));
        if let Ok(formatted) = lay_out(&source) {
            prop_assert_eq!(lay_out(&Source::new("x", formatted.clone())), Ok(formatted));
        }
    }

    #[test]
    fn likely_configuration_never_panics_and_parses_the_same_twice(text in config_fragment()) {
        let source = Source::new("x", text);
        let first = parse_config(&source);
        if let Err(all) = &first {
            prop_assert!(!all.is_empty());
            for one in all {
                let _ = one.render(&source);
            }
        }
        prop_assert_eq!(first, parse_config(&source));
    }

    #[test]
    fn quoted_texts_come_back_as_they_were(text in "[^\\p{C}]{0,40}") {
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "$${").replace("%{", "%%{");
        let source = Source::new("x", format!("x = \"{quoted}\"\n"));
        let body = evaluate_job_file(&source, &Inputs::default()).unwrap();
        // A dollar before an escaped marker cannot be told from the escape itself.
        prop_assume!(!text.contains("$${") && !text.contains("%%{"));
        prop_assert_eq!(body.attribute("x").unwrap().value.as_str(), Some(text.as_str()));
    }

    #[test]
    fn whole_numbers_are_exact(a in any::<i64>(), b in any::<i64>()) {
        let source = Source::new("x", format!("x = ({a}) + ({b}) - ({b})\n"));
        let body = evaluate_job_file(&source, &Inputs::default()).unwrap();
        let sum = i128::from(a) + i128::from(b);
        if i64::try_from(sum).is_ok() {
            prop_assert_eq!(&body.attribute("x").unwrap().value, &muster_hcl::Value::Number(a.into()));
        }
    }
}
