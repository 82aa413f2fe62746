//! Tasks that are storage plugins.

use muster_model::CsiPlugin;

use super::Findings;
use super::basics::given;
use crate::input::CsiPluginInput;
use crate::wire::Wire;

pub(super) fn decide(input: &CsiPluginInput, found: &mut Findings) -> CsiPlugin {
    let plugin = input.decide(found);
    if plugin.id.is_empty() {
        found.error("csi_plugin needs an `id`");
    }
    if given(input.kind.as_ref()).is_none() {
        found.error("csi_plugin needs a `type`: node, controller or monolith");
    }
    found.unsupported("a task's `csi_plugin` block", "no volume could be reached through the plugin");
    plugin
}
