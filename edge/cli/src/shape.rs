//! How an answer is printed for programs: `-json`, or `-t` with a Go template.

use serde::Serialize;
use serde_json::Value;

use crate::failure::Failure;
use crate::shell::Shell;

#[derive(Debug, Default, Clone, clap::Args)]
pub(crate) struct Shape {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Print through a Go template
    #[arg(long, value_name = "TEMPLATE")]
    t: Option<String>,
}

impl Shape {
    pub(crate) const fn new(json: bool, t: Option<String>) -> Self {
        Self { json, t }
    }

    /// Whether people are not the readers.
    pub(crate) const fn is_for_programs(&self) -> bool {
        self.json || self.t.is_some()
    }

    /// Prints `value` if it is for programs; whether it did.
    pub(crate) fn print(&self, shell: &mut Shell, value: &impl Serialize) -> Result<bool, Failure> {
        match (self.json, &self.t) {
            (false, None) => return Ok(false),
            (true, None) => shell.line(&crate::json::pretty(value)?)?,
            (false, Some(template)) => shell.line(&render(template, value)?)?,
            (true, Some(_)) => return Err(Failure::new("Both json and template formatting are not allowed")),
        }
        Ok(true)
    }
}

/// Fields are named as the API's JSON names them.
fn render(template: &str, value: &impl Serialize) -> Result<String, Failure> {
    let failed = |reason: &dyn std::fmt::Display| {
        Failure::new(format!("the template cannot be carried out: {reason}"))
    };
    let value = serde_json::to_value(value).map_err(|error| failed(&error))?;
    balanced(template)?;
    let template = gotmpl::Template::new("format").parse(template).map_err(|error| failed(&error))?;
    template.execute_to_string(&go_value(value)).map_err(|error| failed(&error))
}

/// Refuses a template whose blocks do not close: the library would print only what comes before the fault.
fn balanced(template: &str) -> Result<(), Failure> {
    let mut open = 0_i32;
    for action in template.split("{{").skip(1) {
        let word = action.trim_start_matches('-').split_whitespace().next().unwrap_or_default();
        match word.trim_end_matches("}}").trim_end_matches('-') {
            "if" | "range" | "with" | "block" | "define" => open += 1,
            word if word == "end" || word.starts_with("end}}") => open -= 1,
            _ => {}
        }
        if open < 0 {
            return Err(Failure::new("the template has an {{end}} that closes nothing"));
        }
    }
    match open {
        0 => Ok(()),
        _ => Err(Failure::new(format!("{open} of the template's blocks are not closed with {{{{end}}}}"))),
    }
}

fn go_value(value: Value) -> gotmpl::Value {
    match value {
        Value::Null => gotmpl::Value::Nil,
        Value::Bool(flag) => gotmpl::Value::Bool(flag),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => gotmpl::Value::Int(integer),
            None => gotmpl::Value::Float(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => gotmpl::Value::String(text.into()),
        Value::Array(items) => {
            gotmpl::Value::List(items.into_iter().map(go_value).collect::<Vec<_>>().into())
        }
        Value::Object(entries) => gotmpl::Value::Map(std::sync::Arc::new(
            entries.into_iter().map(|(key, value)| (key.into(), go_value(value))).collect(),
        )),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    #[test]
    fn templates_see_the_names_of_the_api() {
        let value =
            json!([{"ID": "web", "Count": 2, "Meta": {"a": "b"}}, {"ID": "db", "Count": 1, "Meta": null}]);
        let print = |template: &str| render(template, &value).map_err(|failure| failure.to_string());
        assert_eq!(print("{{range .}}{{.ID}}={{.Count}} {{end}}").unwrap(), "web=2 db=1 ");
        assert_eq!(print("{{(index . 0).Meta.a | printf \"%q\"}}").unwrap(), "\"b\"");
        assert_eq!(
            print("{{- range $i, $j := . -}}{{if $i}},{{end}}{{$j.ID}}{{- end -}}").unwrap(),
            "web,db"
        );
        assert_eq!(print("{{len .}}").unwrap(), "2");
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for template in
            ["{{", "{{.ID", "{{range .}}x", "a{{end}}b", "{{if .}}{{end}}{{ end }}", "{{nothing .}}"]
        {
            assert!(render(template, &json!([])).is_err(), "{template}");
        }
    }
}
