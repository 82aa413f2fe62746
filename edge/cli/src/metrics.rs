//! Why a placement failed, or how it was decided: the lines of an allocation's metric.

use std::collections::BTreeMap;

use muster_api::views::MetricView;

use crate::table::Table;

/// One line per finding, each beginning with `indent`.
pub(crate) fn findings(metric: &MetricView, indent: &str) -> Vec<String> {
    let mut lines = Vec::new();
    if metric.nodes_evaluated == 0 {
        lines.push("No nodes were eligible for evaluation".to_owned());
    }
    let empty = metric.nodes_available.iter().filter(|(_, count)| **count == 0);
    lines.extend(empty.map(|(dc, _)| format!("No nodes are available in datacenter \"{dc}\"")));
    lines.extend(each(metric.class_filtered.as_ref(), |class, n| {
        format!("Class \"{class}\": {n} nodes excluded by filter")
    }));
    lines.extend(each(metric.constraint_filtered.as_ref(), |rule, n| {
        format!("Constraint \"{rule}\": {n} nodes excluded by filter")
    }));
    if metric.nodes_exhausted > 0 {
        lines.push(format!("Resources exhausted on {} nodes", metric.nodes_exhausted));
    }
    lines.extend(each(metric.class_exhausted.as_ref(), |class, n| {
        format!("Class \"{class}\" exhausted on {n} nodes")
    }));
    lines.extend(each(metric.dimension_exhausted.as_ref(), |name, n| {
        format!("Dimension \"{name}\" exhausted on {n} nodes")
    }));
    lines.extend(metric.quota_exhausted.iter().flatten().map(|name| format!("Quota limit hit \"{name}\"")));
    lines.into_iter().map(|line| format!("{indent}* {line}")).collect()
}

fn each(counts: Option<&BTreeMap<String, u32>>, line: impl Fn(&str, u32) -> String) -> Vec<String> {
    counts.into_iter().flatten().map(|(name, count)| line(name, *count)).collect()
}

/// `Task Group "g" (failed to place 2 allocations):`
pub(crate) fn failed_group(group: &str, metric: &MetricView) -> String {
    let count = u64::from(metric.coalesced_failures) + 1;
    let noun = if count == 1 { "allocation" } else { "allocations" };
    format!("Task Group \"{group}\" (failed to place {count} {noun}):")
}

/// How the best nodes were rated; `None` when nothing was recorded.
pub(crate) fn scores(metric: &MetricView, verbose: bool) -> Option<Table> {
    let scores = metric.score_meta_data.as_deref().filter(|scores| !scores.is_empty())?;
    let mut names: Vec<&str> =
        scores.iter().flat_map(|node| node.scores.keys()).map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let mut table = Table::new(&["Node"]);
    names.iter().for_each(|name| table.column(name));
    table.column("final score");
    for node in scores {
        let mut row = vec![crate::ids::short(&node.node_id, verbose)];
        row.extend(names.iter().map(|name| number(node.scores.get(*name).copied().unwrap_or(0.0))));
        row.push(number(node.norm_score));
        table.row(row);
    }
    Some(table)
}

/// Three significant digits, without trailing zeros.
fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_api::views::NodeScoreView;

    fn counts<const N: usize>(pairs: [(&str, u32); N]) -> BTreeMap<String, u32> {
        pairs.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
    }

    #[test]
    fn every_finding_has_its_line() {
        let metric = MetricView {
            nodes_available: counts([("dc1", 2), ("dc2", 0)]),
            class_filtered: Some(counts([("a", 1)])),
            constraint_filtered: Some(counts([("${attr.x} = y", 2)])),
            nodes_exhausted: 3,
            class_exhausted: Some(counts([("b", 3)])),
            dimension_exhausted: Some(counts([("memory", 3)])),
            quota_exhausted: Some(vec!["q".to_owned()]),
            ..MetricView::default()
        };
        let expected = [
            "  * No nodes were eligible for evaluation",
            "  * No nodes are available in datacenter \"dc2\"",
            "  * Class \"a\": 1 nodes excluded by filter",
            "  * Constraint \"${attr.x} = y\": 2 nodes excluded by filter",
            "  * Resources exhausted on 3 nodes",
            "  * Class \"b\" exhausted on 3 nodes",
            "  * Dimension \"memory\" exhausted on 3 nodes",
            "  * Quota limit hit \"q\"",
        ];
        assert_eq!(findings(&metric, "  "), expected);
    }

    #[test]
    fn scores_share_one_set_of_columns() {
        let node = |id: &str, name: &str, value: f64| NodeScoreView {
            node_id: id.to_owned(),
            scores: BTreeMap::from([(name.to_owned(), value)]),
            norm_score: value,
        };
        let scored = vec![node("0123456789", "binpack", 0.75), node("abcdefabcd", "spread", 0.12345)];
        let metric = MetricView { score_meta_data: Some(scored), ..MetricView::default() };
        let lines = scores(&metric, false).map(|table| table.lines()).unwrap_or_default();
        let expected = [
            "Node      binpack  spread  final score",
            "01234567  0.75     0       0.75",
            "abcdefab  0        0.123   0.123",
        ];
        assert_eq!(lines, expected);
        assert!(scores(&MetricView::default(), false).is_none());
    }
}
