//! `schedule`: hours in which a task runs.

use crate::wire::wire;

wire! {
    /// A schedule.
    ScheduleInput => TaskSchedule {
        cron: ScheduleCronInput,
    }

    /// Start and end as cron fields.
    ScheduleCronInput => ScheduleCron {
        start: String,
        end: String,
        timezone: String,
    }
}
