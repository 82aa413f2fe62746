//! `addresses {}`: where each service is bound, when not at `bind_addr`.

block! {
    AddressesInput {
        /// Several, separated by blanks.
        http: String,
        rpc: String,
        serf: String,
    }
    no_effect {}
}

/// The texts as configured; the loopback gate makes addresses of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressesConfig {
    pub http: Vec<String>,
    pub rpc: Option<String>,
    pub serf: Option<String>,
}

impl AddressesInput {
    pub(crate) fn decide(self) -> AddressesConfig {
        let http = self.http.unwrap_or_default();
        AddressesConfig { http: split_addresses(&http), rpc: filled(self.rpc), serf: filled(self.serf) }
    }
}

/// Splits at blanks, but not within a template such as `{{ GetInterfaceIP "eth0" }}`.
pub(crate) fn split_addresses(text: &str) -> Vec<String> {
    if text.contains("{{") {
        return vec![text.trim().to_owned()];
    }
    text.split_whitespace().map(str::to_owned).collect()
}

/// The text, unless it is empty.
pub(crate) fn filled(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}
