//! How figures are printed.

use std::time::Duration;

/// `name: figure unit (goal …; ratio to the limit …)`.
pub fn rate(name: &str, per_second: f64, goal: Option<f64>, limit: Option<(&str, f64)>) {
    let goal = goal.map(|goal| format!("; goal {goal:.0}/s: {:.0} %", 100.0 * per_second / goal));
    let limit = limit.map(|(what, limit)| format!("; {:.2} x {what} ({limit:.0}/s)", per_second / limit));
    println!("{name}: {per_second:.0}/s{}{}", goal.unwrap_or_default(), limit.unwrap_or_default());
}

pub fn time(name: &str, taken: Duration, goal: Option<Duration>, limit: Option<(&str, Duration)>) {
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    let goal = goal.map(|goal| format!("; goal {:.0} ms", ms(goal)));
    let limit = limit.map(|(what, limit)| {
        format!("; {:.1} x {what} ({:.2} ms)", taken.as_secs_f64() / limit.as_secs_f64().max(1e-9), ms(limit))
    });
    println!("{name}: {:.2} ms{}{}", ms(taken), goal.unwrap_or_default(), limit.unwrap_or_default());
}

/// Sorts, and gives the value at `fraction` of the way.
pub fn quantile(values: &mut [Duration], fraction: f64) -> Duration {
    values.sort_unstable();
    let position = ((values.len().max(1) - 1) as f64 * fraction).round() as usize;
    values.get(position).copied().unwrap_or_default()
}

pub fn median(values: &mut [Duration]) -> Duration {
    quantile(values, 0.5)
}
