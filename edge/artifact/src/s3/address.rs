//! Where a bucket is, read from the forms of URL that are in use.

use reqwest::Url;

use crate::SourceError;
use crate::source::decode_percent;

#[derive(Debug, PartialEq, Eq)]
pub struct BucketAddress {
    /// Without bucket and key.
    pub endpoint: Url,
    pub bucket: String,
    /// Decoded; empty for the whole bucket.
    pub key: String,
    /// As the host says it.
    pub region: Option<String>,
    /// The host is Amazon's, and its name says which bucket or region.
    pub amazon: bool,
}

impl BucketAddress {
    pub fn new(url: &Url) -> Result<Self, SourceError> {
        let bad = || SourceError::Bucket(crate::http::shown(url));
        let host = url.host_str().unwrap_or_default();
        let path = decode_percent(url.path().trim_start_matches('/'));
        let (bucket, key, region, amazon) = match amazon(host) {
            Some((Some(bucket), region)) => (bucket, path, region, true),
            Some((None, region)) => {
                let (bucket, key) = split(&path);
                (bucket, key, region, true)
            }
            None => {
                let (bucket, key) = split(&path);
                (bucket, key, None, false)
            }
        };
        if bucket.is_empty() {
            return Err(bad());
        }
        let mut endpoint = url.clone();
        endpoint.set_path("/");
        endpoint.set_query(None);
        endpoint.set_fragment(None);
        if amazon {
            let host = match &region {
                Some(region) => format!("s3.{region}.{}", domain(host)),
                None => format!("s3.{}", domain(host)),
            };
            endpoint.set_host(Some(&host)).map_err(|_| bad())?;
        }
        Ok(Self { endpoint, bucket, key, region, amazon })
    }
}

fn split(path: &str) -> (String, String) {
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    (bucket.to_owned(), key.to_owned())
}

fn domain(host: &str) -> &'static str {
    if host.ends_with(".cn") { "amazonaws.com.cn" } else { "amazonaws.com" }
}

/// Bucket and region of `s3.amazonaws.com`, `s3-region…`, `s3.region…`, and the same after `bucket.`.
fn amazon(host: &str) -> Option<(Option<String>, Option<String>)> {
    let front = host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"))?;
    let labels: Vec<&str> = front.split('.').collect();
    let at = labels.iter().rposition(|label| *label == "s3" || label.starts_with("s3-"))?;
    let (bucket, service) = labels.split_at_checked(at)?;
    let region = match service {
        ["s3"] => None,
        ["s3", region] => Some((*region).to_owned()),
        [dashed] => Some(dashed.strip_prefix("s3-")?.to_owned()),
        _ => return None,
    };
    Some(((!bucket.is_empty()).then(|| bucket.join(".")), region))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn every_form_of_address_is_read() {
        for (url, endpoint, bucket, key, region) in [
            ("https://s3.amazonaws.com/b/k/x", "https://s3.amazonaws.com/", "b", "k/x", None),
            (
                "https://s3-eu-west-1.amazonaws.com/b/k",
                "https://s3.eu-west-1.amazonaws.com/",
                "b",
                "k",
                Some("eu-west-1"),
            ),
            (
                "https://s3.eu-west-1.amazonaws.com/b/k",
                "https://s3.eu-west-1.amazonaws.com/",
                "b",
                "k",
                Some("eu-west-1"),
            ),
            ("https://b.s3.amazonaws.com/k", "https://s3.amazonaws.com/", "b", "k", None),
            (
                "https://my.b.s3.eu-west-1.amazonaws.com/k%20x",
                "https://s3.eu-west-1.amazonaws.com/",
                "my.b",
                "k x",
                Some("eu-west-1"),
            ),
            (
                "https://b.s3-eu-west-1.amazonaws.com/",
                "https://s3.eu-west-1.amazonaws.com/",
                "b",
                "",
                Some("eu-west-1"),
            ),
            ("http://127.0.0.1:9000/b/dir/", "http://127.0.0.1:9000/", "b", "dir/", None),
        ] {
            let address = BucketAddress::new(&url.parse().unwrap()).unwrap();
            let got = (address.endpoint.as_str(), address.bucket.as_str(), address.key.as_str());
            assert_eq!((got, address.region.as_deref()), ((endpoint, bucket, key), region), "{url}");
        }
        assert!(BucketAddress::new(&"https://s3.amazonaws.com/".parse().unwrap()).is_err());
    }
}
