//! Counts the connections that each address holds, so that one caller cannot take all of them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// What one address may hold beyond loopback unless the configuration says otherwise. On loopback everybody has the
/// same address, so there the total alone is the limit.
const DEFAULT_MAX: u32 = 100;

#[derive(Clone, Debug)]
pub(super) struct PerAddress {
    /// As configured; 0 is no limit.
    max: Option<u32>,
    held: Arc<Mutex<HashMap<IpAddr, u32>>>,
}

/// One connection of an address; given back when dropped.
#[derive(Debug)]
pub(super) struct Held {
    of: IpAddr,
    held: Arc<Mutex<HashMap<IpAddr, u32>>>,
}

impl PerAddress {
    pub(super) fn new(max: Option<u32>) -> Self {
        Self { max, held: Arc::default() }
    }

    /// `None` when the address holds as many as it may.
    pub(super) fn take(&self, address: IpAddr) -> Option<Held> {
        let of = address.to_canonical();
        let max = match self.max {
            Some(0) => u32::MAX,
            Some(max) => max,
            None if of.is_loopback() => u32::MAX,
            None => DEFAULT_MAX,
        };
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(of).or_insert(0);
        if *count >= max {
            return None;
        }
        *count += 1;
        Some(Held { of, held: Arc::clone(&self.held) })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match held.get_mut(&self.of) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(held.remove(&self.of)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn each_address_has_a_limit_of_its_own() {
        let [one, other] = [Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2)];
        let (mapped, one, other) = (one.to_ipv6_mapped().into(), one.into(), other.into());
        let connections = PerAddress::new(Some(2));
        let first = connections.take(one);
        let second = connections.take(mapped);
        assert!(first.is_some() && second.is_some());
        assert!(connections.take(one).is_none(), "the mapped form is the same address");
        assert!(connections.take(other).is_some());
        drop(first);
        assert!(connections.take(one).is_some());
        drop(second);
        assert!(connections.held.lock().is_ok_and(|held| held.is_empty()), "nothing is kept of who has left");
    }

    #[test]
    fn loopback_is_everybody() {
        let connections = PerAddress::new(None);
        let take = |address: [u8; 4]| connections.take(address.into());
        let local: Vec<_> = (0..300).filter_map(|_| take([127, 0, 0, 1])).collect();
        let remote: Vec<_> = (0..300).filter_map(|_| take([10, 0, 0, 1])).collect();
        assert_eq!((local.len(), remote.len()), (300, 100));
    }
}
