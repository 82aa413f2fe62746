//! How a restart goes through its allocations.

use std::time::Duration;

/// How many allocations are restarted at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BatchSize {
    Count(usize),
    /// Of those that run, rounded up.
    Percent(usize),
}

impl BatchSize {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (digits, percent) = match text.strip_suffix('%') {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        match digits.parse() {
            Ok(0) | Err(_) => Err("write a number above 0, or a percentage such as 25%".to_owned()),
            Ok(number) if percent && number > 100 => Err("there is no more than 100%".to_owned()),
            Ok(number) if percent => Ok(Self::Percent(number)),
            Ok(number) => Ok(Self::Count(number)),
        }
    }

    pub(super) const fn of(self, total: usize) -> usize {
        let size = match self {
            Self::Count(count) => count,
            Self::Percent(percent) => total.saturating_mul(percent).div_ceil(100),
        };
        if size == 0 { 1 } else { size }
    }
}

/// What happens between two batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BatchWait {
    For(Duration),
    Ask,
}

impl BatchWait {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text == "ask" {
            return Ok(Self::Ask);
        }
        let wait = muster_jobspec::duration::parse(text).ok().and_then(|nanos| nanos.to_duration());
        wait.map(Self::For).ok_or_else(|| "write a duration such as 30s, or `ask`".to_owned())
    }
}

/// What happens when an allocation could not be restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum OnError {
    Ask,
    Fail,
}

/// What the user says to go on, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Go,
    Wait(Duration),
    Stop,
    Unclear,
}

impl Answer {
    /// `usually` is what an empty line means.
    pub(super) fn read(text: &str, usually: Self) -> Self {
        match text.trim() {
            "" => usually,
            "y" | "Y" | "yes" => Self::Go,
            "n" | "N" | "no" => Self::Stop,
            other => match BatchWait::parse(other) {
                Ok(BatchWait::For(wait)) => Self::Wait(wait),
                _ => Self::Unclear,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_numbers_or_percentages() {
        for (text, of_seven) in [("1", 1), ("3", 3), ("9", 9), ("50%", 4), ("1%", 1), ("100%", 7)] {
            assert_eq!(BatchSize::parse(text).map(|size| size.of(7)), Ok(of_seven), "{text}");
        }
        for text in ["0", "0%", "-1", "101%", "x", "%", ""] {
            assert!(BatchSize::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn waits_and_answers() {
        assert_eq!(BatchWait::parse("ask"), Ok(BatchWait::Ask));
        assert_eq!(BatchWait::parse("1m30s"), Ok(BatchWait::For(Duration::from_secs(90))));
        assert!(BatchWait::parse("soon").is_err() && BatchWait::parse("-1s").is_err());
        for (text, answer) in [
            ("\n", Answer::Go),
            ("y\n", Answer::Go),
            ("n\n", Answer::Stop),
            ("10s\n", Answer::Wait(Duration::from_secs(10))),
            ("what\n", Answer::Unclear),
            ("ask\n", Answer::Unclear),
        ] {
            assert_eq!(Answer::read(text, Answer::Go), answer, "{text}");
        }
        assert_eq!(Answer::read("", Answer::Stop), Answer::Stop);
    }
}
