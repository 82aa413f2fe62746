//! Lists of numbers and ranges, such as `22,80,8500-8600`.

use std::collections::BTreeSet;

/// Sorted, each number once; the error repeats the part that is no number.
pub(crate) fn parse(text: &str) -> Result<Vec<u16>, String> {
    let mut numbers = BTreeSet::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| {
            let refused = || format!("`{text}` in `{part}` is not a number from 0 to 65535");
            text.trim().parse::<u16>().map_err(|_| refused())
        };
        let (first, last) = (number(first)?, number(last)?);
        if first > last {
            return Err(format!("the range `{part}` ends before it begins"));
        }
        numbers.extend(first..=last);
    }
    Ok(numbers.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges_become_a_sorted_list() {
        assert_eq!(parse("80, 22,8500-8502,8501"), Ok(vec![22, 80, 8500, 8501, 8502]));
        assert_eq!(parse(""), Ok(Vec::new()));
    }

    #[test]
    fn refusals_repeat_the_part_at_fault() {
        assert_eq!(parse("1,x-3"), Err("`x` in `x-3` is not a number from 0 to 65535".into()));
        assert_eq!(parse("9-3"), Err("the range `9-3` ends before it begins".into()));
        assert!(parse("70000").is_err());
    }
}
