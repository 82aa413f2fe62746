//! Namespaces as an operator describes them.

use muster_ids::Namespace;
use muster_model::EvalTrigger;

use super::node_evals::Concerned;
use crate::change::Change;
use crate::command::{NamespaceUpsert, Reply};
use crate::tables::Tables;

/// Jobs that are there stay what they are: another binding counts for what is placed from now on. Jobs that run on every
/// node may have to run on others then.
pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &NamespaceUpsert) -> Reply {
    let mut concerned = Concerned::default();
    for details in &command.namespaces {
        let known = tables.namespaces.rows.get(&details.name);
        if known.is_some_and(|known| known.pools != details.pools) {
            concern(tables, &details.name, &mut concerned);
        }
        tables.put_namespace(cx, details.clone());
    }
    let _evals = concerned.evaluate(tables, cx, command.seed, EvalTrigger::JobRegister, None);
    Reply::Done
}

fn concern(tables: &Tables, namespace: &Namespace, concerned: &mut Concerned) {
    let jobs = tables.jobs.per_node.iter().filter_map(|slot| tables.jobs.at(*slot)?.current());
    jobs.filter(|job| job.namespace == *namespace).for_each(|job| concerned.add(tables, job));
}
