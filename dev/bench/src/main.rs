//! Benchmarks, each printed beside a limit of the machine or a goal, measured in the same run: this machine is shared
//! and noisy, so ratios count, not seconds.
//!
//! ```sh
//! cargo build --release && cargo run --release -p muster-bench -- \
//!     [limits|job_files|placements|c1m|memory|agent|http|dispatch|lists|logs|exec|trust|hostile]
//! ```
//!
//! Without an argument everything runs. `agent`, `http`, `lists`, `logs`, `exec`, `trust` and `hostile` start the release binary as real processes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that cannot run fails loudly"
)]

mod agent;
mod c1m;
mod cluster;
mod dispatch;
mod exec;
mod figures;
mod hostile;
mod http;
mod job_files;
mod jobs;
mod limits;
mod lists;
mod logs;
mod memory;
mod placements;
mod trust;

fn main() {
    muster_sys::supervisor::run_if_supervisor();
    // As the agent does.
    muster_sys::heap::one_a_core();
    let wanted = std::env::args().nth(1);
    if wanted.as_deref() == Some(dispatch::SERVE) {
        return dispatch::serve();
    }
    if wanted.as_deref() == Some(hostile::ATTACK) {
        return hostile::attacker(std::env::args().skip(2));
    }
    let all: [(&str, fn()); 13] = [
        ("limits", limits::run),
        ("job_files", job_files::run),
        ("placements", placements::run),
        ("c1m", c1m::run),
        ("memory", memory::run),
        ("agent", agent::run),
        ("http", http::run),
        ("dispatch", dispatch::run),
        ("lists", lists::run),
        ("logs", logs::run),
        ("exec", exec::run),
        ("trust", trust::run),
        ("hostile", hostile::run),
    ];
    let mut known = false;
    for (name, run) in all {
        if wanted.as_deref().is_none_or(|wanted| wanted == name) {
            known = true;
            println!("\n== {name}");
            run();
        }
    }
    let all = "limits, job_files, placements, c1m, memory, agent, http, dispatch, lists, logs, exec, trust or hostile";
    assert!(known, "unknown benchmark; expected {all}");
}
