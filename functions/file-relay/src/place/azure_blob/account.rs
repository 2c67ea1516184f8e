//! Requests to one container: addresses, signatures, refusals.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use futures_util::FutureExt;
use headgate_core::{Body, Clock};
use headgate_entra::{Scope, ScopeError};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use reqsign_azure_storage::{Credential, RequestSigner};
use reqsign_core::{Context, SignRequest};
use url::Url;

use super::settings::{AzureBlobAccess, AzureBlobSettings};
use crate::file_path::FilePath;
use crate::place::PlaceError;
use crate::place::address::{below, below_root, query};
use crate::place::call::{Caller, Failure};
use crate::place::fields::{Field, set};
use crate::ports::{Reach, World};

/// What Azure Storage's tokens are for (contracts, Power Platform §5.3).
const SCOPE: &str = "https://storage.azure.com/.default";
/// The protocol's version: the one from which blocks may have 4,000 MiB is older.
const VERSION: HeaderValue = HeaderValue::from_static("2021-08-06");

/// One container, and the key to it.
pub(super) struct Account<W: World> {
    settings: AzureBlobSettings,
    /// The container's address.
    container: Url,
    /// A key or a shared access signature; a token is asked for with each request.
    fixed: Option<Credential>,
    scope: Result<Scope, ScopeError>,
    signer: RequestSigner,
    context: Context,
    caller: Caller<W>,
}

impl<W: World> Account<W> {
    pub(super) fn new(settings: AzureBlobSettings, reach: Arc<Reach<W>>) -> Self {
        let mut container = settings.account.clone();
        let path =
            format!("{}/{}", container.path().trim_end_matches('/'), settings.container.as_str());
        container.set_path(&path);
        let fixed = match &settings.access {
            AzureBlobAccess::Credential(_) => None,
            AzureBlobAccess::SharedKey { account, key } => {
                Some(Credential::with_shared_key(account, key.expose()))
            }
            AzureBlobAccess::Sas(query) => {
                Some(Credential::with_sas_token(query.expose().trim_start_matches('?')))
            }
        };
        let caller = Caller::new(reach, settings.private_network);
        Self {
            settings,
            container,
            fixed,
            scope: Scope::parse(SCOPE),
            signer: RequestSigner::new(),
            context: Context::new(),
            caller,
        }
    }

    pub(super) const fn settings(&self) -> &AzureBlobSettings {
        &self.settings
    }

    /// The path of a blob for a path below the root.
    pub(super) fn blob(&self, path: &FilePath) -> Result<FilePath, PlaceError> {
        below_root(&self.settings.root, path)
    }

