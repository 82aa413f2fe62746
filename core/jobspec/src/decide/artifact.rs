//! Files fetched before a task starts.

use muster_ids::Text;
use muster_model::{Artifact, ArtifactMode};

use super::basics::{given, text_map};
use super::path::escapes_alloc;
use super::{Findings, Step};
use crate::input::ArtifactInput;

/// Those that are not refused.
pub(super) fn decide(inputs: &[ArtifactInput], found: &mut Findings) -> Vec<Artifact> {
    let numbered = inputs.iter().enumerate();
    numbered
        .filter_map(|(at, input)| {
            found.part(format!("Artifact {}", at + 1), Step::Nth("artifact", at), |found| one(input, found))
        })
        .collect()
}

fn one(input: &ArtifactInput, found: &mut Findings) -> Option<Artifact> {
    let source = input.source.as_deref().map(str::trim).filter(|source| !source.is_empty());
    if source.is_none() {
        found.error_in("source", "source must be specified: write the URL of what to fetch");
    }
    let mode = mode(input, found);
    let destination = destination(input, source.unwrap_or_default(), mode.unwrap_or_default(), found);
    if let Some(checksum) = input.options.as_ref().and_then(|options| options.get("checksum")) {
        check_checksum(checksum, found);
    }
    Some(Artifact {
        source: Text::from(source?),
        destination,
        mode: mode?,
        options: text_map(input.options.as_ref()),
        headers: text_map(input.headers.as_ref()),
        insecure: input.insecure.unwrap_or_default(),
        chown: input.chown.unwrap_or_default(),
    })
}

fn mode(input: &ArtifactInput, found: &mut Findings) -> Option<ArtifactMode> {
    match given(input.mode.as_ref()) {
        None | Some("any") => Some(ArtifactMode::Any),
        Some("file") => Some(ArtifactMode::File),
        Some("dir") => Some(ArtifactMode::Dir),
        Some(other) => {
            found
                .error_in("mode", format!("invalid artifact mode {other:?}; must be one of: any, file, dir"));
            None
        }
    }
}

fn destination(input: &ArtifactInput, source: &str, mode: ArtifactMode, found: &mut Findings) -> Text {
    let text = match (given(input.destination.as_ref()), mode) {
        (Some(text), _) => text.to_owned(),
        (None, ArtifactMode::File) => format!("local/{}", last_element(source)),
        (None, _) => "local/".to_owned(),
    };
    if escapes_alloc(&text) {
        found.error_in(
            "destination",
            format!("artifact destination `{text}` escapes the allocation directory"),
        );
    }
    Text::from(text)
}

/// The last element of a URL's path: the name a file gets when none is written.
fn last_element(source: &str) -> &str {
    let path = source.split(['?', '#']).next().unwrap_or_default();
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

fn check_checksum(checksum: &str, found: &mut Findings) {
    if checksum.contains("${") {
        return;
    }
    let Some((kind, hex)) = checksum.split_once(':') else {
        found.error_in(
            "options.checksum",
            format!("checksum must be given as \"type:value\"; got {checksum:?}"),
        );
        return;
    };
    let digits = match kind {
        "md5" => 32,
        "sha1" => 40,
        "sha256" => 64,
        "sha512" => 128,
        _ => {
            found.error_in(
                "options.checksum",
                format!("unsupported checksum type {kind:?}; expected md5, sha1, sha256 or sha512"),
            );
            return;
        }
    };
    if hex.len() != digits || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        found.error_in(
            "options.checksum",
            format!(
                "invalid checksum {checksum:?}: {kind} takes {digits} hexadecimal digits, got {}",
                hex.len()
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_its_source() {
        assert_eq!(last_element("https://x.test/a/tool.exe?archive=false#f"), "tool.exe");
        assert_eq!(last_element("https://x.test/a/"), "a");
    }
}
