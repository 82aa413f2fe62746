//! Root keys, for operators.

use muster_api::views::{KeyringDeleteResponse, KeyringRotateResponse, RootKeyMeta};
use muster_ids::{RootKeyId, UnixNanos};
use muster_model::SigningAlgorithm;
use muster_state::WatchKey;
use muster_state::command::{Command, Reply, RootKeyCondition, RootKeyDelete};

use http::StatusCode;

use crate::http::blocking::{Answer, Read, ReadResult, index_header};
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;
use crate::http::options::Query;
use crate::root_keys;

/// Newest first.
pub(crate) fn list(read: &Read<'_>) -> ReadResult<Vec<RootKeyMeta>> {
    let mut keys: Vec<_> = read.state.root_keys().collect();
    keys.sort_by_key(|key| std::cmp::Reverse((key.create_time, key.create_index, key.id)));
    let keys = keys.into_iter().map(|key| RootKeyMeta::from(&**key)).collect();
    Ok(Answer::new(keys, [WatchKey::RootKeys]))
}

/// What a rotation is asked to be.
#[derive(Debug, PartialEq, Eq)]
struct Rotation {
    full: bool,
    publish_time: Option<UnixNanos>,
    signing: SigningAlgorithm,
}

pub(crate) async fn rotate(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let Rotation { full, publish_time, signing } = rotation(&write.options.query, write.shared.now())?;
    let condition = RootKeyCondition::Always;
    let command = root_keys::new_key(write.shared, signing, publish_time, condition, full).await?;
    let (index, reply) = write.shared.propose(command).await?;
    let Reply::RootKeyStored(key) = reply else {
        return Err(ApiError::internal("the log answered something else than the new root key"));
    };
    tracing::info!(key = %key.id, state = key.state.as_str(), "keyring: rotated by an operator");
    let response = KeyringRotateResponse { index: index.0, key: Some(RootKeyMeta::from(&*key)) };
    let mut answer = body::json(&response, write.options.pretty)?;
    index_header(&mut answer, index);
    Ok(answer)
}

fn rotation(query: &Query, now: UnixNanos) -> Result<Rotation, ApiError> {
    match query.get("algo") {
        None | Some("" | "aes256-gcm") => {}
        Some(other) => {
            return Err(ApiError::bad_request(format!(
                "invalid algorithm `{other}`: only aes256-gcm is there"
            )));
        }
    }
    let signing = match query.get("signing").filter(|text| !text.is_empty()) {
        None => SigningAlgorithm::default(),
        Some(text) => SigningAlgorithm::parse(text).ok_or_else(|| {
            ApiError::bad_request(format!("invalid signing algorithm `{text}`: write RS256 or EdDSA"))
        })?,
    };
    let full = flag(query, "full").map_err(ApiError::bad_request)?;
    let publish_time = match query.get("publish_time").filter(|text| !text.is_empty() && *text != "0") {
        None => None,
        Some(text) => {
            let wrong = || {
                ApiError::bad_request(format!("invalid publish_time `{text}`: write nanoseconds since 1970"))
            };
            let time = UnixNanos(text.parse().map_err(|_| wrong())?);
            if time <= now {
                return Err(ApiError::bad_request("publish_time must be in the future"));
            }
            Some(time)
        }
    };
    if full && publish_time.is_some() {
        return Err(ApiError::bad_request(
            "full cannot be combined with publish_time: one key at a time is replaced",
        ));
    }
    Ok(Rotation { full, publish_time, signing })
}

/// A parameter that is set by being there.
fn flag(query: &Query, name: &str) -> Result<bool, String> {
    match query.get(name) {
        None => Ok(false),
        Some("" | "1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(true),
        Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(false),
        Some(other) => Err(format!("invalid {name} `{other}`: write true or false")),
    }
}

pub(crate) async fn delete(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let text = write.param(0);
    let id: RootKeyId = text
        .parse()
        .map_err(|_| ApiError::bad_request(format!("invalid root key id `{text}`: it has 36 characters")))?;
    let force = flag(&write.options.query, "force")
        .map_err(|why| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, why))?;
    let command = Command::RootKeyDelete(RootKeyDelete { id, force });
    let (index, _) = write.shared.propose(command).await?;
    tracing::info!(key = %id, force, "keyring: a root key was deleted by an operator");
    let mut answer = body::json(&KeyringDeleteResponse { index: index.0 }, write.options.pretty)?;
    index_header(&mut answer, index);
    Ok(answer)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn asked(query: &str) -> Result<Rotation, String> {
        let query = Query::parse(query).unwrap();
        rotation(&query, UnixNanos(100)).map_err(|error| error.message)
    }

    #[test]
    fn a_rotation_says_what_it_is_to_be() {
        let plain = Rotation { full: false, publish_time: None, signing: SigningAlgorithm::Rs256 };
        assert_eq!(asked(""), Ok(plain));
        let full = Rotation { full: true, publish_time: None, signing: SigningAlgorithm::EdDsa };
        assert_eq!(asked("full&algo=aes256-gcm&signing=eddsa"), Ok(full));
        let later =
            Rotation { full: false, publish_time: Some(UnixNanos(101)), signing: SigningAlgorithm::Rs256 };
        assert_eq!(asked("publish_time=101&full=false"), Ok(later));
        for wrong in [
            "algo=xchacha20",
            "signing=none",
            "signing=HS256",
            "full=perhaps",
            "publish_time=soon",
            "publish_time=100",
            "publish_time=101&full=true",
        ] {
            assert!(asked(wrong).is_err(), "{wrong}");
        }
    }
}
