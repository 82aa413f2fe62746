//! What is printed parses again, and nothing makes the parser fall over.
#![allow(clippy::unwrap_used, reason = "tests")]

use muster_filter::{Each, Expr, Filter, Fuel, Match, Noun, Selector, Test, parse};
use proptest::prelude::*;

/// Any text, with a liking for what the language itself is made of. Built of characters: patterns are slow here.
fn text(max: usize) -> impl Strategy<Value = String> {
    let own: Vec<char> = "aZ09_/.-~ \"`\\(){}[],=!\n\t'é".chars().collect();
    let c = prop_oneof![4 => prop::sample::select(own), 1 => any::<char>()];
    prop::collection::vec(c, 0..max).prop_map(|chars| chars.into_iter().collect())
}

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "Status", "not", "any", "is", "in", "as", "x_1", "a/b"])
        .prop_map(str::to_owned)
}

fn selector() -> impl Strategy<Value = Selector> {
    let part = prop_oneof![3 => word(), 1 => text(6)];
    prop::collection::vec(part, 1..4).prop_map(|parts| Selector { parts, at: 0 })
}

fn question() -> impl Strategy<Value = Expr> {
    let pattern = prop::sample::select(vec!["", "a", "^a.*$", "[0-9]+", "\\.\"", "x|y"]);
    let test = prop_oneof![
        text(12).prop_map(Test::Equals),
        text(12).prop_map(Test::Holds),
        Just(Test::Empty),
        pattern.prop_map(|text| Test::Matches(regex::Regex::new(text).unwrap())),
    ];
    (selector(), any::<bool>(), test)
        .prop_map(|(selector, negated, test)| Expr::Match(Match { selector, negated, test }))
}

fn expression() -> impl Strategy<Value = Expr> {
    question().prop_recursive(4, 24, 3, |inner| {
        let terms = || prop::collection::vec(inner.clone(), 2..4);
        let name = || prop::sample::select(vec!["_", "a", "k", "v_1"]).prop_map(str::to_owned);
        let each = (any::<bool>(), selector(), name(), prop::option::of(name()), inner.clone()).prop_map(
            |(all, selector, first, second, body)| {
                Expr::Each(Each { all, selector, names: (first, second), body: Box::new(body) })
            },
        );
        prop_oneof![
            terms().prop_map(Expr::Or),
            terms().prop_map(Expr::And),
            inner.clone().prop_map(|inner| Expr::Not(Box::new(inner))),
            each,
        ]
    })
}

proptest! {
    #[test]
    fn printed_expressions_parse_to_what_they_were(expr in expression()) {
        let text = expr.to_string();
        let parsed = parse(&text);
        prop_assert!(parsed.is_ok(), "{text}: {parsed:?}");
        prop_assert_eq!(parsed.unwrap().to_string(), text);
    }

    #[test]
    fn any_text_is_parsed_or_refused(text in text(60)) {
        if let Err(error) = parse(&text) {
            prop_assert!(error.offset <= text.len(), "{error}");
            prop_assert!(error.line >= 1 && error.column >= 1);
        }
    }

    #[test]
    fn asking_anything_of_anything_ends(expr in expression(), number in any::<i64>(), word in text(8)) {
        let noun = Noun::of::<std::collections::BTreeMap<String, serde_json::Value>>().unwrap();
        let value = serde_json::json!({"a": number, "b": [word.clone(), {"c": word}], "c": {"d": null}});
        if let Ok(filter) = Filter::new(&expr.to_string(), &noun) {
            let _verdict = filter.matches(&value, &mut Fuel::new(10_000));
        }
    }
}
