//! Versions and lists of requirements on them, such as `>= 1.2, < 2`.
//!
//! Two sets of rules: `version` accepts what people write (`1.2`, `v1.2.3beta`) and keeps prereleases apart from
//! releases; `semver` orders prereleases like any version and has no `~>`.

use std::cmp::Ordering;

use smallvec::SmallVec;

/// How versions are read and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    Version,
    Semver,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Version {
    /// At least three.
    segments: SmallVec<[u64; 4]>,
    /// How many were written.
    given: usize,
    /// Without the hyphen; empty for a release.
    prerelease: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Pessimistic,
}

/// A comma-separated list; all must hold.
#[derive(Clone, Debug)]
pub struct Requirements {
    rules: Rules,
    list: Vec<(Relation, Version)>,
}

impl Requirements {
    /// `None` when some part of the list is not valid.
    #[must_use]
    pub fn parse(text: &str, rules: Rules) -> Option<Self> {
        let list = text.split(',').map(|part| parse_one(part, rules)).collect::<Option<_>>()?;
        Some(Self { rules, list })
    }

    /// Whether `text` is a version that meets all of the list.
    #[must_use]
    pub fn met_by(&self, text: &str) -> bool {
        Version::parse(text, self.rules).is_some_and(|version| {
            self.list.iter().all(|(relation, bound)| self.met(*relation, &version, bound))
        })
    }

    fn met(&self, relation: Relation, version: &Version, bound: &Version) -> bool {
        let order = version.cmp_to(bound);
        let comparable = self.rules == Rules::Semver || comparable(version, bound);
        match relation {
            Relation::Equal => order == Ordering::Equal,
            Relation::NotEqual => order != Ordering::Equal,
            Relation::Greater => comparable && order == Ordering::Greater,
            Relation::Less => comparable && order == Ordering::Less,
            Relation::GreaterOrEqual => comparable && order != Ordering::Less,
            Relation::LessOrEqual => comparable && order != Ordering::Greater,
            Relation::Pessimistic => comparable && pessimistic(version, bound),
        }
    }
}

fn parse_one(text: &str, rules: Rules) -> Option<(Relation, Version)> {
    const RELATIONS: [(&str, Relation); 7] = [
        (">=", Relation::GreaterOrEqual),
        ("<=", Relation::LessOrEqual),
        ("!=", Relation::NotEqual),
        ("~>", Relation::Pessimistic),
        (">", Relation::Greater),
        ("<", Relation::Less),
        ("=", Relation::Equal),
    ];
    let text = text.trim();
    let (relation, rest) = RELATIONS
        .iter()
        .find_map(|(sign, relation)| Some((*relation, text.strip_prefix(sign)?)))
        .unwrap_or((Relation::Equal, text));
    if rules == Rules::Semver && relation == Relation::Pessimistic {
        return None;
    }
    Some((relation, Version::parse(rest, rules)?))
}

/// A prerelease is only comparable with a bound that names a prerelease of the same release.
fn comparable(version: &Version, bound: &Version) -> bool {
    match (version.prerelease.is_empty(), bound.prerelease.is_empty()) {
        (true, _) => true,
        (false, true) => false,
        (false, false) => cmp_segments(&version.segments, &bound.segments) == Ordering::Equal,
    }
}

/// `~> 1.2` is at least 1.2 and below 2; `~> 1.2.3` at least 1.2.3 and below 1.3: only the last part written may grow.
fn pessimistic(version: &Version, bound: &Version) -> bool {
    if !bound.prerelease.is_empty() && version.prerelease.is_empty() {
        return false;
    }
    let fixed = bound.given.saturating_sub(1);
    version.cmp_to(bound) != Ordering::Less
        && bound.segments.len() <= version.segments.len()
        && version.segments.iter().zip(&bound.segments).take(fixed).all(|(have, want)| have == want)
}

impl Version {
    fn parse(text: &str, rules: Rules) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('v').unwrap_or(text);
        let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
        if build.is_some_and(|build| !is_identifiers(build)) {
            return None;
        }
        let core_len = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let (core, rest) = text.split_at_checked(core_len)?;
        let mut segments =
            core.split('.').map(|part| part.parse().ok()).collect::<Option<SmallVec<[u64; 4]>>>()?;
        let given = segments.len();
        segments.resize(given.max(3), 0);
        let prerelease = match rest.strip_prefix('-') {
            Some(prerelease) => prerelease,
            None if rest.is_empty() || rules == Rules::Version => rest,
            None => return None,
        };
        let valid = rest.is_empty() || is_identifiers(prerelease);
        valid.then(|| Self { segments, given, prerelease: prerelease.to_owned() })
    }

    fn cmp_to(&self, other: &Self) -> Ordering {
        cmp_segments(&self.segments, &other.segments)
            .then_with(|| cmp_prerelease(&self.prerelease, &other.prerelease))
    }
}

fn is_identifiers(text: &str) -> bool {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'~');
    text.split('.').all(|part| !part.is_empty() && part.bytes().all(valid))
}

/// Missing segments count as zero.
fn cmp_segments(left: &[u64], right: &[u64]) -> Ordering {
    let at = |list: &[u64], position: usize| list.get(position).copied().unwrap_or(0);
    let longest = left.len().max(right.len());
    (0..longest)
        .map(|i| at(left, i).cmp(&at(right, i)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// A release is above all of its prereleases; numbers are below words; more parts are above fewer.
fn cmp_prerelease(left: &str, right: &str) -> Ordering {
    match (left.is_empty(), right.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(left), Some(right)) => cmp_identifier(left, right),
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn cmp_identifier(left: &str, right: &str) -> Ordering {
    match (left.parse::<u64>(), right.parse::<u64>()) {
        (Ok(left), Ok(right)) => left.cmp(&right),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => left.cmp(right),
    }
}
