//! Blocks that are told apart by a label: `plugin "docker" {}`, in JSON also `"plugin": { "docker": {} }`.

use std::collections::BTreeMap;

use crate::block::Block;
use crate::field::Field;
use crate::reader::Reader;

/// The blocks of one kind by label; blocks of the same label merge.
#[derive(Clone, Debug, PartialEq)]
pub struct Labelled<T>(pub BTreeMap<String, T>);

impl<T> Default for Labelled<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Labelled<T> {
    fn put(&mut self, label: String, block: T)
    where
        T: Block,
    {
        let merged = match self.0.remove(&label) {
            Some(earlier) => earlier.merge(block),
            None => block,
        };
        self.0.insert(label, merged);
    }
}

impl<T: Block> Field for Labelled<T> {
    fn read(reader: &mut Reader<'_>, key: &'static str) -> Option<Self> {
        let mut all = Self::default();
        let blocks = reader.blocks(key);
        for block in &blocks {
            match block.labels.as_slice() {
                [label] => {
                    let name = format!("{key}.{}", label.text);
                    all.put(label.text.clone(), reader.inside(&name, block, T::read));
                }
                [] => {
                    for attribute in &block.body.attributes {
                        let summary = format!("`{key}` needs a label before `{}`", attribute.name);
                        reader.fault(attribute.name_span, summary, format!("write `{key} \"name\" {{ … }}`"));
                    }
                    for inner in &block.body.blocks {
                        let name = format!("{key}.{}", inner.kind);
                        all.put(inner.kind.clone(), reader.inside(&name, inner, T::read));
                    }
                }
                [_, second, ..] => {
                    let help = format!("write `{key} \"name\" {{ … }}`");
                    reader.fault(second.span, format!("`{key}` takes only one label"), help);
                }
            }
        }
        (!blocks.is_empty()).then_some(all)
    }

    fn merge(mut self, later: Self) -> Self {
        later.0.into_iter().for_each(|(label, block)| self.put(label, block));
        self
    }
}
