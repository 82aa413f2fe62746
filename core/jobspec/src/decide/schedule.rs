//! Hours in which a task runs.

use muster_cron::parse_cron;
use muster_model::TaskSchedule;

use super::{Findings, periodic};
use crate::input::ScheduleInput;
use crate::wire::Wire;

pub(super) fn decide(input: &ScheduleInput, found: &mut Findings) -> TaskSchedule {
    let schedule = input.decide(found);
    match &schedule.cron {
        None => found.error("schedule needs a `cron` block"),
        Some(cron) => {
            fields("start", &cron.start, 6, found);
            fields("end", &cron.end, 2, found);
            if !cron.timezone.is_empty() {
                periodic::check_zone("`timezone`", &cron.timezone, found);
            }
        }
    }
    found.unsupported("a task's `schedule` block", "the task would run at all hours");
    schedule
}

fn fields(what: &str, text: &str, count: usize, found: &mut Findings) {
    let given = text.split_whitespace().count();
    if given != count {
        found.error(format!("schedule: `{what}` takes {count} cron fields, got {given} in `{text}`"));
    } else if text.contains(['/', ',']) {
        found.error(format!("schedule: `{what}` may hold neither `/` nor `,`; got `{text}`"));
    } else if count == 6
        && let Err(error) = parse_cron(text)
    {
        found.error(format!("schedule: `{what}` `{text}`: {error}"));
    }
}
