//! A policy as text.

use super::{Policy, Rule};

impl Policy {
    pub fn hcl(&self) -> String {
        self.rules.iter().map(rule_as_hcl).collect()
    }

    /// Objects by kind; where one kind has several rules, a list of objects.
    pub fn json(&self) -> String {
        let mut kinds: Vec<&str> = Vec::new();
        for rule in &self.rules {
            if !kinds.contains(&rule.kind) {
                kinds.push(rule.kind);
            }
        }
        let members = kinds.iter().map(|kind| {
            let rules: Vec<String> =
                self.rules.iter().filter(|rule| rule.kind == *kind).map(rule_as_json).collect();
            match rules.as_slice() {
                [one] => format!("{kind:?}: {one}"),
                many => format!("{kind:?}: [{}]", many.join(", ")),
            }
        });
        format!("{{{}}}", members.collect::<Vec<_>>().join(",\n"))
    }
}

fn rule_as_hcl(rule: &Rule) -> String {
    let mut body = String::new();
    if let Some(policy) = rule.policy {
        body += &format!("  policy = {policy:?}\n");
    }
    if !rule.capabilities.is_empty() {
        body += &format!("  capabilities = {:?}\n", rule.capabilities);
    }
    if !rule.variables.is_empty() {
        body += "  variables {\n";
        for (path, capabilities) in &rule.variables {
            body += &format!("    path {path:?} {{\n      capabilities = {capabilities:?}\n    }}\n");
        }
        body += "  }\n";
    }
    match rule.label.as_str() {
        "" => format!("{} {{\n{body}}}\n", rule.kind),
        label => format!("{} {label:?} {{\n{body}}}\n", rule.kind),
    }
}

fn rule_as_json(rule: &Rule) -> String {
    let mut members = Vec::new();
    if let Some(policy) = rule.policy {
        members.push(format!("\"policy\": {policy:?}"));
    }
    if !rule.capabilities.is_empty() {
        members.push(format!("\"capabilities\": {:?}", rule.capabilities));
    }
    if !rule.variables.is_empty() {
        let paths = rule
            .variables
            .iter()
            .map(|(path, capabilities)| format!("{{{path:?}: {{\"capabilities\": {capabilities:?}}}}}"));
        members.push(format!("\"variables\": {{\"path\": [{}]}}", paths.collect::<Vec<_>>().join(", ")));
    }
    let body = format!("{{{}}}", members.join(", "));
    match rule.label.as_str() {
        "" => body,
        label => format!("{{{label:?}: {body}}}"),
    }
}