    /// Sends a request without content for a blob, or for the container when `path` is the root.
    pub(super) async fn send(
        &self,
        method: Method,
        blob: &FilePath,
        members: &[(&str, &str)],
        fields: &[Field<'_>],
    ) -> Result<Response<Body>, PlaceError> {
        let request = self.request(method, blob, members, fields).await?;
        self.caller.send(request).await
    }

    /// Sends a request with content for a blob. It is signed with its length.
    pub(super) async fn upload(
        &self,
        blob: &FilePath,
        members: &[(&str, &str)],
        fields: &[Field<'_>],
        length: u64,
        content: Body,
    ) -> Result<Response<Body>, PlaceError> {
        let text = length.to_string();
        let mut all = vec![(http::header::CONTENT_LENGTH, text.as_str())];
        all.extend_from_slice(fields);
        let request = self.request(Method::PUT, blob, members, &all).await?;
        let (response, _) = self.caller.upload(request.map(|_| content), Some(length)).await?;
        Ok(response)
    }

    async fn request(
        &self,
        method: Method,
        blob: &FilePath,
        members: &[(&str, &str)],
        fields: &[Field<'_>],
    ) -> Result<Request<Body>, PlaceError> {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = method;
        *request.uri_mut() = below(&self.container, blob, &query(members))?;
        let headers = request.headers_mut();
        headers.insert("x-ms-version", VERSION);
        set(headers, fields)?;
        match &self.settings.access {
            AzureBlobAccess::Credential(name) => {
                let scope = self.scope.as_ref().map_err(|_| unsigned())?;
                let token = self.caller.reach().token(name, scope).await?;
                request.headers_mut().insert(AUTHORIZATION, token.authorization());
                request.headers_mut().insert("x-ms-date", self.date()?);
                Ok(request)
            }
            AzureBlobAccess::SharedKey { .. } | AzureBlobAccess::Sas(_) => self.sign(request),
        }
    }

    /// Signs with what needs nobody else, so the signature is there at once.
    fn sign(&self, request: Request<Body>) -> Result<Request<Body>, PlaceError> {
        let (mut head, body) = request.into_parts();
        let signed = self
            .signer
            .sign_request(&self.context, &mut head, self.fixed.as_ref(), None)
            .now_or_never();
        match signed {
            Some(Ok(())) => Ok(Request::from_parts(head, body)),
            _ => Err(unsigned()),
        }
    }

    fn date(&self) -> Result<HeaderValue, PlaceError> {
        let now = self.caller.reach().clock.now();
        let moment = UNIX_EPOCH.checked_add(Duration::from_secs(now.as_secs()));
        let date = moment.map(httpdate::fmt_http_date).ok_or_else(unsigned)?;
        HeaderValue::try_from(date).map_err(|_| unsigned())
    }

    /// What an answer that is no success means. Its code stands in a header, because an answer to `HEAD` has no body; where the
    /// header is missing, in the body.
    pub(super) async fn failure(&self, response: Response<Body>) -> Failure {
        let code = response.headers().get("x-ms-error-code").and_then(|code| code.to_str().ok());
        let failure = self.caller.failure(&response, code);
        if failure.code.is_some() {
            return failure;
        }
        self.caller.failure_in_xml(response).await
    }

    /// The same, as an error.
    pub(super) async fn error(&self, response: Response<Body>) -> PlaceError {
        meaning(self.failure(response).await)
    }
}

fn unsigned() -> PlaceError {
    let detail = "the request cannot be signed: the account's key is not base64".to_owned();
    PlaceError::Refused { detail }
}

/// What a refusal of Azure Storage means (contracts, Power Platform §5.3).
pub(super) fn meaning(failure: Failure) -> PlaceError {
    let refused =
        |why: &str| PlaceError::Refused { detail: format!("{}: {why}", failure.detail()) };
    match failure.code.as_deref() {
        Some("ContainerNotFound") => refused("there is no such container"),
        Some("ContainerBeingDeleted" | "OperationTimedOut" | "InternalError") => {
            PlaceError::Temporary { detail: failure.detail() }
        }
        Some("ServerBusy") => PlaceError::Throttled { retry_after: failure.retry_after },
        Some("ConditionNotMet") => PlaceError::Changed,
        Some("BlobAlreadyExists") => PlaceError::Exists,
        Some("InvalidBlockList") => PlaceError::UploadLost,
        Some("Md5Mismatch" | "Crc64Mismatch") => PlaceError::Corrupt { detail: failure.detail() },
        Some("BlobArchived") => refused("the blob is in the archive tier"),
        Some("LeaseIdMissing") => refused("somebody holds a lease on the blob"),
        _ => failure.into_error(),
    }
}

/// Whether a refused condition says that the name is taken.
pub(super) fn is_taken(status: StatusCode) -> bool {
    matches!(status, StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED)
}

/// What the service says of a block's content.
pub(super) fn digests(headers: &HeaderMap) -> Vec<crate::digest::Digest> {
    use crate::digest::{Algorithm, Digest};
    use crate::place::headers::text;
    let crc64 = text(headers, "x-ms-content-crc64").and_then(Digest::from_azure_crc64);
    let md5 =
        text(headers, "content-md5").and_then(|text| Digest::from_base64(Algorithm::Md5, text));
    crc64.into_iter().chain(md5).collect()
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    #[test]
    fn what_the_service_computed_of_a_block_is_read() {
        // CRC-64/NVME of "123456789" is ae8b14860a799888; the least significant byte comes first.
        let said = [
            ("x-ms-content-crc64", HeaderValue::from_static("iJh5CoYUi64=")),
            ("content-md5", HeaderValue::from_static("JfnnlDI7RTiF9RgfG2JNCw==")),
        ];
        let said = said.map(|(name, value)| (HeaderName::from_static(name), value));
        let found = digests(&said.into_iter().collect());
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, ["crc64nvme:ae8b14860a799888", "md5:25f9e794323b453885f5181f1b624d0b"]);
        assert!(digests(&HeaderMap::new()).is_empty());
    }

    #[test]
    fn a_code_says_more_than_its_status() {
        let shown = |status: u16, code: &str| {
            let status = StatusCode::from_u16(status).unwrap();
            let failure = Failure { status, code: Some(code.to_owned()), retry_after: None };
            meaning(failure).to_string()
        };
        for (status, code, text) in [
            (404, "BlobNotFound", "there is no such file"),
            (
                404,
                "ContainerNotFound",
                "the place refuses: 404 ContainerNotFound: there is no such container",
            ),
            (409, "BlobAlreadyExists", "a file of this name is there already"),
            (412, "ConditionNotMet", "the file changed while it was read"),
            (400, "InvalidBlockList", "the place no longer knows the upload"),
            (400, "Crc64Mismatch", "the content is not the same: 400 Crc64Mismatch"),
            (503, "ServerBusy", "the place asks for a pause"),
            (403, "AuthenticationFailed", "the place refuses access: 403 AuthenticationFailed"),
            (400, "InvalidHeaderValue", "the place refuses: 400 InvalidHeaderValue"),
        ] {
            assert_eq!(shown(status, code), text);
        }
    }
}
