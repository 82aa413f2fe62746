//! IP prefixes in CIDR notation, IPv4 and IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::call::{Call, Function, Out, Refusal};
use crate::eval::{Val, to_number};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("cidrhost", "cidrhost(prefix, hostnumber)", 2, 2, cidrhost),
    Function::new("cidrnetmask", "cidrnetmask(prefix)", 1, 1, cidrnetmask),
    Function::new("cidrsubnet", "cidrsubnet(prefix, newbits, netnumber)", 3, 3, cidrsubnet),
    Function::new("cidrsubnets", "cidrsubnets(prefix, newbits, …)", 1, usize::MAX, cidrsubnets),
];

/// A network: its address with all host bits zero, aligned to the top of 128 bits.
#[derive(Clone, Copy)]
struct Prefix {
    top: u128,
    length: u32,
    /// 32 or 128.
    width: u32,
}

impl Prefix {
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let length: u32 = length.parse().ok()?;
        let (bits, width) = match address.parse().ok()? {
            IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32),
            IpAddr::V6(address) => (address.to_bits(), 128),
        };
        let plain = length <= width;
        plain.then_some(Self { top: bits & mask(length), length, width })
    }

    fn argument(call: &Call<'_>, at: usize) -> Result<Self, Refusal> {
        let text = call.text(at)?;
        Self::parse(&text)
            .ok_or_else(|| Refusal::of(at, format!("`{text}` is not a prefix such as 10.0.0.0/8")))
    }

    fn address(self, top: u128) -> IpAddr {
        match u32::try_from(top >> 96) {
            Ok(bits) if self.width == 32 => IpAddr::V4(Ipv4Addr::from_bits(bits)),
            _ => IpAddr::V6(Ipv6Addr::from_bits(top)),
        }
    }

    fn host_bits(self) -> u32 {
        self.width - self.length
    }

    /// The subnet of this number when the prefix grows by `more` bits.
    fn subnet(self, more: u32, number: u128) -> Option<Self> {
        let length = self.length.checked_add(more).filter(|length| *length <= self.width)?;
        let fits = more == 128 || number < 1_u128.checked_shl(more)?;
        let at = number.checked_shl(128_u32.checked_sub(length)?).unwrap_or(0);
        fits.then_some(Self { top: self.top | at, length, width: self.width })
    }

    fn write(self) -> String {
        format!("{}/{}", self.address(self.top), self.length)
    }
}

/// The topmost bits set.
fn mask(length: u32) -> u128 {
    u128::MAX.checked_shl(128 - length.min(128)).unwrap_or(0)
}

fn cidrhost(call: &Call<'_>) -> Out {
    let (prefix, number) = (Prefix::argument(call, 0)?, call.whole(1)?);
    let hosts = 1_u128.checked_shl(prefix.host_bits());
    let fits = |number: u128| hosts.is_none_or(|hosts| number < hosts);
    let magnitude = u128::from(number.unsigned_abs());
    // A negative number counts back from the last address.
    let host = match hosts {
        _ if number >= 0 => Some(magnitude).filter(|number| fits(*number)),
        Some(hosts) => hosts.checked_sub(magnitude),
        None => Some(magnitude.wrapping_neg()),
    };
    let host =
        host.ok_or_else(|| Refusal::of(1, format!("the prefix `{}` has no host {number}", prefix.write())))?;
    let top = prefix.top | host.checked_shl(128 - prefix.width).unwrap_or(0);
    call.say(prefix.address(top).to_string())
}

fn cidrnetmask(call: &Call<'_>) -> Out {
    let prefix = Prefix::argument(call, 0)?;
    if prefix.width != 32 {
        return Err(Refusal::of(0, "only IPv4 prefixes have a netmask"));
    }
    call.say(prefix.address(mask(prefix.length)).to_string())
}

fn cidrsubnet(call: &Call<'_>) -> Out {
    let (prefix, more, number) = (Prefix::argument(call, 0)?, call.count(1)?, call.whole(2)?);
    let number =
        u128::try_from(number).map_err(|_| Refusal::of(2, "the number of a subnet counts from 0"))?;
    let subnet = u32::try_from(more).ok().and_then(|more| prefix.subnet(more, number));
    let subnet = subnet.ok_or_else(|| {
        Refusal::new(format!("`{}` has no subnet {number} of {more} more bits", prefix.write()))
    })?;
    call.say(subnet.write())
}

/// Consecutive subnets, each of its own size, packed without overlap.
fn cidrsubnets(call: &Call<'_>) -> Out {
    let prefix = Prefix::argument(call, 0)?;
    let mut subnets = Vec::new();
    let mut next = Some(prefix.top);
    for (at, value) in call.rest(1).iter().enumerate() {
        let more =
            to_number(value).ok().and_then(|more| more.as_u64()).and_then(|more| u32::try_from(more).ok());
        let length =
            more.and_then(|more| prefix.length.checked_add(more)).filter(|length| *length <= prefix.width);
        let length = length.ok_or_else(|| Refusal::of(at + 1, "this does not fit into the prefix"))?;
        let block = 1_u128.checked_shl(128 - length).unwrap_or(0);
        let start = next
            .and_then(|next| align(next, length, block))
            .filter(|top| top & mask(prefix.length) == prefix.top);
        let top = start
            .ok_or_else(|| Refusal::of(at + 1, format!("`{}` has no room left for this", prefix.write())))?;
        subnets.push(Val::Str(Prefix { top, length, width: prefix.width }.write()));
        next = top.checked_add(block).filter(|_| block > 0);
    }
    Ok(Val::List(subnets))
}

/// The first multiple of the block size at or after `next`.
fn align(next: u128, length: u32, block: u128) -> Option<u128> {
    if next & !mask(length) == 0 { Some(next) } else { (next & mask(length)).checked_add(block) }
}
