//! "Did you mean": the known name closest to a mistyped one.

/// Names longer than this are not typing mistakes; bounds the work on hostile input.
const LONGEST: usize = 64;

/// The candidate that differs from `name` least, if it is close enough to be what was meant. Letter case does not
/// count; of equally close candidates the first wins.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > LONGEST {
        return None;
    }
    let name = name.to_lowercase();
    let allowed = match name.chars().count() {
        0..=2 => 1,
        3..=5 => 2,
        _ => 3,
    };
    let measured = candidates.into_iter().filter(|candidate| candidate.len() <= LONGEST);
    let measured = measured.map(|candidate| (distance(&name, &candidate.to_lowercase()), candidate));
    measured.filter(|(far, _)| *far <= allowed).min_by_key(|(far, _)| *far).map(|(_, candidate)| candidate)
}

/// How many letters must be inserted, removed, replaced or swapped with their neighbour.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    let mut previous = None;
    for (row, ch) in from.chars().enumerate() {
        let mut next = vec![row + 1];
        for (column, other) in to.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX / 2);
            let replace = at(&last, column) + usize::from(ch != *other);
            let mut best = replace.min(at(&last, column + 1) + 1).min(at(&next, column) + 1);
            let left = column.checked_sub(1).and_then(|index| to.get(index));
            if previous == Some(*other) && left == Some(&ch) && !before.is_empty() {
                best = best.min(at(&before, column.saturating_sub(1)) + 1);
            }
            next.push(best);
        }
        previous = Some(ch);
        before = std::mem::replace(&mut last, next);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_hand_are_recognised() {
        let known = ["datacenter", "data_dir", "bind_addr", "server"];
        assert_eq!(closest("data_dri", known), Some("data_dir"));
        assert_eq!(closest("Sevrer", known), Some("server"));
        assert_eq!(closest("zzz", known), None);
        assert_eq!(closest("", known), None);
    }

    #[test]
    fn swapped_neighbours_cost_one() {
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
