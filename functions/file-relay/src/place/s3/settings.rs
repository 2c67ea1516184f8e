use url::Url;

use super::access::S3Access;
use crate::file_path::FilePath;

/// What the document says of a bucket.
#[derive(Clone, Debug)]
pub struct S3Settings {
    /// The service's address without the bucket, as `https://s3.eu-west-1.amazonaws.com`; without a query.
    pub endpoint: Url,
    /// The region that requests are signed for.
    pub region: String,
    /// The bucket.
    pub bucket: BucketName,
    /// Whether the bucket stands in the path, and not before the host's name.
    pub path_style: bool,
    /// What paths are put below.
    pub root: FilePath,
    /// Whether its host may have a private address.
    pub private_network: bool,
    /// As whom it is called.
    pub access: S3Access,
    /// Whether the service knows CRC-64/NVME checksums of whole objects. Not all that speak S3's protocol do.
    pub checksums: bool,
}

/// The name of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketName(String);

impl BucketName {
    /// Takes a name of 3 to 63 small letters, digits, hyphens and dots that begins and ends with a letter or a digit.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_part = |part: &str| {
            let bytes = part.as_bytes();
            bytes.first().copied().is_some_and(plain)
                && bytes.last().copied().is_some_and(plain)
                && bytes.iter().all(|byte| plain(*byte) || *byte == b'-')
        };
        let is_name = (3..=63).contains(&text.len())
            && text.split('.').all(is_part)
            && text.parse::<std::net::Ipv4Addr>().is_err();
        is_name.then(|| Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl S3Settings {
    /// The bucket's address; `None` when its host cannot have the bucket before its name.
    pub(super) fn address(&self) -> Option<Url> {
        let mut url = self.endpoint.clone();
        if self.path_style {
            let path = format!("{}/{}", url.path().trim_end_matches('/'), self.bucket.as_str());
            url.set_path(&path);
            return Some(url);
        }
        let url::Host::Domain(host) = self.endpoint.host()? else { return None };
        let host = format!("{}.{host}", self.bucket.as_str());
        url.set_host(Some(&host)).ok()?;
        Some(url)
    }

    /// Whether the bucket can be reached at the endpoint: an IP address has it in the path alone.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        self.address().is_some()
    }
}

#[cfg(test)]
mod tests {
    use headgate_core::Secret;

    use super::*;
    use crate::place::s3::S3Keys;

    fn settings(endpoint: &str, path_style: bool) -> S3Settings {
        S3Settings {
            endpoint: Url::parse(endpoint).unwrap(),
            region: "eu-west-1".to_owned(),
            bucket: BucketName::parse("orders").unwrap(),
            path_style,
            root: FilePath::default(),
            private_network: false,
            access: S3Access::Keys(S3Keys {
                access_key_id: "id".to_owned(),
                secret_access_key: Secret::new("hunter2"),
                session_token: None,
            }),
            checksums: true,
        }
    }

    #[test]
    fn a_bucket_has_a_name_that_s3_takes() {
        for text in ["abc", "a-1.b--c", &"a".repeat(63)] {
            assert!(BucketName::parse(text).is_some(), "{text}");
        }
        for text in
            ["", "ab", "-ab", "ab-", "a..b", "a.-b", "Abc", "a/b", "10.0.0.1", &"a".repeat(64)]
        {
            assert!(BucketName::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_bucket_stands_in_the_path_or_before_the_host() {
        let address = |endpoint, path_style| {
            settings(endpoint, path_style).address().map(|url| url.to_string())
        };
        let aws = "https://s3.eu-west-1.amazonaws.com";
        assert_eq!(address(aws, false).unwrap(), "https://orders.s3.eu-west-1.amazonaws.com/");
        assert_eq!(address(aws, true).unwrap(), format!("{aws}/orders"));
        assert_eq!(
            address("http://127.0.0.1:9000/x/", true).unwrap(),
            "http://127.0.0.1:9000/x/orders"
        );
        assert_eq!(address("http://127.0.0.1:9000", false), None);
    }

    #[test]
    fn a_key_is_not_shown() {
        assert!(!format!("{:?}", settings("https://a.example", true)).contains("hunter2"));
    }
}
