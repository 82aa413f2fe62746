//! Receives what this node is to run.

use muster_rpc::Session;
use muster_rpc::messages::AllocWatch;

use super::{DEADLINE, Link, Lost};

pub async fn run(link: &Link, session: &Session) -> Lost {
    let since = link.fleet.index().await;
    let watch = AllocWatch { node_id: link.context.node_id, secret: link.context.secret.clone(), since };
    let mut pushes = match session.subscribe(watch, DEADLINE).await {
        Ok(pushes) => pushes,
        Err(error) => return Lost::call("watching allocations")(error),
    };
    while let Some(push) = pushes.next().await {
        let push = match push {
            Ok(push) => push,
            Err(error) => return Lost::call("watching allocations")(error),
        };
        if let Err(error) = link.fleet.apply(push).await {
            return error.into();
        }
    }
    Lost::PushesEnded
}
