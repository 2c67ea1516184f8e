//! Requests to one bucket: addresses, signatures, refusals.

use std::sync::Arc;

use futures_util::FutureExt;
use headgate_core::{Body, Clock, Secret};
use http::header::{CONTENT_LENGTH, HOST};
use http::{Method, Request, Response};
use reqsign_aws_v4::{Credential, RequestSigner};
use reqsign_core::{Context, SignRequest};
use url::Url;

use super::access::{S3Access, S3Keys};
use super::role::Role;
use super::settings::S3Settings;
use crate::file_path::FilePath;
use crate::place::PlaceError;
use crate::place::address::{below, below_root, query};
use crate::place::call::{Caller, Failure};
use crate::place::fields::{Field, set};
use crate::ports::{Reach, World};

/// The keys to a bucket.
enum Keys {
    Fixed(Credential),
    Role(Role),
}

/// One bucket, and the keys to it.
pub(super) struct Bucket<W: World> {
    settings: S3Settings,
    /// The bucket's address.
    address: Option<Url>,
    keys: Keys,
    signer: RequestSigner,
    context: Context,
    caller: Caller<W>,
}

impl<W: World> Bucket<W> {
    pub(super) fn new(settings: S3Settings, reach: Arc<Reach<W>>) -> Self {
        let keys = match &settings.access {
            S3Access::Keys(keys) => Keys::Fixed(credential(keys)),
            S3Access::Host(host) => Keys::Role(Role::new(Arc::clone(host))),
        };
        Self {
            address: settings.address(),
            keys,
            signer: RequestSigner::new("s3", &settings.region),
            context: Context::new(),
            caller: Caller::new(reach, settings.private_network),
            settings,
        }
    }

    pub(super) const fn settings(&self) -> &S3Settings {
        &self.settings
    }

    /// The key of an object for a path below the root.
    pub(super) fn key(&self, path: &FilePath) -> Result<FilePath, PlaceError> {
        below_root(&self.settings.root, path)
    }

