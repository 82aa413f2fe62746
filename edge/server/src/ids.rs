//! Fresh ids: the one place of the server that draws randomness for the log.

use muster_ids::EvalId;
use muster_state::command::IdSeed;
use uuid::Uuid;

#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct IdSource;

impl IdSource {
    #[expect(
        clippy::unused_self,
        reason = "a value, so that a simulator can put a seeded source in its place"
    )]
    pub(crate) fn bytes(self) -> [u8; 16] {
        Uuid::new_v4().into_bytes()
    }

    pub(crate) fn eval(self) -> EvalId {
        EvalId::from_random(self.bytes())
    }

    pub(crate) fn seed(self) -> IdSeed {
        IdSeed(self.bytes())
    }
}
