//! Fresh ids: the one place of the server that draws randomness for the log.

use muster_ids::{AccessorId, EvalId, JoinTokenId, RoleId};
use muster_rpc::Secret;
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

    pub(crate) fn accessor(self) -> AccessorId {
        AccessorId::from_random(self.bytes())
    }

    pub(crate) fn join_token(self) -> JoinTokenId {
        JoinTokenId::from_random(self.bytes())
    }

    pub(crate) fn role(self) -> RoleId {
        RoleId::from_random(self.bytes())
    }

    /// The secret of a token: 122 random bits in the form of a UUID, as the contract's tools expect it.
    pub(crate) fn secret(self) -> Secret {
        let text = Uuid::from_bytes(self.bytes()).to_string();
        #[expect(clippy::expect_used, reason = "36 characters are a secret's length")]
        Secret::new(text).expect("a UUID is neither empty nor too long")
    }

    pub(crate) fn seed(self) -> IdSeed {
        IdSeed(self.bytes())
    }
}
