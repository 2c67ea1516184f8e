use headgate_entra::Scope;
use url::Url;

use crate::file_path::FilePath;

/// What the document says of a drive.
#[derive(Clone, Debug)]
pub struct GraphSettings {
    /// Microsoft Graph with its version, as `https://graph.microsoft.com/v1.0`: each sovereign cloud has its own.
    pub url: Url,
    /// The drive as an address names it: `/me/drive`, `/drives/{id}` or `/sites/{id}/drive`.
    pub drive: String,
    /// The folder that paths are below.
    pub root: FilePath,
    /// The credential's name.
    pub credential: String,
    /// What its tokens are for, as `https://graph.microsoft.com/.default`.
    pub scope: Scope,
    /// Whether Graph, and whoever keeps the contents, may have private addresses.
    pub private_network: bool,
    /// Whether a file is to appear only once all of it was checked. A drive of OneDrive for persons cannot.
    pub defer_commit: bool,
    /// Whether the library may change a file as it takes it, as SharePoint puts properties into documents of Office: what it
    /// has is then shown beside what was sent, and is no failure unless it is shorter. It counts for every file of the drive.
    pub may_rewrite: bool,
}

impl GraphSettings {
    /// Where Microsoft Graph is, if nothing else is said.
    pub const URL: &'static str = "https://graph.microsoft.com/v1.0";

    /// Whether a text names a drive as [`drive`](Self::drive) does: segments of a path, and no query.
    #[must_use]
    pub fn is_drive(text: &str) -> bool {
        let allowed = |byte: u8| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'!' | b',' | b':' | b'@' | b'%')
        };
        let Some(path) = text.strip_prefix('/') else { return false };
        let is_segment =
            |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(allowed);
        path.split('/').all(is_segment) && path.split('/').count() >= 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drive_is_named_by_a_path() {
        for text in [
            "/me/drive",
            "/drives/b!-RIj2DuyvEyV1T4NlOaMHk8XkS_I8MdFlUCq1BlcjgmhRfAj3",
            "/sites/contoso.sharepoint.com,2C712604-1370-44E7-A1F5-426573FDA80A,2D2244C3/drive",
            "/sites/contoso.sharepoint.com:/sites/team:/drive",
        ] {
            assert!(GraphSettings::is_drive(text), "{text}");
        }
        for text in [
            "",
            "me/drive",
            "/drive",
            "/me//drive",
            "/me/../users",
            "/me/drive?a",
            "/me/drive/",
            "/a b/c",
            "/me/drive#",
        ] {
            assert!(!GraphSettings::is_drive(text), "{text}");
        }
    }
}
