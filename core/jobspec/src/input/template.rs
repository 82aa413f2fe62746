//! `template`: a file rendered for the task.

use crate::duration::Nanos;
use crate::wire::wire;

wire! {
    /// A rendered file.
    TemplateInput => Template {
        #[serde(rename = "SourcePath")]
        source: String,
        #[serde(rename = "DestPath")]
        destination: String,
        #[serde(rename = "EmbeddedTmpl")]
        data: String,
        change_mode: String,
        change_signal: String,
        change_script: ChangeScriptInput,
        once: bool,
        splay: Nanos = Nanos::seconds(5),
        perms: String = "0644".to_owned(),
        uid: i64,
        gid: i64,
        #[serde(rename = "LeftDelim")]
        left_delimiter: String = "{{".to_owned(),
        #[serde(rename = "RightDelim")]
        right_delimiter: String = "}}".to_owned(),
        #[serde(rename = "Envvars")]
        env: bool,
        wait: WaitInput,
        #[serde(rename = "ErrMissingKey")]
        error_on_missing_key: bool,
    }
    @request {
        /// Ignored.
        vault_grace: Nanos,
    }

    /// A command run when the file changed.
    ChangeScriptInput => ChangeScript {
        command: String,
        args: Vec<String>,
        timeout: Nanos = Nanos::seconds(5),
        fail_on_error: bool,
        run_on_first_render: bool,
    }

    /// How long changes are collected.
    WaitInput => TemplateWait {
        min: Nanos,
        max: Nanos,
    }
}
