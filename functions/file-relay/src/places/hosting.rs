use std::sync::Arc;

use super::host_settings::HostSettings;
use crate::place::s3::AwsKeys;

/// What a host has besides what is reached over HTTP: places of its own, and perhaps an identity of AWS.
///
/// A function that opens places is a host without such an identity.
pub trait Hosting {
    /// A place of the host itself.
    type Place;

    /// Opens a place.
    ///
    /// # Errors
    ///
    /// A clause that goes on from the name of the place.
    fn open(&self, settings: HostSettings) -> Result<Self::Place, &'static str>;

    /// The keys of AWS that the host's own identity has; requests with them are for this region.
    ///
    /// # Errors
    ///
    /// A clause that goes on from the name of the key that is missing.
    fn aws_keys(&self, _region: &str) -> Result<Arc<dyn AwsKeys>, &'static str> {
        Err(
            "is missing: only the native binary has an AWS identity of its own; say access-key-id and secret-access-key here",
        )
    }
}

impl<H, F: Fn(HostSettings) -> Result<H, &'static str>> Hosting for F {
    type Place = H;

    fn open(&self, settings: HostSettings) -> Result<H, &'static str> {
        self(settings)
    }
}
