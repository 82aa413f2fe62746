//! The smallest program that can supervise: what tests and examples start in place of `muster`.

fn main() {
    muster_sys::supervisor::run_if_supervisor();
}
