//! Lists of capabilities.

use muster_hcl::{Attribute, Span, Value, closest};

use super::Reader;
use crate::held::{Capabilities, Held};
use crate::policy::levels::with_implied;
use crate::{Capability, Scope};

const DENY: &str = "deny";

impl Reader<'_> {
    /// What the list holds; with `deny` in it nothing, and for good.
    pub(super) fn capabilities(&mut self, scope: Scope, list: &Attribute) -> Held {
        let Value::List(items) = &list.value else {
            let help = "write a list, such as `[\"…\"]`";
            self.fault(
                list.value_span,
                format!("`{}` is a {}, not a list", list.name, list.value.kind()),
                help,
            );
            return Held::default();
        };
        let (mut all, mut denied) = (Capabilities::default(), false);
        for item in items {
            match item {
                Value::String(word) if word == DENY => denied = true,
                Value::String(word) => {
                    if let Some(capability) = self.capability(scope, word, list) {
                        all.add(with_implied(capability));
                    }
                }
                other => {
                    let summary = format!("`{}` holds a {}", list.name, other.kind());
                    self.fault(list.value_span, summary, "write capabilities as texts");
                }
            }
        }
        if denied { Held::DENIED } else { Held::new(all) }
    }

    fn capability(&mut self, scope: Scope, word: &str, list: &Attribute) -> Option<Capability> {
        let found = Capability::listed(scope).find(|one| one.word() == word);
        if found.is_none() {
            let words: Vec<&str> = Capability::listed(scope).map(Capability::word).chain([DENY]).collect();
            let help = match closest(word, words.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("use one of {}", words.join(", ")),
            };
            self.fault(
                self.place_within(list.value_span, word),
                format!("`{word}` is no capability here"),
                help,
            );
        }
        found
    }

    /// Where a text stands within a list; the list where it is written with escapes.
    fn place_within(&self, list: Span, word: &str) -> Span {
        let quoted = format!("\"{word}\"");
        let at = self.source.slice(list).find(&quoted);
        at.map_or(list, |at| Span::new(list.start + at, list.start + at + quoted.len()))
    }
}
