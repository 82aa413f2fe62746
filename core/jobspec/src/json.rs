//! Job files and request bodies in JSON.

use serde::Deserialize;
use serde_json::Value;

use crate::JobInput;

/// Why a JSON text is not a job.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error(transparent)]
    Json(#[from] muster_gojson::Error),
    #[error("the JSON holds no job: expected an object, bare or as the member `Job`")]
    NoJob,
}

/// The form of a request body, `{"Job": {…}}`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Wrapped {
    job: JobInput,
}

/// Reads a job that stands bare or under a key `Job` in any case.
///
/// # Errors
/// Malformed JSON, a value of the wrong type (with the path of its field), or a text that is not an object.
pub fn parse_json(bytes: &[u8]) -> Result<JobInput, ParseError> {
    let value: Value = muster_gojson::from_slice(bytes)?;
    let Value::Object(map) = &value else { return Err(ParseError::NoJob) };
    let wrapped = map.iter().any(|(key, inner)| key.eq_ignore_ascii_case("job") && !inner.is_null());
    if wrapped {
        return Ok(muster_gojson::from_value::<Wrapped>(value)?.job);
    }
    if map.keys().any(|key| key.eq_ignore_ascii_case("job")) {
        return Err(ParseError::NoJob);
    }
    Ok(muster_gojson::from_value(value)?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_job_may_be_bare_or_wrapped_in_any_case() {
        for text in
            [r#"{"ID":"x"}"#, r#"{"Job":{"id":"x"}}"#, r#"{"job":{"ID":"x"}}"#, r#"{"JOB":{"Id":"x"}}"#]
        {
            assert_eq!(parse_json(text.as_bytes()).unwrap().id.as_deref(), Some("x"), "{text}");
        }
    }

    #[test]
    fn what_is_no_job_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "EOF"),
            ("[]", "the JSON holds no job"),
            (r#"{"Job":null}"#, "the JSON holds no job"),
            (r#"{"Job":7}"#, "Job: expected object, got number 7"),
            (
                r#"{"Job":{"TaskGroups":[{"Count":"x"}]}}"#,
                r#"Job.TaskGroups[0].Count: expected int, got string "x""#,
            ),
            (
                r#"{"TaskGroups":[{"Tasks":[{"KillTimeout":"5"}]}]}"#,
                "TaskGroups[0].Tasks[0].KillTimeout: `5` is not a duration",
            ),
        ] {
            let error = parse_json(text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(reason), "{text}: {error}");
        }
    }

    #[test]
    fn durations_may_be_nanoseconds_or_text() {
        let text = r#"{"TaskGroups":[{"ShutdownDelay":"1m","RestartPolicy":{"Delay":15000000000}}]}"#;
        let group = parse_json(text.as_bytes()).unwrap().task_groups.unwrap().remove(0);
        assert_eq!(group.shutdown_delay.unwrap().to_string(), "1m0s");
        assert_eq!(group.restart_policy.unwrap().delay.unwrap().to_string(), "15s");
    }

    #[test]
    fn absent_fields_are_null_and_absent_members_of_networks_are_left_out() {
        let input = parse_json(br#"{"TaskGroups":[{"Networks":[{"Mode":"host"}]}]}"#).unwrap();
        let value = serde_json::to_value(input).unwrap();
        assert_eq!(value["ID"], Value::Null);
        assert!(value.get("ParameterizedJob").is_some());
        assert_eq!(value["TaskGroups"][0]["Networks"][0], serde_json::json!({"Mode": "host"}));
    }
}
