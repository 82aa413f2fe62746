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

/// CPU time that this process has used.
pub fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// CPU time that another process has used so far, in steps of 10 ms.
pub fn cpu_time_of(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The name in brackets may hold anything.
    let fields = stat.rsplit_once(')').unwrap().1;
    let ticks: u64 =
        fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
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
