//! `plugin "name" {}`: the settings of a driver.

use std::collections::BTreeMap;

use muster_model::Value;

use crate::free_form::FreeForm;

block! {
    PluginInput {
        config: FreeForm,
    }
    no_effect { "args" }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct PluginConfig {
    /// The driver itself knows the keys and checks them.
    pub config: BTreeMap<String, Value>,
}

impl PluginInput {
    pub(crate) fn decide(self) -> PluginConfig {
        PluginConfig { config: self.config.unwrap_or_default().0 }
    }
}
