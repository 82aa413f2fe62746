//! The agent's log: every event is rendered at most once a format and handed to sinks and watchers.
//!
//! ```text
//!   tracing event ─► Layer (level, targets) ─► Line ─┬─► sinks: console, file, system log
//!                                                    └─► watchers, each with its own level and a bounded queue
//! ```
//!
//! A watcher that reads too slowly loses lines and is told how many; it never slows the agent down.

mod export;
mod file;
mod layer;
mod line;
mod syslog;
mod watcher;

use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub use export::{Export, ExportError, ExportRequest};
pub use file::{LogFile, Rotation};
pub use line::Format;
pub use syslog::Syslog;
pub use watcher::Watcher;

use line::Line;
use watcher::Feed;

/// How much is told, in the contract's names. Ordered: a level includes all that are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Off,
}

impl Level {
    /// Letter case does not count; `ERR` is `ERROR`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "trace" => Self::Trace,
            "debug" => Self::Debug,
            "info" => Self::Info,
            "warn" => Self::Warn,
            "err" | "error" => Self::Error,
            "off" => Self::Off,
            _ => return None,
        })
    }

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Off => "off",
        }
    }

    const fn of(level: tracing::Level) -> Self {
        match level {
            tracing::Level::TRACE => Self::Trace,
            tracing::Level::DEBUG => Self::Debug,
            tracing::Level::INFO => Self::Info,
            tracing::Level::WARN => Self::Warn,
            tracing::Level::ERROR => Self::Error,
        }
    }

    const fn from_u8(number: u8) -> Self {
        match number {
            0 => Self::Trace,
            1 => Self::Debug,
            2 => Self::Info,
            3 => Self::Warn,
            4 => Self::Error,
            _ => Self::Off,
        }
    }
}

/// Takes rendered lines, without their line end.
pub trait Sink: Send {
    fn write(&mut self, level: Level, line: &str);
}

/// Standard output.
#[derive(Debug)]
pub struct Console;

impl Sink for Console {
    fn write(&mut self, _: Level, line: &str) {
        // A reader that went away is no reason to stop an agent.
        let _closed = writeln!(std::io::stdout(), "{line}");
    }
}

/// The log of one process. Cheap to clone.
#[derive(Clone)]
pub struct Logs(Arc<Inner>);

struct Inner {
    format: Format,
    /// Of the sinks; watchers have their own.
    level: AtomicU8,
    /// The most that anybody wants to know.
    most: AtomicU8,
    /// Replaces the level for the sinks, when the operator gave one.
    targets: RwLock<Option<Targets>>,
    sinks: Mutex<Vec<Box<dyn Sink>>>,
    /// Where it is written on disk, if it is.
    file: OnceLock<PathBuf>,
    feeds: Mutex<Vec<Feed>>,
}

impl std::fmt::Debug for Logs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Logs").field("level", &self.level()).finish_non_exhaustive()
    }
}

impl Default for Logs {
    /// Nobody listens until somebody watches.
    fn default() -> Self {
        Self::new(Level::Off, Format::default())
    }
}

impl Logs {
    #[must_use]
    pub fn new(level: Level, format: Format) -> Self {
        Self(Arc::new(Inner {
            format,
            level: AtomicU8::new(level as u8),
            most: AtomicU8::new(level as u8),
            targets: RwLock::new(None),
            sinks: Mutex::new(Vec::new()),
            file: OnceLock::new(),
            feeds: Mutex::new(Vec::new()),
        }))
    }

    pub fn add_sink(&self, sink: Box<dyn Sink>) {
        lock(&self.0.sinks).push(sink);
    }

    /// The same, remembered as what is exported.
    pub fn add_file(&self, file: LogFile) {
        let _first = self.0.file.set(file.path().to_owned());
        self.add_sink(Box::new(file));
    }

    /// Begins to read what was logged before.
    ///
    /// # Errors
    /// When there is no such log here, or it cannot be read.
    pub fn export(&self, request: ExportRequest) -> Result<Export, ExportError> {
        Export::open(request, self.0.file.get().map(PathBuf::as_path))
    }

    /// A filter such as `info,openraft=warn` instead of the level, for what goes to the sinks.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn set_targets(&self, filter: &str) -> Result<(), String> {
        let targets = filter.parse::<Targets>().map_err(|error| format!("log filter `{filter}`: {error}"))?;
        *self.0.targets.write().unwrap_or_else(PoisonError::into_inner) = Some(targets);
        self.settle();
        Ok(())
    }

    #[must_use]
    pub fn level(&self) -> Level {
        Level::from_u8(self.0.level.load(Ordering::Relaxed))
    }

    /// Changes what goes to the sinks from now on.
    pub fn set_level(&self, level: Level) {
        self.0.level.store(level as u8, Ordering::Relaxed);
        self.settle();
    }

    /// Makes this the process's log.
    ///
    /// # Errors
    /// When the process has one already.
    pub fn install(&self) -> Result<(), String> {
        let layer = layer::LogLayer::new(self.clone());
        tracing_subscriber::registry().with(layer).try_init().map_err(|error| error.to_string())
    }

    /// Follows the log from now on, at the watcher's own level and in its own format.
    #[must_use]
    pub fn watch(&self, level: Level, format: Format) -> Watcher {
        let (feed, watcher) = watcher::pair(level, format, self.clone());
        lock(&self.0.feeds).push(feed);
        self.settle();
        watcher
    }

    /// Forgets watchers that are gone, and how much has to be told.
    fn settle(&self) {
        let mut feeds = lock(&self.0.feeds);
        feeds.retain(|feed| !feed.is_closed());
        let watched = feeds.iter().map(|feed| feed.level).min().unwrap_or(Level::Off);
        drop(feeds);
        let targets = self.0.targets.read().unwrap_or_else(PoisonError::into_inner);
        // What single targets want is asked for each event.
        let sinks = if targets.is_some() { Level::Trace } else { self.level() };
        self.0.most.store(watched.min(sinks) as u8, Ordering::Relaxed);
    }

    /// Whether anybody wants to know.
    fn wanted(&self, target: &str, level: tracing::Level) -> bool {
        let own = Level::of(level);
        if own < Level::from_u8(self.0.most.load(Ordering::Relaxed)) {
            return false;
        }
        is_ours(target) || own >= Level::Warn || self.for_sinks(target, level)
    }

    fn for_sinks(&self, target: &str, level: tracing::Level) -> bool {
        let targets = self.0.targets.read().unwrap_or_else(PoisonError::into_inner);
        match &*targets {
            Some(targets) => targets.would_enable(target, &level),
            None => Level::of(level) >= self.level().max(floor(target)),
        }
    }

    fn take(&self, line: &Line<'_>, target: &str, level: tracing::Level) {
        let own = Level::of(level);
        if self.for_sinks(target, level) {
            let text = line.render(self.0.format);
            lock(&self.0.sinks).iter_mut().for_each(|sink| sink.write(own, &text));
        }
        let mut feeds = lock(&self.0.feeds);
        let listening = feeds.iter_mut().filter(|feed| own >= feed.level.max(floor(target)));
        listening.for_each(|feed| feed.offer(line));
    }
}

/// Libraries tell only of what is wrong. openraft warns of the votes that a lone server outvotes itself with.
fn floor(target: &str) -> Level {
    match () {
        () if is_ours(target) => Level::Trace,
        () if target.starts_with("openraft") => Level::Error,
        () => Level::Warn,
    }
}

fn is_ours(target: &str) -> bool {
    target.starts_with("muster")
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
