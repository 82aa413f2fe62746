//! What a block is, and the macro that declares one: the list of its keys is the only place that names them.

use crate::field::Field;
use crate::reader::Reader;

/// A block of configuration, every key optional.
pub(crate) trait Block: Default {
    /// Takes the block's keys from the reader; what it does not take is unknown.
    fn read(reader: &mut Reader<'_>) -> Self;

    /// This block with a later one laid over it.
    fn merge(self, later: Self) -> Self;
}

/// A later value over an earlier one, where either may be absent.
pub(crate) fn merge_optional<T: Field>(earlier: Option<T>, later: Option<T>) -> Option<T> {
    match (earlier, later) {
        (Some(earlier), Some(later)) => Some(earlier.merge(later)),
        (earlier, later) => later.or(earlier),
    }
}

/// Declares a block: fields that are decided, then keys and blocks that are known but have no effect yet.
macro_rules! block {
    (
        $(#[$doc:meta])* $name:ident {
            $($(#[$field_doc:meta])* $field:ident: $kind:ty,)*
        }
        no_effect { $($key:literal)* $(@ $inert:path)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: Option<$kind>,)*
        }

        impl $crate::block::Block for $name {
            fn read(reader: &mut $crate::reader::Reader<'_>) -> Self {
                let block = Self {
                    $($field: <$kind as $crate::field::Field>::read(reader, stringify!($field)),)*
                };
                $(reader.no_effect($key);)*
                $(reader.block_without_effect(&$inert);)*
                block
            }

            fn merge(self, later: Self) -> Self {
                Self {
                    $($field: $crate::block::merge_optional(self.$field, later.$field),)*
                }
            }
        }
    };
}
