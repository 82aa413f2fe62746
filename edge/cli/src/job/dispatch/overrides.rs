//! What a dispatch sets of its job, as flags: only what the job's `parameterized` block allows is accepted.

use std::collections::BTreeMap;

use muster_api::table::{JobRead, NodeList};
use muster_api::views::{JobListStub, NodeListStub};
use muster_jobspec::JobInput;
use muster_jobspec::input::{ConstraintInput, OverridesInput};
use muster_sdk::Client;

use crate::failure::Failure;
use crate::ids;
use crate::table::Table;

#[derive(Debug, Default, clap::Args)]
pub(super) struct OverrideArgs {
    /// Run only where this holds, such as `meta.ou=finance`; may be repeated
    #[arg(long, value_name = "CONDITION")]
    constraint: Vec<String>,
    /// Run only on this node; may be repeated
    #[arg(long, value_name = "ID")]
    node: Vec<String>,
    /// Run in this node pool
    #[arg(long, value_name = "POOL")]
    node_pool: Option<String>,
    /// Run in this datacenter; may be repeated
    #[arg(long, value_name = "NAME")]
    datacenter: Vec<String>,
    /// Instances of a group; its name may be left out if there is one
    #[arg(long, value_name = "[GROUP=]COUNT")]
    count: Vec<String>,
    /// MHz of a task; its name may be left out if there is one
    #[arg(long, value_name = "[TASK=]MHZ")]
    cpu: Vec<String>,
    /// MB of a task; its name may be left out if there is one
    #[arg(long, value_name = "[TASK=]MB")]
    memory: Vec<String>,
}

impl OverrideArgs {
    /// `None` when nothing is set.
    pub(super) async fn read(
        &self,
        client: &Client,
        job: &JobListStub,
    ) -> Result<Option<OverridesInput>, Failure> {
        let mut constraints = Vec::with_capacity(self.constraint.len());
        for text in &self.constraint {
            constraints.push(condition(text)?);
        }
        let mut nodes = Vec::with_capacity(self.node.len());
        for text in &self.node {
            nodes.push(node(client, text).await?);
        }
        let named = Named::of(self, client, job).await?;
        let overrides = OverridesInput {
            constraints: filled(constraints),
            nodes: filled(nodes),
            node_pool: self.node_pool.clone(),
            datacenters: filled(self.datacenter.clone()),
            counts: numbers("count", &self.count, named.group.as_deref())?,
            cpu: numbers("cpu", &self.cpu, named.task.as_deref())?,
            memory: numbers("memory", &self.memory, named.task.as_deref())?,
        };
        Ok((overrides != OverridesInput::default()).then_some(overrides))
    }
}

fn filled<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// What a number without a name is about.
#[derive(Default)]
struct Named {
    group: Option<String>,
    task: Option<String>,
}

impl Named {
    async fn of(args: &OverrideArgs, client: &Client, job: &JobListStub) -> Result<Self, Failure> {
        let unnamed = |list: &[String]| list.iter().any(|text| !text.contains('='));
        if ![&args.count, &args.cpu, &args.memory].into_iter().any(|list| unnamed(list)) {
            return Ok(Self::default());
        }
        let query = [("namespace", job.namespace.as_str())];
        let answer = client.get::<JobRead>(&[&job.id], &query).await;
        let job = answer.map_err(|error| Failure::request("querying job", &error))?.value;
        Ok(Self::in_job(&job))
    }

    fn in_job(job: &JobInput) -> Self {
        let groups = job.task_groups.as_deref().unwrap_or_default();
        let [group] = groups else { return Self::default() };
        let task = match group.tasks.as_deref().unwrap_or_default() {
            [task] => task.name.clone(),
            _ => None,
        };
        Self { group: group.name.clone(), task }
    }
}

fn numbers(
    flag: &str,
    given: &[String],
    only: Option<&str>,
) -> Result<Option<BTreeMap<String, i64>>, Failure> {
    let mut numbers = BTreeMap::new();
    for text in given {
        let (name, number) = match text.rsplit_once('=') {
            Some((name, number)) => (name, number),
            None => (
                only.ok_or_else(|| {
                    Failure::new(format!("`-{flag}={text}` must say of what: write `-{flag} NAME={text}`"))
                })?,
                text.as_str(),
            ),
        };
        let number = number
            .trim()
            .parse()
            .map_err(|_| Failure::new(format!("`-{flag}={text}`: `{number}` is not a whole number")))?;
        if numbers.insert(name.to_owned(), number).is_some() {
            return Err(Failure::new(format!("`-{flag}` is given twice for `{name}`")));
        }
    }
    Ok((!numbers.is_empty()).then_some(numbers))
}

