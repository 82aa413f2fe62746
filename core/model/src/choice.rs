//! Enums that the contract writes as texts.

/// A text that is none of the choices a field has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{text}`; expected one of: {}", .expected.join(", "))]
pub struct ChoiceError {
    pub what: &'static str,
    pub text: String,
    pub expected: &'static [&'static str],
}

/// Declares an enum, its texts, and reading it back. The variant marked `#[default]` is what an absent text means.
macro_rules! choice {
    (
        $(#[$meta:meta])*
        $name:ident ($what:literal) {
            $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)*
        }

        impl $name {
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::choice::ChoiceError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err(crate::choice::ChoiceError {
                        what: $what,
                        text: text.to_owned(),
                        expected: &[$($text),*],
                    }),
                }
            }
        }
    };
}

pub(crate) use choice;
