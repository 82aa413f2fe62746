//! Texts that users and other tools see; the contract (`http-api.md` section 14) fixes them.

pub const NOT_NEEDED: &str = "alloc not needed due to job update";
pub const MIGRATING: &str = "alloc is being migrated";
pub const UPDATING: &str = "alloc is being updated due to job update";
pub const LOST: &str = "alloc is lost since its node is down";
pub const UNKNOWN: &str = "alloc is unknown since its node is disconnected";
pub const RECONNECTED: &str = "alloc not needed due to disconnected client reconnect";
pub const RESCHEDULED: &str = "alloc was rescheduled because it failed";

pub const BLOCKED_EVAL: &str = "created to place remaining allocations";
pub const WAITING_EVAL: &str = "created to wait for the allocations it replaces to end";
pub const CONFLICT_EVAL: &str = "created due to placement conflicts";
pub const DISCONNECT_EVAL: &str = "created for delayed disconnect timeout";
pub const DELAYED_EVAL: &str = "created for delayed rescheduling";

pub const MISSING_DRIVERS: &str = "missing drivers";
pub const MISSING_DEVICES: &str = "missing devices";
pub const MISSING_VOLUMES: &str = "missing compatible host volumes";
pub const NO_FREE_DEVICE: &str = "devices: no devices match request";
pub const NO_DYNAMIC_PORT: &str = "network: dynamic port selection failed";
