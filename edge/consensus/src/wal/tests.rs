#![expect(clippy::unwrap_used, reason = "tests")]

mod crash;
mod damage;
mod model;
mod running;
