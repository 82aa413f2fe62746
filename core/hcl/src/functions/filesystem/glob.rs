//! Patterns for paths: `*` and `?` stay within a name, `**` spans directories, `[a-z]` and `[!a]` are one character,
//! `{a,b}` is a choice. Each choice is spelled out, and each spelling becomes a regular expression without
//! backtracking, so that no pattern takes long.

use regex::{Regex, RegexBuilder};

/// How many spellings the choices of a pattern may come to.
const MOST_SPELLINGS: usize = 64;

const LARGEST: usize = 1 << 18;

#[derive(Debug)]
pub(super) struct Pattern {
    spellings: Vec<Regex>,
}

impl Pattern {
    pub fn parse(pattern: &str) -> Result<Self, String> {
        let mut spellings = vec![String::new()];
        spell(pattern, &mut spellings)?;
        let compile = |spelling: &String| {
            let regex = RegexBuilder::new(&format!("^{}$", regular(spelling)?)).size_limit(LARGEST).build();
            regex.map_err(|_| format!("`{pattern}` is not a pattern such as `**/*.txt`"))
        };
        Ok(Self { spellings: spellings.iter().map(compile).collect::<Result<_, String>>()? })
    }

    pub fn cost(&self) -> usize {
        self.spellings.len()
    }

    pub fn matches(&self, path: &str) -> bool {
        self.spellings.iter().any(|spelling| spelling.is_match(path))
    }
}

/// Appends a pattern to each spelling, once for every choice.
fn spell(pattern: &str, spellings: &mut Vec<String>) -> Result<(), String> {
    let Some((before, choice)) = pattern.split_once('{') else {
        spellings.iter_mut().for_each(|spelling| spelling.push_str(pattern));
        return Ok(());
    };
    let (inside, after) = choice.split_once('}').ok_or("a `{` of the pattern is not closed")?;
    if inside.contains('{') {
        return Err("choices of a pattern cannot nest".to_owned());
    }
    let choices: Vec<&str> = inside.split(',').collect();
    if spellings.len().saturating_mul(choices.len()) > MOST_SPELLINGS {
        return Err(format!("the choices of the pattern come to more than {MOST_SPELLINGS}"));
    }
    let extend = |spelling: &String| {
        choices.iter().map(|choice| format!("{spelling}{before}{choice}")).collect::<Vec<_>>()
    };
    *spellings = spellings.iter().flat_map(extend).collect();
    spell(after, spellings)
}

/// A pattern without choices as a regular expression.
fn regular(pattern: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(ch) = rest.chars().next() {
        let (text, after): (String, &str) = if let Some(after) = rest.strip_prefix("**/") {
            ("(?:.*/)?".to_owned(), after)
        } else if let Some(after) = rest.strip_prefix("**") {
            (".*".to_owned(), after)
        } else if let Some(after) = rest.strip_prefix('*') {
            ("[^/]*".to_owned(), after)
        } else if let Some(after) = rest.strip_prefix('?') {
            ("[^/]".to_owned(), after)
        } else if let Some(after) = rest.strip_prefix('[') {
            let (class, after) = after.split_once(']').ok_or("a `[` of the pattern is not closed")?;
            (character_class(class), after)
        } else {
            let (ch, after) =
                match rest.strip_prefix('\\').and_then(|after| Some((after.chars().next()?, after))) {
                    Some((escaped, after)) => (escaped, after.get(escaped.len_utf8()..).unwrap_or("")),
                    None => (ch, rest.get(ch.len_utf8()..).unwrap_or("")),
                };
            (regex::escape(ch.encode_utf8(&mut [0; 4])), after)
        };
        out.push_str(&text);
        rest = after;
    }
    Ok(out)
}

fn character_class(class: &str) -> String {
    let (negated, members) = match class.strip_prefix(['!', '^']) {
        Some(members) => ("^/", members),
        None => ("", class),
    };
    let mut out = format!("[{negated}");
    for ch in members.chars() {
        if matches!(ch, '[' | ']' | '\\' | '^' | '&' | '~') {
            out.push('\\');
        }
        out.push(ch);
    }
    out.push(']');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_shells_do() {
        for (pattern, path, wanted) in [
            ("*.txt", "a.txt", true),
            ("*.txt", "d/a.txt", false),
            ("**/*.txt", "a.txt", true),
            ("**/*.txt", "d/e/a.txt", true),
            ("**", "d/e/a", true),
            ("d/?.[a-c]", "d/x.b", true),
            ("d/[!x]", "d/x", false),
            ("{a,b/*}.hcl", "b/c.hcl", true),
            ("a+b", "aab", false),
            ("a\\*", "a*", true),
        ] {
            let matches = Pattern::parse(pattern).map(|pattern| pattern.matches(path));
            assert_eq!(matches, Ok(wanted), "{pattern} {path}");
        }
        for pattern in ["[a", "{a", "{a,{b}}", "{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}"] {
            assert!(Pattern::parse(pattern).is_err(), "{pattern}");
        }
    }
}
