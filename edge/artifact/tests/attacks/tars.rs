//! Tar archives written by hand, so that they may say anything.

use std::os::unix::ffi::OsStrExt;

use crate::canary::Ground;
use crate::chance::Chance;

/// Few, so that entries meet.
const NAMES: [&str; 12] =
    ["f", "d", "l", "d/f", "d/l", "l/f", "d/d", "l/l/f", "d/d/f", "F", "canary", "l/canary"];
const EVIL: [&[u8]; 13] = [
    b"../canary",
    b"../../canary",
    b"d/../../canary",
    b"..",
    b"/",
    b"./",
    b"",
    b"d\\..\\..\\canary",
    b"a\xffb",
    b"d/..",
    b"f\nx",
    b"...",
    b"C:\\x",
];
const TARGETS: [&str; 14] = [
    "f",
    "d",
    ".",
    "..",
    "../..",
    "../canary",
    "d/..",
    "l",
    "l/..",
    "d/l",
    "../../canary",
    "d/f",
    "./d/../../f",
    "",
];

pub fn name(chance: &mut Chance, ground: &Ground) -> Vec<u8> {
    match chance.below(24) {
        0 => chance.pick(&EVIL).to_vec(),
        1 if chance.one_in(2) => ground.root().join("canary").as_os_str().as_bytes().to_vec(),
        2 if chance.one_in(2) => {
            let length = 200 + chance.below(5_000);
            vec![b'n'; length]
        }
        3 if chance.one_in(2) => "d/".repeat(chance.below(90)).into_bytes(),
        _ => chance.pick(&NAMES).as_bytes().to_vec(),
    }
}

pub fn target(chance: &mut Chance, ground: &Ground) -> Vec<u8> {
    if chance.one_in(8) {
        return ground.root().join("canary").as_os_str().as_bytes().to_vec();
    }
    chance.pick(&TARGETS).as_bytes().to_vec()
}

pub fn hostile(chance: &mut Chance, ground: &Ground) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..1 + chance.below(8) {
        entry(&mut out, chance, ground);
    }
    if !chance.one_in(12) {
        out.extend([0; 1024]);
    }
    if chance.one_in(20) {
        entry(&mut out, chance, ground);
    }
    out
}

fn entry(out: &mut Vec<u8>, chance: &mut Chance, ground: &Ground) {
    let (mut name, link) = (name(chance, ground), target(chance, ground));
    let kind = chance.pick(b"00000005555222222111134670Sx");
    if kind == b'5' && chance.one_in(2) {
        name.push(b'/');
    }
    let content: &[u8] = if kind == b'0' || chance.one_in(20) { b"written by an attack" } else { b"" };
    if name.len() > 100 || chance.one_in(10) {
        block(out, b"././@LongLink", b'L', &[&name[..], b"\0"].concat(), b"", 0, chance);
    }
    if chance.one_in(8) {
        let key = chance.pick(&["path", "linkpath", "size", "GNU.sparse.name", "comment"]);
        let value = match key {
            "size" => chance.pick(&["0", "20", "512", "9999999999", "-1"]).as_bytes().to_vec(),
            "linkpath" => target(chance, ground),
            _ => self::name(chance, ground),
        };
        let global = chance.one_in(6);
        block(out, b"pax", if global { b'g' } else { b'x' }, &record(key, &value), b"", 0, chance);
    }
    let lie = if chance.one_in(25) { chance.below(2_000) } else { 0 };
    block(out, &name, kind, content, &link, lie, chance);
}

/// `length key=value\n`, its length counting itself.
fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let length = (1..8).map(|digits| rest + digits).find(|all| all.to_string().len() + rest == *all).unwrap();
    [format!("{length} {key}=").as_bytes(), value, b"\n"].concat()
}

fn block(
    out: &mut Vec<u8>,
    name: &[u8],
    kind: u8,
    content: &[u8],
    link: &[u8],
    lie: usize,
    chance: &mut Chance,
) {
    let mut header = [0_u8; 512];
    let fit = |from: &[u8]| from[..from.len().min(100)].to_vec();
    let (name, link) = (fit(name), fit(link));
    header[..name.len()].copy_from_slice(&name);
    let mode = chance.pick(&["0000644", "0004755", "0007777", "0000000"]);
    header[100..107].copy_from_slice(mode.as_bytes());
    header[108..115].copy_from_slice(b"0000000");
    header[116..123].copy_from_slice(b"0000000");
    header[124..135].copy_from_slice(format!("{:011o}", content.len() + lie).as_bytes());
    header[136..147].copy_from_slice(b"00000000000");
    header[156] = kind;
    header[157..157 + link.len()].copy_from_slice(&link);
    header[257..265].copy_from_slice(chance.pick(&[b"ustar\x0000", b"ustar  \0"]));
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    out.extend(header);
    out.extend(content);
    out.resize(out.len().next_multiple_of(512), 0);
}
