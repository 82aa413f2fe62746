//! Bugs that the simulator has to find, to prove that its invariants bite. Compiled in only with the feature `planted`, which
//! no product turns on; without it [`is`] is `false` for the compiler, and nothing of them is left.

/// One bug each, by what it breaks. Where it sits is found by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Plant {
    /// State: plans are committed without a look at nodes that changed meanwhile.
    PlansUnjudged = 1,
    /// State: what was given up for lost holds nothing any more, although its node may come back with it.
    LostHoldsNothing,
    /// State: of the versions of a job that is gone, the first one met is evaluated.
    FirstVersionMet,
    /// State: a job that was stopped is not stored when it is registered again.
    StoppedStaysStopped,
    /// Leader: an evaluation that was handed back is forgotten.
    HandedBackIsForgotten,
    /// Leader: capacity that came free while an evaluation was looked at is not noticed.
    WakeUpsAreMissed,
    /// Scheduler: names that are taken are given again.
    NamesAreGivenTwice,
    /// Scheduler: nodes that have an allocation of a system job get another.
    NodesAreCoveredTwice,
    /// Scheduler: the last missing allocation of a group is not asked for.
    OneIsMissing,
    /// Scheduler: of a job that is stopped, what has not started is not stopped.
    PendingIsNotStopped,
    /// Scheduler: a rollout replaces everything outdated at once.
    RolloutsKnowNoLimit,
    /// Leader: canaries are promoted as soon as they are healthy, whoever shall do that.
    CanariesPromoteThemselves,
    /// Runner: a task that runs is started again when the agent restarts.
    RunningIsStartedAgain,
    /// Runner: the end of an allocation that was stopped is not reported.
    EndsAreNotReported,
    /// Scheduler: a job makes others make room whether its kind may or not.
    KindsDoNotMatter,
    /// State: jobs whose allocations made room for others are not looked at again.
    EvictedAreForgotten,
    /// Scheduler: what runs on a node that lost contact is given up at once.
    NobodyIsWaitedFor,
    /// Scheduler: what runs on a node that lost contact is replaced, whatever its group says.
    ReplacedAnyway,
    /// Scheduler: of an allocation that is back and its replacement the one stays that was to end.
    WrongOneStays,
    /// Scheduler: a rollout changes every node at once.
    NodesChangeAtOnce,
    /// Model: cores, devices and ports that are taken are not counted.
    NamesAreNotCounted,
    /// State: a token that was used for a dispatch is not remembered.
    TokensAreForgotten,
    /// State: a child is launched while another one runs, although that is prohibited.
    OverlapIsAllowed,
    /// Leader: every second instant of a schedule is left out.
    InstantsAreSkipped,
    /// Runner: what may run only so long is not stopped.
    TimeIsNeverUp,
    /// State: a count may leave the bounds of its scaling policy.
    ScalingKnowsNoBounds,
}

impl Plant {
    pub const ALL: [Self; 26] = [
        Self::PlansUnjudged,
        Self::LostHoldsNothing,
        Self::FirstVersionMet,
        Self::StoppedStaysStopped,
        Self::HandedBackIsForgotten,
        Self::WakeUpsAreMissed,
        Self::NamesAreGivenTwice,
        Self::NodesAreCoveredTwice,
        Self::OneIsMissing,
        Self::PendingIsNotStopped,
        Self::RolloutsKnowNoLimit,
        Self::CanariesPromoteThemselves,
        Self::RunningIsStartedAgain,
        Self::EndsAreNotReported,
        Self::KindsDoNotMatter,
        Self::EvictedAreForgotten,
        Self::NobodyIsWaitedFor,
        Self::ReplacedAnyway,
        Self::WrongOneStays,
        Self::NodesChangeAtOnce,
        Self::NamesAreNotCounted,
        Self::TokensAreForgotten,
        Self::OverlapIsAllowed,
        Self::InstantsAreSkipped,
        Self::TimeIsNeverUp,
        Self::ScalingKnowsNoBounds,
    ];
}

#[cfg(feature = "planted")]
mod chosen {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::Plant;

    static CHOSEN: AtomicU8 = AtomicU8::new(0);

    /// From now on this bug is there, for the whole process; `None` for none.
    pub fn set(plant: Option<Plant>) {
        CHOSEN.store(plant.map_or(0, |plant| plant as u8), Ordering::SeqCst);
    }

    /// Whether the bug is there.
    #[must_use]
    pub fn is(plant: Plant) -> bool {
        CHOSEN.load(Ordering::Relaxed) == plant as u8
    }
}

#[cfg(feature = "planted")]
pub use chosen::{is, set};

/// No bug is there.
#[cfg(not(feature = "planted"))]
#[must_use]
pub const fn is(_plant: Plant) -> bool {
    false
}