/// `meta.ou=finance`, `attr.os.version >= 12`, `meta.rack regexp ^r1`.
fn condition(text: &str) -> Result<ConstraintInput, Failure> {
    const SIGNS: [&str; 7] = ["==", "!=", ">=", "<=", "=", ">", "<"];
    let of = |left: &str, operand: &str, right: &str| ConstraintInput {
        left: Some(left.trim().to_owned()),
        operand: Some(operand.to_owned()),
        right: Some(right.trim().to_owned()),
    };
    let mut words = text.split_whitespace();
    let word = words.nth(1).filter(|word| word.starts_with(|first: char| first.is_ascii_alphabetic()));
    if let Some((left, right)) = word.and_then(|word| text.split_once(&format!(" {word} "))) {
        return Ok(of(left, word.unwrap_or_default(), right));
    }
    // The first sign counts, and of those that begin there the longest.
    let signs = SIGNS.iter().filter_map(|sign| Some((text.find(sign)?, sign)));
    let found = signs.min_by_key(|(at, sign)| (*at, std::cmp::Reverse(sign.len())));
    let split = found.and_then(|(at, sign)| {
        let (left, right) = text.split_at_checked(at)?;
        Some((left, *sign, right.strip_prefix(sign)?))
    });
    match split {
        Some((left, sign, right)) if !left.trim().is_empty() => Ok(of(left, sign, right)),
        _ => Err(Failure::new(format!(
            "`-constraint={text}`: write a condition such as `meta.ou=finance` or `attr.os.name regexp ^deb`"
        ))),
    }
}

/// The whole id of the node whose id begins so.
async fn node(client: &Client, text: &str) -> Result<String, Failure> {
    let found = ids::by_prefix::<NodeList, _>(client, text, "querying nodes").await?;
    let missing = format!("No node(s) with prefix \"{text}\" found");
    let table = |found: &[NodeListStub]| {
        let mut table = Table::new(&["ID", "Name"]);
        found.iter().for_each(|node| table.row(vec![node.id.clone(), node.name.clone()]));
        table
    };
    Ok(ids::only(found, "nodes", missing, table)?.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, String> {
        let shown = |of: ConstraintInput| {
            let part = |part: Option<String>| part.unwrap_or_default();
            format!("{}|{}|{}", part(of.left), part(of.operand), part(of.right))
        };
        condition(text).map(shown).map_err(|error| error.to_string())
    }

    #[test]
    fn conditions_are_read_as_people_write_them() {
        for (text, expected) in [
            ("meta.ou=finance", "meta.ou|=|finance"),
            ("meta.ou = a=b", "meta.ou|=|a=b"),
            ("attr.cpu.numcores >= 4", "attr.cpu.numcores|>=|4"),
            ("meta.x!=y", "meta.x|!=|y"),
            ("${meta.rack} regexp ^r[1-4]=", "${meta.rack}|regexp|^r[1-4]="),
            ("attr.os.version version >= 12, < 13", "attr.os.version|version|>= 12, < 13"),
            ("meta.ou==legal dept", "meta.ou|==|legal dept"),
        ] {
            assert_eq!(shown(text), Ok(expected.to_owned()));
        }
        assert!(shown("finance").is_err() && shown("=x").is_err());
    }

    #[test]
    fn numbers_belong_to_what_they_name() {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let read =
            |texts: &[&str], only| numbers("cpu", &list(texts), only).map_err(|error| error.to_string());
        assert_eq!(read(&[], None), Ok(None));
        assert_eq!(read(&["g/t=500"], None), Ok(Some([("g/t".to_owned(), 500)].into())));
        assert_eq!(read(&["500"], Some("t")), Ok(Some([("t".to_owned(), 500)].into())));
        assert!(read(&["500"], None).is_err_and(|text| text.contains("must say of what")));
        assert!(read(&["t=x"], None).is_err_and(|text| text.contains("`x` is not a whole number")));
        assert!(read(&["t=1", "t=2"], None).is_err_and(|text| text.contains("twice")));
    }
}
