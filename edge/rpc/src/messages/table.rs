//! Every request an agent can make of another: the one table from which dispatch and the role check are made.
//!
//! A row reads `Request -> Answer, requires Role;`, or `Request: Asks <-> Answers, …` where items go both ways. The role is the least a peer's certificate must state; a request
//! of a lesser peer is refused before a handler sees it.

use serde::{Deserialize, Serialize};

use super::{
    AgentExport, AgentMonitor, AllocGc, AllocPush, AllocRestart, AllocSignal, AllocStats, AllocStatsReply,
    AllocUpdate, AllocUpdateReply, AllocWatch, Call, CallFailure, CertificateRenew, CertificateRenewReply,
    Dialogue, DiskChunk, DiskFetch, DiskRead, Empty, ExecInput, ExecOutput, FsChunk, FsEntry, FsList,
    FsListReply, FsRead, FsStat, HostStats, HostStatsReply, LogChunk, MonitorChunk, NodeDrain,
    NodeDrainReply, NodeGc, NodeHeartbeat, NodeHeartbeatReply, NodeMeta, NodeMetaApply, NodeMetaRead,
    NodeRegister, NodeRegisterReply, Stream, TaskExec, TaskLogs,
};
use crate::Role;
use crate::transport::{FrameReader, Opening, Pending, Proposal, Responder};

macro_rules! table {
    (
        calls { $($call:ident -> $reply:ident, requires $call_role:ident;)* }
        streams { $($stream:ident -> $item:ident, requires $stream_role:ident;)* }
        dialogues { $($dialogue:ident: $asks:ident <-> $answers:ident, requires $dialogue_role:ident;)* }
    ) => {
        /// A call as it travels.
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub enum Request { $($call($call),)* }

        /// A stream's request as it travels.
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub enum StreamRequest { $($stream($stream),)* }

        /// A dialogue's request as it travels.
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub enum DialogueRequest { $($dialogue($dialogue),)* }

        /// Names of calls, for logs, metrics and the role check.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum CallKind { $($call,)* }

        /// Names of streams.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum StreamKind { $($stream,)* }

        /// Names of dialogues.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum DialogueKind { $($dialogue,)* }

        /// A call of the peer, already known to be allowed to its role.
        #[derive(Debug)]
        pub enum IncomingCall { $($call($call, Responder<$call>),)* }

        /// A stream the peer asks for, already known to be allowed to its role.
        #[derive(Debug)]
        pub enum IncomingSubscription { $($stream($stream, Opening<$stream>),)* }

        /// A dialogue the peer asks for, already known to be allowed to its role.
        #[derive(Debug)]
        pub enum IncomingDialogue { $($dialogue($dialogue, Proposal<$dialogue>),)* }

        $(impl Call for $call {
            type Reply = $reply;
            const KIND: CallKind = CallKind::$call;

            fn into_request(self) -> Request { Request::$call(self) }
        })*

        $(impl Stream for $stream {
            type Item = $item;
            const KIND: StreamKind = StreamKind::$stream;

            fn into_request(self) -> StreamRequest { StreamRequest::$stream(self) }
        })*

        $(impl Dialogue for $dialogue {
            type Asks = $asks;
            type Answers = $answers;
            const KIND: DialogueKind = DialogueKind::$dialogue;

            fn into_request(self) -> DialogueRequest { DialogueRequest::$dialogue(self) }
        })*

        impl DialogueKind {
            pub const ALL: &[Self] = &[$(Self::$dialogue,)*];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$dialogue => stringify!($dialogue),)* }
            }

            /// The least role a peer must have to ask for this dialogue.
            #[must_use]
            pub const fn requires(self) -> Role {
                match self { $(Self::$dialogue => Role::$dialogue_role,)* }
            }
        }

        impl DialogueRequest {
            #[must_use]
            pub const fn kind(&self) -> DialogueKind {
                match self { $(Self::$dialogue(_) => DialogueKind::$dialogue,)* }
            }

            pub(crate) fn incoming(self, pending: Pending, reader: FrameReader) -> IncomingDialogue {
                match self {
                    $(Self::$dialogue(request) => {
                        IncomingDialogue::$dialogue(request, Proposal::new(pending, reader))
                    })*
                }
            }
        }

        impl IncomingDialogue {
            #[must_use]
            pub const fn kind(&self) -> DialogueKind {
                match self { $(Self::$dialogue(..) => DialogueKind::$dialogue,)* }
            }

            /// Refuses any dialogue, whatever it asks.
            pub async fn refuse(self, failure: CallFailure) {
                match self { $(Self::$dialogue(_, proposal) => proposal.refuse(failure).await,)* }
            }
        }

        impl CallKind {
            pub const ALL: &[Self] = &[$(Self::$call,)*];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$call => stringify!($call),)* }
            }

            /// The least role a peer must have to make this call.
            #[must_use]
            pub const fn requires(self) -> Role {
                match self { $(Self::$call => Role::$call_role,)* }
            }
        }

        impl StreamKind {
            pub const ALL: &[Self] = &[$(Self::$stream,)*];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$stream => stringify!($stream),)* }
            }

            /// The least role a peer must have to ask for this stream.
            #[must_use]
            pub const fn requires(self) -> Role {
                match self { $(Self::$stream => Role::$stream_role,)* }
            }
        }

        impl Request {
            #[must_use]
            pub const fn kind(&self) -> CallKind {
                match self { $(Self::$call(_) => CallKind::$call,)* }
            }

            pub(crate) fn incoming(self, pending: Pending) -> IncomingCall {
                match self { $(Self::$call(request) => IncomingCall::$call(request, Responder::new(pending)),)* }
            }
        }

        impl StreamRequest {
            #[must_use]
            pub const fn kind(&self) -> StreamKind {
                match self { $(Self::$stream(_) => StreamKind::$stream,)* }
            }

            pub(crate) fn incoming(self, pending: Pending) -> IncomingSubscription {
                match self {
                    $(Self::$stream(request) => IncomingSubscription::$stream(request, Opening::new(pending)),)*
                }
            }
        }

        impl IncomingCall {
            #[must_use]
            pub const fn kind(&self) -> CallKind {
                match self { $(Self::$call(..) => CallKind::$call,)* }
            }

            /// Answers any call with a failure, whatever it asks.
            pub async fn refuse(self, failure: CallFailure) {
                match self { $(Self::$call(_, responder) => responder.reply(Err(failure)).await,)* }
            }
        }

        impl IncomingSubscription {
            #[must_use]
            pub const fn kind(&self) -> StreamKind {
                match self { $(Self::$stream(..) => StreamKind::$stream,)* }
            }

            /// Refuses any stream, whatever it asks.
            pub async fn refuse(self, failure: CallFailure) {
                match self { $(Self::$stream(_, opening) => opening.refuse(failure).await,)* }
            }
        }
    };
}

