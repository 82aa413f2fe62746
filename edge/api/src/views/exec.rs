//! Frames of a command that runs beside a task (`http-api.md` section 11): JSON texts over a websocket.

use serde::{Deserialize, Serialize};

/// From the caller. An empty one shows that it is alive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecInputFrame {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdin: Option<ExecPiece>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tty_size: Option<TtySizeView>,
}

/// To the caller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecOutputFrame {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdout: Option<ExecPiece>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stderr: Option<ExecPiece>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub exited: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<ExecResult>,
}

/// Some bytes of a stream, or its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecPiece {
    /// Base64.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub data: String,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub close: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TtySizeView {
    #[serde(default)]
    pub height: u16,
    #[serde(default)]
    pub width: u16,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecResult {
    #[serde(default, skip_serializing_if = "is_zero")]
    pub exit_code: i32,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub signal: i32,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub oom_killed: bool,
}

/// The first frame of a caller that cannot set headers, as pages in a browser cannot.
#[derive(Deserialize)]
pub struct ExecHandshake {
    #[serde(default)]
    pub version: i64,
    /// A secret: neither shown nor passed on.
    #[serde(default)]
    pub auth_token: String,
}

fn is_zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl std::fmt::Debug for ExecHandshake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExecHandshake").field("version", &self.version).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn frames_look_as_the_contract_has_them() {
        let end = ExecOutputFrame {
            exited: true,
            result: Some(ExecResult::default()),
            ..ExecOutputFrame::default()
        };
        assert_eq!(serde_json::to_string(&end).unwrap(), r#"{"exited":true,"result":{}}"#);
        let piece = ExecPiece { data: "aGk=".into(), close: false };
        let out = ExecOutputFrame { stdout: Some(piece), ..ExecOutputFrame::default() };
        assert_eq!(serde_json::to_string(&out).unwrap(), r#"{"stdout":{"data":"aGk="}}"#);
        let close = ExecPiece { data: String::new(), close: true };
        let input = ExecInputFrame { stdin: Some(close), ..ExecInputFrame::default() };
        assert_eq!(serde_json::to_string(&input).unwrap(), r#"{"stdin":{"close":true}}"#);
        assert_eq!(serde_json::to_string(&ExecInputFrame::default()).unwrap(), "{}");
        let size: ExecInputFrame =
            muster_gojson::from_slice(br#"{"TTY_size":{"Height":50,"width":132},"stdin":null}"#).unwrap();
        assert_eq!(size.tty_size, Some(TtySizeView { height: 50, width: 132 }));
    }
}
