//! How this server talks to the other members. So far a cluster has one, so there is nobody to talk to.
//!
//! The seam is openraft's `RaftNetworkFactory`: the transport that replaces [`NoPeers`] turns these calls into typed
//! requests of `muster-rpc` with records of our own.

use std::future::Future;

use muster_ids::ServerId;
use openraft::errors::{RPCError, ReplicationClosed, StreamingError, Unreachable};
use openraft::network::RPCOption;
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, VoteRequest, VoteResponse,
};
use openraft::{AnyError, OptionalSend, RaftNetworkFactory, RaftNetworkV2};

use super::types::{Member, OpenraftSnapshot, SnapshotAt, TypeConfig, Vote};

/// The network of a cluster of one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoPeers;

impl NoPeers {
    fn unreachable() -> Unreachable<TypeConfig> {
        Unreachable::new(&AnyError::error("this server has no peers"))
    }
}

impl RaftNetworkFactory<TypeConfig> for NoPeers {
    type Network = Self;

    async fn new_client(&mut self, _target: ServerId, _node: &Member) -> Self {
        Self
    }
}

impl RaftNetworkV2<TypeConfig> for NoPeers {
    type SnapshotData = SnapshotAt;

    async fn append_entries(
        &mut self,
        _rpc: AppendEntriesRequest<TypeConfig>,
        _option: RPCOption,
    ) -> Result<AppendEntriesResponse<TypeConfig>, RPCError<TypeConfig>> {
        Err(Self::unreachable().into())
    }

    async fn vote(
        &mut self,
        _rpc: VoteRequest<TypeConfig>,
        _option: RPCOption,
    ) -> Result<VoteResponse<TypeConfig>, RPCError<TypeConfig>> {
        Err(Self::unreachable().into())
    }

    /// The default grants, which would let an isolated server believe in a quorum.
    async fn pre_vote(
        &mut self,
        _rpc: VoteRequest<TypeConfig>,
        _option: RPCOption,
    ) -> Result<VoteResponse<TypeConfig>, RPCError<TypeConfig>> {
        Err(Self::unreachable().into())
    }

    async fn full_snapshot(
        &mut self,
        _vote: Vote,
        _snapshot: OpenraftSnapshot,
        _cancel: impl Future<Output = ReplicationClosed> + OptionalSend + 'static,
        _option: RPCOption,
    ) -> Result<SnapshotResponse<TypeConfig>, StreamingError<TypeConfig>> {
        Err(Self::unreachable().into())
    }
}
