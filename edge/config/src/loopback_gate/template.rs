//! Address templates: `{{ GetInterfaceIP "eth0" }}`, `{{ GetPrivateIP }}`, `{{ GetPublicIP }}`, and chains such as
//! `{{ GetPrivateInterfaces | include "network" "10.0.0.0/8" | attr "address" }}`.
//!
//! The part of go-sockaddr's language that agent configurations use; what is not known is refused by name.

use std::net::IpAddr;

use muster_model::Cidr;

use super::machine::{Machine, link_local, private};

type Interfaces = Vec<(String, IpAddr)>;

/// The address that a template names on this machine.
///
/// # Errors
/// What of it is not known, or that nothing fits, to follow the template in a sentence.
pub(super) fn evaluate(text: &str, machine: &Machine) -> Result<IpAddr, String> {
    let inner = text.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    let inner = inner.ok_or("is not one template and nothing else")?;
    let mut stages = inner.split('|').map(words);
    let first = stages.next().transpose()?.unwrap_or_default();
    let mut found = source(&first, machine)?;
    for stage in stages {
        let stage = stage?;
        found = narrow(&stage, found)?;
    }
    let nothing = "fits no address of this machine";
    found.first().map(|(_, ip)| *ip).ok_or_else(|| nothing.to_owned())
}

/// Words, quoted or not.
fn words(stage: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = stage.trim();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or("holds a quote that does not end")?,
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    Ok(words)
}

fn source(words: &[String], machine: &Machine) -> Result<Interfaces, String> {
    let all = || machine.interfaces.iter().filter(|(_, ip)| !link_local(*ip));
    let outside = || all().filter(|(_, ip)| !ip.is_loopback());
    let mut found: Interfaces = match strings(words).as_slice() {
        ["GetInterfaceIP" | "GetInterfaceIPs", name] => {
            all().filter(|(known, _)| known == name).cloned().collect()
        }
        ["GetPrivateIP" | "GetPrivateIPs" | "GetPrivateInterfaces"] => {
            outside().filter(|(_, ip)| private(*ip)).cloned().collect()
        }
        ["GetPublicIP" | "GetPublicIPs" | "GetPublicInterfaces"] => {
            outside().filter(|(_, ip)| !private(*ip)).cloned().collect()
        }
        ["GetAllInterfaces"] => all().cloned().collect(),
        ["GetDefaultInterfaces"] => {
            let default = machine.default_interface.as_deref();
            outside().filter(|(name, _)| Some(name.as_str()) == default).cloned().collect()
        }
        [] => return Err("is empty".to_owned()),
        other => return Err(format!("names `{}`, which is not known", other.join(" "))),
    };
    let default = machine.default_interface.as_deref();
    found.sort_by_key(|(name, ip)| (!ip.is_ipv4(), Some(name.as_str()) != default));
    Ok(found)
}

fn narrow(words: &[String], found: Interfaces) -> Result<Interfaces, String> {
    let (keep, rest) = match strings(words).as_slice() {
        // An address is all that is ever taken of an interface, and the first of several.
        ["attr", "address"] | ["join", "address", _] | ["sort", _] => return Ok(found),
        ["limit", "1"] => return Ok(found.into_iter().take(1).collect()),
        ["include", rest @ ..] => (true, rest.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()),
        ["exclude", rest @ ..] => (false, rest.iter().map(|word| (*word).to_owned()).collect()),
        other => return Err(format!("names `{}`, which is not known", other.join(" "))),
    };
    let fits = choice(&rest)?;
    Ok(found.into_iter().filter(|one| fits(one) == keep).collect())
}

type Choice = Box<dyn Fn(&(String, IpAddr)) -> bool>;

fn choice(words: &[String]) -> Result<Choice, String> {
    match strings(words).as_slice() {
        ["name", name] => {
            let name = (*name).to_owned();
            Ok(Box::new(move |(known, _)| *known == name))
        }
        ["network", network] => {
            let network: Cidr =
                network.parse().map_err(|_| format!("names `{network}`, which is no network"))?;
            Ok(Box::new(move |(_, ip)| network.contains(*ip)))
        }
        ["type", "ipv4" | "IPv4"] => Ok(Box::new(|(_, ip)| ip.is_ipv4())),
        ["type", "ipv6" | "IPv6"] => Ok(Box::new(|(_, ip)| ip.is_ipv6())),
        other => Err(format!("chooses by `{}`, which is not known", other.join(" "))),
    }
}

fn strings(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn machine() -> Machine {
        let list = [
            ("lo", "127.0.0.1"),
            ("eth0", "203.0.113.9"),
            ("eth1", "10.0.0.7"),
            ("eth1", "fd00::7"),
            ("eth2", "192.168.3.4"),
        ];
        let interfaces = list.map(|(name, ip)| (name.to_owned(), ip.parse().unwrap())).to_vec();
        Machine { interfaces, default_interface: Some("eth0".to_owned()), ..Machine::default() }
    }

    #[test]
    fn templates_name_addresses_of_the_machine() {
        for (template, address) in [
            ("{{ GetInterfaceIP \"eth2\" }}", "192.168.3.4"),
            ("{{GetInterfaceIP \"lo\"}}", "127.0.0.1"),
            ("{{ GetPrivateIP }}", "10.0.0.7"),
            ("{{ GetPublicIP }}", "203.0.113.9"),
            ("{{ GetDefaultInterfaces | attr \"address\" }}", "203.0.113.9"),
            (
                "{{ GetPrivateInterfaces | include \"network\" \"192.168.0.0/16\" | attr \"address\" }}",
                "192.168.3.4",
            ),
            (
                "{{ GetAllInterfaces | include \"name\" \"eth1\" | exclude \"type\" \"ipv4\" | limit 1 | attr \"address\" }}",
                "fd00::7",
            ),
        ] {
            assert_eq!(
                evaluate(template, &machine()).unwrap(),
                address.parse::<IpAddr>().unwrap(),
                "{template}"
            );
        }
    }

    #[test]
    fn what_is_not_known_or_fits_nothing_is_told() {
        for (template, said) in [
            ("{{ GetInterfaceIP \"eth9\" }}", "fits no address"),
            ("{{ GetInterfaceIP \"eth9 }}", "quote"),
            ("{{ Shell \"x\" }}", "`Shell x`"),
            ("{{ GetPrivateIP }}:4646", "one template"),
            ("{{ GetAllInterfaces | include \"flags\" \"up\" }}", "`flags up`"),
            ("{{ }}", "empty"),
        ] {
            let error = evaluate(template, &machine()).unwrap_err();
            assert!(error.contains(said), "{template}: {error}");
        }
    }
}
