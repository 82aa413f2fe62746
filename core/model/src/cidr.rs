//! Address ranges, such as `10.0.0.0/8`.

use std::net::IpAddr;
use std::str::FromStr;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    ip: IpAddr,
    bits: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid CIDR address: {0}; write an address and the length of its prefix, such as 10.0.0.0/8")]
pub struct CidrError(String);

impl FromStr for Cidr {
    type Err = CidrError;

    fn from_str(text: &str) -> Result<Self, CidrError> {
        let refused = || CidrError(text.to_owned());
        let (ip, bits) = text.split_once('/').ok_or_else(refused)?;
        let ip: IpAddr = ip.parse().map_err(|_| refused())?;
        let most = if ip.is_ipv4() { 32 } else { 128 };
        let bits = bits.parse().ok().filter(|bits| *bits <= most).ok_or_else(refused)?;
        Ok(Self { ip, bits })
    }
}

impl Cidr {
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        let (one, other, width) = match (self.ip, ip) {
            (IpAddr::V4(one), IpAddr::V4(other)) => {
                (u128::from(u32::from(one)), u128::from(u32::from(other)), 32)
            }
            (IpAddr::V6(one), IpAddr::V6(other)) => (u128::from(one), u128::from(other), 128),
            _ => return false,
        };
        let differ = one ^ other;
        self.bits == 0 || differ >> (width - u32::from(self.bits)) == 0
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn prefixes_hold_their_addresses() {
        for (cidr, ip, expected) in [
            ("10.0.0.0/8", "10.255.1.2", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("192.168.1.7/32", "192.168.1.7", true),
            ("192.168.1.7/32", "192.168.1.6", false),
            ("0.0.0.0/0", "1.2.3.4", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "::1", true),
            ("fd00::/8", "fd12::1", true),
            ("fd00::/8", "fe12::1", false),
        ] {
            let cidr: Cidr = cidr.parse().unwrap();
            assert_eq!(cidr.contains(ip.parse().unwrap()), expected, "{cidr:?} {ip}");
        }
    }

    #[test]
    fn what_is_no_range_is_repeated() {
        for text in ["10.0.0.0", "10.0.0.0/33", "x/8", "", "10.0.0.0/-1", "::/129"] {
            assert!(text.parse::<Cidr>().unwrap_err().to_string().contains(text), "{text}");
        }
    }
}
