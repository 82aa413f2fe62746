//! `muster-sim`, called by `cargo xtask sim`.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use muster_sim::Shape;
use muster_sim::run::{self, Failed, Finished, Many, Order};

const USAGE: &str = "\
usage: cargo xtask sim [--seed N | --seeds A..B] [--steps M] [--shape small|single|quiet|rough|large]
                       [--threads T] [--seconds S] [--trace FILE]

  --seed N       runs one seed
  --seeds A..B   runs seeds A to B - 1 side by side
  --steps M      steps of each; 100000 when not given
  --planted      shows that every planted bug is found
  --all          goes on after a violation
  --seconds S    begins no further seed after so long
  --trace FILE   writes what happens, one line a step; with --seed";

struct Options {
    from: u64,
    to: u64,
    steps: u64,
    shape: Shape,
    threads: usize,
    seconds: Option<u64>,
    trace: Option<String>,
    all: bool,
    planted: bool,
}

fn main() -> ExitCode {
    match options().and_then(|options| execute(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn options() -> Result<Options, String> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut options = Options {
        from: 0,
        to: 1,
        steps: 100_000,
        shape: Shape::SMALL,
        threads,
        seconds: None,
        trace: None,
        all: false,
        planted: false,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(flag) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("`{flag}` wants a value\n\n{USAGE}"));
        match flag.as_str() {
            "--seed" => {
                options.from = number(&flag, &value()?)?;
                options.to = options.from.saturating_add(1);
            }
            "--seeds" => {
                let text = value()?;
                let (from, to) =
                    text.split_once("..").ok_or_else(|| format!("`--seeds {text}`: expected A..B"))?;
                (options.from, options.to) = (number(&flag, from)?, number(&flag, to)?);
            }
            "--steps" => options.steps = number(&flag, &value()?)?,
            "--threads" => options.threads = usize::try_from(number(&flag, &value()?)?).unwrap_or(1).max(1),
            "--seconds" => options.seconds = Some(number(&flag, &value()?)?),
            "--all" => options.all = true,
            "--planted" => options.planted = true,
            "--trace" => options.trace = Some(value()?),
            "--shape" => {
                let name = value()?;
                options.shape = Shape::named(&name).ok_or_else(|| {
                    let known: Vec<_> = Shape::ALL.iter().map(|shape| shape.name).collect();
                    format!("`--shape {name}`: expected one of {}", known.join(", "))
                })?;
            }
            _ => return Err(format!("unknown argument `{flag}`\n\n{USAGE}")),
        }
    }
    Ok(options)
}

fn number(flag: &str, text: &str) -> Result<u64, String> {
    text.replace('_', "").parse().map_err(|_| format!("`{flag} {text}`: expected a number"))
}

fn execute(options: &Options) -> Result<(), String> {
    if options.planted {
        return find_planted(options.threads);
    }
    let order = Order { seed: options.from, steps: options.steps, shape: options.shape };
    let began = Instant::now();
    if let Some(path) = &options.trace {
        let file = std::fs::File::create(path).map_err(|error| format!("cannot write `{path}`: {error}"))?;
        let finished = run::traced(order, file).map_err(|failed| failed.to_string())?;
        report(&Ok(finished));
        return Ok(());
    }
    let deadline = options.seconds.map(|seconds| began + Duration::from_secs(seconds));
    let Options { from, to, threads, all, .. } = *options;
    let done = run::many(&Many { from, to, order, threads, deadline, all }, report)
        .map_err(|failed| failed.to_string())?;
    let seconds = began.elapsed().as_secs_f64();
    let rate = done as f64 * options.steps as f64 / seconds.max(0.001);
    println!(
        "{done} seeds of {} steps, shape {}, in {seconds:.1} s: {rate:.0} steps/s; no invariant violated",
        options.steps, options.shape.name
    );
    Ok(())
}

#[cfg(feature = "planted")]
fn find_planted(threads: usize) -> Result<(), String> {
    muster_sim::plants::find_all(threads)
}

#[cfg(not(feature = "planted"))]
fn find_planted(_threads: usize) -> Result<(), String> {
    Err("`--planted` needs the feature `planted`, which `cargo xtask sim --planted` turns on".to_owned())
}

fn report(outcome: &Result<Finished, Box<Failed>>) {
    let Finished { seed, hash, peaces, entries, simulated } = match outcome {
        Ok(finished) => finished,
        Err(failed) => {
            let Failed { order, step, violation, .. } = &**failed;
            println!("seed {}: step {step}: `{}`: {}", order.seed, violation.invariant, violation.detail);
            return;
        }
    };
    println!(
        "seed {seed}: trace {hash:016x}; {entries} entries in {} s of cluster time, at rest {peaces} times",
        simulated.as_secs()
    );
}
