//! Zip archives written by hand: the two descriptions of an entry need not agree.

use crate::canary::Ground;
use crate::chance::Chance;
use crate::tars::{name, target};

pub fn hostile(chance: &mut Chance, ground: &Ground) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    let count = 1 + chance.below(6);
    for _ in 0..count {
        entry(&mut out, &mut directory, chance, ground);
    }
    let start = out.len() as u32 + if chance.one_in(40) { 7 } else { 0 };
    out.extend(&directory);
    let said = count as u16 + u16::from(chance.one_in(40));
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(said.to_le_bytes());
    out.extend(said.to_le_bytes());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    if chance.one_in(40) {
        out.extend(b"trailing");
    }
    out
}

fn entry(out: &mut Vec<u8>, directory: &mut Vec<u8>, chance: &mut Chance, ground: &Ground) {
    let mut entry_name = name(chance, ground);
    let kind: u32 = chance
        .pick(&[0o100_644, 0o100_644, 0o100_644, 0o104_755, 0o040_755, 0o120_777, 0o120_777, 0o010_644]);
    if kind == 0o040_755 {
        entry_name.push(b'/');
    }
    let content = match kind {
        0o120_777 => target(chance, ground),
        0o040_755 => Vec::new(),
        _ => b"written by an attack".to_vec(),
    };
    entry_name.truncate(60_000);
    let shown = if chance.one_in(20) { name(chance, ground) } else { entry_name.clone() };
    let at = out.len() as u32 - if chance.one_in(40) { (out.len() as u32).min(5) } else { 0 };
    let checksum = crc32fast::hash(&content) ^ u32::from(chance.one_in(40));
    let size = content.len() as u32 + u32::from(chance.one_in(40));
    let common = |method: u16| {
        let mut common = Vec::new();
        common.extend(20_u16.to_le_bytes());
        common.extend(0_u16.to_le_bytes());
        common.extend(method.to_le_bytes());
        common.extend([0; 4]);
        common.extend(checksum.to_le_bytes());
        common.extend(size.to_le_bytes());
        common.extend((content.len() as u32).to_le_bytes());
        common
    };
    let method = if chance.one_in(40) { 8 } else { 0 };
    out.extend(b"PK\x03\x04");
    out.extend(common(0));
    out.extend((shown.len() as u16).to_le_bytes());
    out.extend([0, 0]);
    out.extend(&shown);
    out.extend(&content);
    directory.extend(b"PK\x01\x02\x14\x03");
    directory.extend(common(method));
    directory.extend((entry_name.len() as u16).to_le_bytes());
    directory.extend([0; 8]);
    directory.extend((kind << 16).to_le_bytes());
    directory.extend(at.to_le_bytes());
    directory.extend(&entry_name);
}
