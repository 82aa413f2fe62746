//! Files that list checksums, as `sha256sum` and its BSD kin write them.

use super::{Checksum, ChecksumError};

impl Checksum {
    /// The checksum of `name` in a list; `file` is for messages. The strongest kind counts when there are several.
    pub fn listed(list: &str, file: &str, name: &str) -> Result<Self, ChecksumError> {
        let lines = || list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let named: Vec<Self> =
            lines().filter_map(line).filter(|(of, _)| is_name(of, name)).map(|(_, sum)| sum).collect();
        // A file that holds one value and nothing else is about whatever it lies beside.
        let mut alone = lines();
        let alone = match (alone.next(), alone.next()) {
            (Some(only), None) => Self::parse(only).ok(),
            _ => None,
        };
        let best = named.iter().max_by_key(|sum| sum.algorithm.hex_len()).or(alone.as_ref());
        let names = || (file.to_owned(), name.to_owned());
        let Some(best) = best else {
            let (file, name) = names();
            return Err(ChecksumError::NotListed { file, name });
        };
        if named.iter().any(|sum| sum.algorithm == best.algorithm && sum != best) {
            let (file, name) = names();
            return Err(ChecksumError::ListedTwice { file, name });
        }
        Ok(best.clone())
    }
}

/// `<hex>  name`, `<hex> *name`, or `SHA256 (name) = <hex>`.
fn line(text: &str) -> Option<(&str, Checksum)> {
    if let Some((left, value)) = text.rsplit_once(") = ")
        && let Some((kind, name)) = left.split_once(" (")
    {
        return Some((name, Checksum::parse(&format!("{kind}:{value}")).ok()?));
    }
    let (value, name) = text.split_once(char::is_whitespace)?;
    let name = name.trim_start();
    Some((name.strip_prefix('*').unwrap_or(name), Checksum::parse(value).ok()?))
}

fn is_name(listed: &str, name: &str) -> bool {
    listed.rsplit('/').next() == Some(name)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const MD5: &str = "900150983cd24fb0d6963f7d28e17f72";
    const SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn find(list: &str) -> Result<Checksum, ChecksumError> {
        Checksum::listed(list, "https://x.test/SUMS", "tool")
    }

    #[test]
    fn both_ways_of_writing_are_read() {
        let want = Checksum::parse(SHA256).unwrap();
        let other = "0".repeat(64);
        for list in [
            format!("{SHA256}  tool\n"),
            format!("# sums\n{other}  other\n{SHA256} *tool\n"),
            format!("{SHA256}  ./dist/tool"),
            format!("MD5 (tool) = {MD5}\nSHA256 (tool) = {SHA256}\n"),
            format!("{SHA256}\n"),
        ] {
            assert_eq!(find(&list).unwrap(), want, "{list}");
        }
    }

    #[test]
    fn a_list_without_the_file_or_with_two_values_is_refused() {
        let other = "0".repeat(64);
        assert!(
            find(&format!("{SHA256}  mytool\n"))
                .unwrap_err()
                .to_string()
                .contains("names no checksum of `tool`")
        );
        assert!(find("").is_err());
        let twice = find(&format!("{SHA256}  tool\n{other}  tool\n")).unwrap_err().to_string();
        assert!(twice.contains("two different checksums"), "{twice}");
    }
}