    /// Sends a request with little content or none for an object, or for the bucket when `key` is the root.
    pub(super) async fn send(
        &self,
        method: Method,
        key: &FilePath,
        members: &[(&str, &str)],
        fields: &[Field<'_>],
        content: String,
    ) -> Result<Response<Body>, PlaceError> {
        let length = content.len().to_string();
        let mut all = fields.to_vec();
        if matches!(method, Method::PUT | Method::POST) {
            all.push((CONTENT_LENGTH, length.as_str()));
        }
        let request = self.request(method, key, members, &all).await?;
        self.caller.send(request.map(|_| Body::from(content))).await
    }

    /// Sends a part.
    pub(super) async fn upload(
        &self,
        key: &FilePath,
        members: &[(&str, &str)],
        fields: &[Field<'_>],
        length: u64,
        content: Body,
    ) -> Result<Response<Body>, PlaceError> {
        let text = length.to_string();
        let mut all = fields.to_vec();
        all.push((CONTENT_LENGTH, text.as_str()));
        let request = self.request(Method::PUT, key, members, &all).await?;
        let (response, _) = self.caller.upload(request.map(|_| content), Some(length)).await?;
        Ok(response)
    }

    /// Makes a request and signs it with keys that are at hand, so the signature is there at once. The content is not signed:
    /// it streams, and TLS protects it.
    async fn request(
        &self,
        method: Method,
        key: &FilePath,
        members: &[(&str, &str)],
        fields: &[Field<'_>],
    ) -> Result<Request<()>, PlaceError> {
        let refused = |detail: String| PlaceError::Refused { detail };
        let unreachable = || refused("an IP address has the bucket in the path alone".to_owned());
        let address = self.address.as_ref().ok_or_else(unreachable)?;
        let mut request = Request::new(());
        *request.method_mut() = method;
        *request.uri_mut() = below(address, key, &query(members))?;
        set(request.headers_mut(), fields)?;
        let (mut head, ()) = request.into_parts();
        let of_role;
        let credential = match &self.keys {
            Keys::Fixed(credential) => credential,
            Keys::Role(role) => {
                of_role = credential(&role.keys(self.caller.reach().clock.now()).await?);
                &of_role
            }
        };
        let signed = self
            .signer
            .sign_request(&self.context, &mut head, Some(credential), None)
            .now_or_never();
        let Some(Ok(())) = signed else {
            return Err(refused("the request cannot be signed: its keys are empty".to_owned()));
        };
        // The client makes it of the address, and a component may not.
        head.headers.remove(HOST);
        Ok(Request::from_parts(head, ()))
    }

    /// What an answer that is no success means: its code stands in the body, so an answer to `HEAD` has none.
    pub(super) async fn failure(&self, response: Response<Body>) -> Failure {
        self.caller.failure_in_xml(response).await
    }

    /// The same, as an error.
    pub(super) async fn error(&self, response: Response<Body>) -> PlaceError {
        self.meaning(self.failure(response).await)
    }

    /// What a refusal means. One of the host's keys passes: they are had anew.
    pub(super) fn meaning(&self, failure: Failure) -> PlaceError {
        match &self.keys {
            Keys::Role(role) if role.is_refused(&failure, self.caller.reach().clock.now()) => {
                PlaceError::Temporary { detail: failure.detail() }
            }
            _ => meaning(failure),
        }
    }

    /// What an error means that came with the status 200.
    pub(super) fn late(&self, response: &Response<Body>, code: &str) -> Failure {
        self.caller.failure(response, Some(code))
    }
}

/// Keys as the signer takes them. That they expire is looked after before.
fn credential(keys: &S3Keys) -> Credential {
    Credential {
        access_key_id: keys.access_key_id.clone(),
        secret_access_key: keys.secret_access_key.expose().to_owned(),
        session_token: keys.session_token.as_ref().map(Secret::expose).map(str::to_owned),
        expires_in: None,
    }
}

/// What a refusal of S3 means (contracts, Power Platform §5.4).
fn meaning(failure: Failure) -> PlaceError {
    let detail = failure.detail();
    let refused = |why: &str| PlaceError::Refused { detail: format!("{detail}: {why}") };
    match failure.code.as_deref() {
        Some("NoSuchBucket") => refused("there is no such bucket"),
        Some("NoSuchKey") => PlaceError::NotFound,
        Some("NoSuchUpload" | "InvalidPart" | "InvalidPartOrder") => PlaceError::UploadLost,
        Some("SlowDown" | "ServiceUnavailable" | "Throttling" | "RequestLimitExceeded") => {
            PlaceError::Throttled { retry_after: failure.retry_after }
        }
        Some("InternalError" | "RequestTimeout" | "OperationAborted") => {
            PlaceError::Temporary { detail }
        }
        Some("BadDigest" | "XAmzContentChecksumMismatch") => PlaceError::Corrupt { detail },
        Some("InvalidObjectState") => refused("the object is archived"),
        Some("QuotaExceeded" | "XMinioStorageFull") => PlaceError::Full,
        Some("PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed") => {
            refused("the bucket is in another region")
        }
        _ if failure.status.as_u16() == 301 => refused("the bucket is in another region"),
        _ => failure.into_error(),
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    #[test]
    fn a_code_says_more_than_its_status() {
        let shown = |status: u16, code: Option<&str>| {
            let status = StatusCode::from_u16(status).unwrap();
            let failure = Failure { status, code: code.map(str::to_owned), retry_after: None };
            meaning(failure).to_string()
        };
        for (status, code, text) in [
            (404, Some("NoSuchKey"), "there is no such file"),
            (
                404,
                Some("NoSuchBucket"),
                "the place refuses: 404 NoSuchBucket: there is no such bucket",
            ),
            (404, Some("NoSuchUpload"), "the place no longer knows the upload"),
            (400, Some("BadDigest"), "the content is not the same: 400 BadDigest"),
            (
                200,
                Some("InternalError"),
                "the place does not answer as it should: 200 InternalError",
            ),
            (503, Some("SlowDown"), "the place asks for a pause"),
            (
                403,
                Some("SignatureDoesNotMatch"),
                "the place refuses access: 403 SignatureDoesNotMatch",
            ),
            (301, None, "the place refuses: 301: the bucket is in another region"),
        ] {
            assert_eq!(shown(status, code), text);
        }
    }
}
