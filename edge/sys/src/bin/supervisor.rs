//! The smallest program that can be a supervisor: what tests and examples start in place of `muster`.

fn main() {
    muster_sys::supervisor::run_if_supervisor();
}
