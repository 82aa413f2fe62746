//! `template`: a file rendered for the task.

use serde::{Deserialize, Serialize};

use crate::duration::Nanos;

/// A rendered file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TemplateInput {
    pub source_path: Option<String>,
    pub dest_path: Option<String>,
    pub embedded_tmpl: Option<String>,
    pub change_mode: Option<String>,
    pub change_signal: Option<String>,
    pub change_script: Option<ChangeScriptInput>,
    pub once: Option<bool>,
    pub splay: Option<Nanos>,
    pub perms: Option<String>,
    pub uid: Option<i64>,
    pub gid: Option<i64>,
    pub left_delim: Option<String>,
    pub right_delim: Option<String>,
    pub envvars: Option<bool>,
    pub vault_grace: Option<Nanos>,
    pub wait: Option<WaitInput>,
    pub err_missing_key: Option<bool>,
}

/// A command run when the file changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ChangeScriptInput {
    pub command: Option<String>,
    pub args: Option<Vec<String>>,
    pub timeout: Option<Nanos>,
    pub fail_on_error: Option<bool>,
    pub run_on_first_render: Option<bool>,
}

/// How long changes are collected.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct WaitInput {
    pub min: Option<Nanos>,
    pub max: Option<Nanos>,
}