table! {
    calls {
        // Asked by agents (and relayed by servers) of servers.
        NodeRegister -> NodeRegisterReply, requires Client;
        NodeHeartbeat -> NodeHeartbeatReply, requires Client;
        AllocUpdate -> AllocUpdateReply, requires Client;
        NodeDrain -> NodeDrainReply, requires Client;
        CertificateRenew -> CertificateRenewReply, requires Client;
        // Asked by servers of agents.
        AllocRestart -> Empty, requires Server;
        AllocSignal -> Empty, requires Server;
        AllocStats -> AllocStatsReply, requires Server;
        AllocGc -> Empty, requires Server;
        HostStats -> HostStatsReply, requires Server;
        NodeMetaRead -> NodeMeta, requires Server;
        NodeMetaApply -> NodeMeta, requires Server;
        NodeGc -> Empty, requires Server;
        FsList -> FsListReply, requires Server;
        FsStat -> FsEntry, requires Server;
    }
    streams {
        AllocWatch -> AllocPush, requires Client;
        DiskFetch -> DiskChunk, requires Client;
        TaskLogs -> LogChunk, requires Server;
        FsRead -> FsChunk, requires Server;
        DiskRead -> DiskChunk, requires Server;
        AgentMonitor -> MonitorChunk, requires Server;
        AgentExport -> MonitorChunk, requires Server;
    }
    dialogues {
        TaskExec: ExecInput <-> ExecOutput, requires Server;
    }
}
