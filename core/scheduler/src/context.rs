//! What a decision may depend on besides the evaluation and the snapshot.

use muster_ids::UnixNanos;

use crate::Overlay;

/// The rest of the input of [`crate::schedule`].
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub now: UnixNanos,
    /// Drawn at the edge for this one run. New ids, the order in which nodes are visited and dynamic ports follow
    /// from it, so two runs must never share a seed.
    pub seed: [u8; 16],
    /// Placements of plans in flight that the snapshot does not show yet.
    pub overlay: &'a Overlay,
    pub limits: Limits,
    /// Whether tasks may use more memory than they reserve, up to their `memory_max`.
    pub memory_oversubscription: bool,
}

impl<'a> Context<'a> {
    #[must_use]
    pub fn new(now: UnixNanos, seed: [u8; 16], overlay: &'a Overlay) -> Self {
        Self { now, seed, overlay, limits: Limits::default(), memory_oversubscription: false }
    }
}

/// Bounds on the work one run does.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Nodes ranked per placement where affinities or spreads make a wide look worthwhile.
    pub candidates_with_preferences: u32,
    /// Placements of a group that carry an account of their own, with scores; further ones share a summary.
    pub own_accounts: u32,
    /// How large a compiled regular expression may get; a larger one never matches.
    pub regex_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { candidates_with_preferences: 100, own_accounts: 10, regex_bytes: 1 << 20 }
    }
}
