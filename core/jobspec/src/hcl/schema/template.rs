//! `template` and its blocks.

use super::{Schema, bool, duration, int, one, text, texts};

pub static TEMPLATE: Schema = Schema::new(
    "template",
    &[
        text("source", "SourcePath"),
        text("destination", "DestPath"),
        text("data", "EmbeddedTmpl"),
        text("change_mode", "ChangeMode"),
        text("change_signal", "ChangeSignal"),
        bool("once", "Once"),
        duration("splay", "Splay"),
        text("perms", "Perms"),
        int("uid", "Uid"),
        int("gid", "Gid"),
        text("left_delimiter", "LeftDelim"),
        text("right_delimiter", "RightDelim"),
        bool("env", "Envvars"),
        duration("vault_grace", "VaultGrace"),
        bool("error_on_missing_key", "ErrMissingKey"),
    ],
    &[one("change_script", "ChangeScript", &CHANGE_SCRIPT), one("wait", "Wait", &WAIT)],
);

static CHANGE_SCRIPT: Schema = Schema::new(
    "change_script",
    &[
        text("command", "Command"),
        texts("args", "Args"),
        duration("timeout", "Timeout"),
        bool("fail_on_error", "FailOnError"),
        bool("run_on_first_render", "RunOnFirstRender"),
    ],
    &[],
);

static WAIT: Schema = Schema::new("wait", &[duration("min", "Min"), duration("max", "Max")], &[]);
