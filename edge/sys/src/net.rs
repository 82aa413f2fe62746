//! Addresses of this machine.

use std::net::IpAddr;

/// An address of an interface.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InterfaceAddress {
    pub interface: String,
    pub ip: IpAddr,
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::CStr;
    use std::io;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use super::InterfaceAddress;

    /// The addresses of every interface, sorted. Those that only mean something together with their link (IPv6
    /// `fe80::`) are left out.
    ///
    /// # Errors
    /// When the kernel does not tell.
    pub fn addresses() -> io::Result<Vec<InterfaceAddress>> {
        let mut first: *mut libc::ifaddrs = std::ptr::null_mut();
        // SAFETY: `first` is valid for writes; on success it is owned here until `freeifaddrs`.
        if unsafe { libc::getifaddrs(&raw mut first) } != 0 {
            return Err(io::Error::last_os_error());
        }
        let mut found = Vec::new();
        let mut next = first;
        // SAFETY: `next` is null or an entry of the list, which lives until it is freed below.
        while let Some(entry) = unsafe { next.as_ref() } {
            next = entry.ifa_next;
            let Some(ip) = ip_of(entry.ifa_addr) else { continue };
            // SAFETY: the name of an entry is a NUL-terminated string of the list.
            let interface = unsafe { CStr::from_ptr(entry.ifa_name) }.to_string_lossy().into_owned();
            found.push(InterfaceAddress { interface, ip });
        }
        // SAFETY: `first` came from `getifaddrs`, and nothing refers to the list any more.
        unsafe { libc::freeifaddrs(first) };
        found.sort();
        found.dedup();
        Ok(found)
    }

    fn ip_of(address: *const libc::sockaddr) -> Option<IpAddr> {
        // SAFETY: the address of an entry is null or points to a socket address.
        let family = i32::from(unsafe { address.as_ref() }?.sa_family);
        match family {
            libc::AF_INET => {
                // SAFETY: the family says which structure lies there; it may lie unaligned.
                let address = unsafe { address.cast::<libc::sockaddr_in>().read_unaligned() };
                Some(IpAddr::V4(Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr))))
            }
            libc::AF_INET6 => {
                // SAFETY: as above.
                let address = unsafe { address.cast::<libc::sockaddr_in6>().read_unaligned() };
                let ip = Ipv6Addr::from(address.sin6_addr.s6_addr);
                (!ip.is_unicast_link_local()).then_some(IpAddr::V6(ip))
            }
            _ => None,
        }
    }
}

#[cfg(target_os = "linux")]
pub use linux::addresses;

/// The interface of the default route, where the system tells.
#[must_use]
pub fn default_interface() -> Option<String> {
    let routes = std::fs::read_to_string("/proc/net/route").ok()?;
    default_route_device(&routes).map(str::to_owned)
}

/// The device whose destination and mask are both zero, in the kernel's table of routes.
#[must_use]
pub fn default_route_device(routes: &str) -> Option<&str> {
    routes.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let zero = |at: usize| fields.get(at).is_some_and(|field| field.bytes().all(|b| b == b'0'));
        (zero(1) && zero(7)).then(|| fields.first().copied()).flatten()
    })
}

/// # Errors
/// Always: interfaces are not asked for their addresses here yet.
#[cfg(not(target_os = "linux"))]
pub fn addresses() -> std::io::Result<Vec<InterfaceAddress>> {
    Err(crate::unsupported("listing addresses of interfaces"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn loopback_has_its_address() {
        let all = addresses().unwrap();
        let loopback = InterfaceAddress { interface: "lo".to_owned(), ip: Ipv4Addr::LOCALHOST.into() };
        assert!(all.contains(&loopback), "{all:?}");
    }
}
