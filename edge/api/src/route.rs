//! A row of the route table.

use std::fmt;

use muster_acl::Requirement;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::table::RouteId;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Put,
    Post,
    Delete,
}

/// Every method that routes have.
pub const METHODS: [Method; 4] = [Method::Get, Method::Put, Method::Post, Method::Delete];

impl Method {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "GET" => Some(Self::Get),
            "PUT" => Some(Self::Put),
            "POST" => Some(Self::Post),
            "DELETE" => Some(Self::Delete),
            _ => None,
        }
    }

    #[must_use]
    pub const fn writes(self) -> bool {
        !matches!(self, Self::Get)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One route, as data.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub id: RouteId,
    /// All of them mean the same; the SDK uses the first.
    pub methods: &'static [Method],
    /// Literal segments and `{name}` captures; `{*name}` captures one or more segments.
    pub pattern: &'static str,
    pub requires: Requirement,
    /// Whether `index` and `wait` are honoured.
    pub blocking: bool,
    /// Which of the parameters that lists share are honoured.
    pub takes: &'static [Takes],
    /// Further query parameters, each with its meaning in the OpenAPI document.
    pub query: &'static [&'static str],
    /// One line for the OpenAPI document.
    pub about: &'static str,
}

/// A parameter that many lists share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// `per_page` and `next_token`.
    Page,
    Filter,
    Prefix,
    Reverse,
}

/// The type side of a row.
pub trait Route {
    const ID: RouteId;
    /// The JSON body. `()` where a body is neither expected nor read.
    type Input: Serialize + DeserializeOwned + Send;
    /// The JSON answer. `()` is an empty body.
    type Output: Serialize + DeserializeOwned + Send;

    #[must_use]
    fn row() -> &'static Row {
        Self::ID.row()
    }
}

/// Declares the table: rows, the [`RouteId`] enum, and a type per route. A row without `requires` does not compile;
/// `requires: public` is written out.
#[macro_export]
macro_rules! routes {
    ($(
        #[doc = $about:literal]
        $name:ident: $($method:ident)|+ $pattern:literal, ($input:ty) -> $output:ty,
        requires $requires:tt $(, $($trait:ident)+)? $(& [$($query:ident)+])?;
    )*) => {
        /// Names every row of [`ROUTES`], so that dispatch is an exhaustive `match`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum RouteId { $(#[doc = $about] $name),* }

        impl RouteId {
            #[must_use]
            pub const fn row(self) -> &'static $crate::route::Row {
                match self {
                    $(Self::$name => {
                        const ROW: $crate::route::Row = $crate::route::Row {
                            id: RouteId::$name,
                            methods: &[$($crate::route::Method::$method),+],
                            pattern: $pattern,
                            requires: $crate::routes!(@requires $requires),
                            blocking: $crate::routes!(@blocking $($($trait)+)?),
                            takes: $crate::routes!(@takes [] $($($trait)+)?),
                            query: &[$($(stringify!($query)),+)?],
                            about: $about,
                        };
                        &ROW
                    })*
                }
            }
        }

        /// Every route of the HTTP API.
        pub const ROUTES: &[RouteId] = &[$(RouteId::$name),*];

        impl RouteId {
            /// The shape of the row's input.
            ///
            /// # Errors
            /// When the type's shape cannot be told.
            pub fn input(
                self,
                records: &mut muster_shape::Records,
            ) -> Result<muster_shape::Shape, muster_shape::TraceError> {
                match self {
                    $(Self::$name => muster_shape::trace::<$input>(records)),*
                }
            }

            /// The shape of the row's output.
            ///
            /// # Errors
            /// When the type's shape cannot be told.
            pub fn output(
                self,
                records: &mut muster_shape::Records,
            ) -> Result<muster_shape::Shape, muster_shape::TraceError> {
                match self {
                    $(Self::$name => muster_shape::trace::<$output>(records)),*
                }
            }
        }

        $(
            #[doc = $about]
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            impl $crate::route::Route for $name {
                const ID: RouteId = RouteId::$name;
                type Input = $input;
                type Output = $output;
            }
        )*
    };
    (@requires any_in_namespace) => {
        muster_acl::Requirement::AnyOf(muster_acl::Capability::IN_NAMESPACE)
    };
    (@requires public) => { muster_acl::Requirement::Public };
    // Whoever may do anything at all: the handler asks for each kind of object separately.
    (@requires anything) => { muster_acl::Requirement::AnyOf(muster_acl::Capability::ALL) };
    (@requires [$($capability:ident)|+]) => {
        muster_acl::Requirement::AnyOf(&[$(muster_acl::Capability::$capability),+])
    };
    (@blocking blocking $($others:ident)*) => { true };
    (@blocking $($others:ident)*) => { false };
    (@takes [$($takes:expr),*] blocking $($rest:ident)*) => { $crate::routes!(@takes [$($takes),*] $($rest)*) };
    (@takes [$($takes:expr),*] page $($rest:ident)*) => {
        $crate::routes!(@takes [$($takes,)* $crate::route::Takes::Page] $($rest)*)
    };
    (@takes [$($takes:expr),*] filter $($rest:ident)*) => {
        $crate::routes!(@takes [$($takes,)* $crate::route::Takes::Filter] $($rest)*)
    };
    (@takes [$($takes:expr),*] prefix $($rest:ident)*) => {
        $crate::routes!(@takes [$($takes,)* $crate::route::Takes::Prefix] $($rest)*)
    };
    (@takes [$($takes:expr),*] reverse $($rest:ident)*) => {
        $crate::routes!(@takes [$($takes,)* $crate::route::Takes::Reverse] $($rest)*)
    };
    (@takes [$($takes:expr),*]) => { &[$($takes),*] };
}
