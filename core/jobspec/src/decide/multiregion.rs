//! One job in several regions.

use std::collections::BTreeSet;

use muster_model::Multiregion;

use super::Findings;
use crate::input::MultiregionInput;
use crate::wire::Wire;

pub(super) fn decide(input: &MultiregionInput, found: &mut Findings) -> Multiregion {
    let multiregion = input.decide(found);
    let mut seen = BTreeSet::new();
    for region in &multiregion.regions {
        if region.name.is_empty() {
            found.error("multiregion: a region needs a name");
        } else if !seen.insert(&region.name) {
            found.error(format!("multiregion: region `{}` is named twice", region.name));
        }
    }
    found.unsupported("a `multiregion` block", "the job would run in one region only");
    multiregion
}
