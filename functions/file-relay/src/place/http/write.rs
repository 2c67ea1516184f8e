//! Writing a file, and what is known of it then.

use headgate_core::Body;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, IF_NONE_MATCH};
use http::{HeaderName, HeaderValue, Method, StatusCode};

use super::{Http, WriteMethod};
use crate::digest::differing;
use crate::place::fields::set;
use crate::place::headers::{self, is_strong};
use crate::place::mark::mark;
use crate::place::one_request::Taken;
use crate::place::progress::Progress;
use crate::place::{Conflict, PlaceError, Stat, Storage, Target, Whole, Written};
use crate::ports::World;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

impl<W: World> Http<W> {
    /// Writes a file, or the empty one.
    pub(super) async fn put(
        &self,
        target: &Target,
        length: Option<u64>,
        content: Body,
    ) -> Result<Taken, PlaceError> {
        let method = match self.settings.method {
            WriteMethod::Put => Method::PUT,
            WriteMethod::Post => Method::POST,
            WriteMethod::Patch => Method::PATCH,
        };
        let mut request = self.request(method, &target.path).await?;
        let content_type = target.content_type.as_deref().unwrap_or("application/octet-stream");
        set(request.headers_mut(), &[(CONTENT_TYPE, content_type)])?;
        if let Some(length) = length {
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        let is_put = self.settings.method == WriteMethod::Put;
        if is_put && target.conflict == Conflict::Fail {
            request.headers_mut().insert(IF_NONE_MATCH, HeaderValue::from_static("*"));
        }
        if !is_put {
            let key = format!("\"{}\"", mark(&target.relay));
            set(request.headers_mut(), &[(IDEMPOTENCY_KEY, &key)])?;
        }
        let progress = Progress::new(length);
        let response = self.caller.upload_watched(request.map(|_| content), &progress).await;
        let taken = response.and_then(|response| match response.status() {
            StatusCode::OK
            | StatusCode::CREATED
            | StatusCode::ACCEPTED
            | StatusCode::NO_CONTENT => {
                Ok(Taken { length: progress.sent(), etag: headers::etag(response.headers()) })
            }
            StatusCode::PRECONDITION_FAILED => Err(PlaceError::Exists),
            _ => Err(self.caller.failure(&response, None).into_error()),
        });
        match taken {
            Ok(taken) if is_put => Ok(self.named(target, taken).await),
            Err(PlaceError::Http(_) | PlaceError::Temporary { .. })
                if !is_put && progress.is_complete() =>
            {
                let detail = "it had the whole file and did not say whether it took it".to_owned();
                Err(PlaceError::Refused { detail })
            }
            taken => taken,
        }
    }

    /// Asks how the server calls a file that was just put there, where its answer did not say it.
    async fn named(&self, target: &Target, taken: Taken) -> Taken {
        if taken.etag.as_deref().is_some_and(is_strong) {
            return taken;
        }
        match self.stat(&target.path).await {
            Ok(Stat { length: Some(length), etag: Some(etag), .. })
                if length == taken.length && is_strong(&etag) =>
            {
                Taken { etag: Some(etag), ..taken }
            }
            _ => taken,
        }
    }

    /// What stands at the address after a file was written there. The answer to the write is not believed; a server that shows
    /// nothing, or another file by now, says nothing of this one.
    pub(super) async fn written(
        &self,
        target: &Target,
        taken: Taken,
        whole: &Whole,
    ) -> Result<Written, PlaceError> {
        let unknown = Written { etag: taken.etag.clone(), ..Written::default() };
        if self.settings.method != WriteMethod::Put {
            return Ok(unknown);
        }
        let stat = match self.stat(&target.path).await {
            Ok(stat) => stat,
            Err(PlaceError::NotFound | PlaceError::Denied { .. } | PlaceError::Refused { .. }) => {
                return Ok(unknown);
            }
            Err(error) => return Err(error),
        };
        let is_another = taken.etag.is_some() && stat.etag.is_some() && taken.etag != stat.etag;
        if is_another {
            return Ok(unknown);
        }
        // By the entity tag it may be taken back: of what is not the same, only our own is said.
        let is_same = stat.length.is_none_or(|length| length == whole.length)
            && differing(&whole.digests, &stat.digests).is_none();
        let etag = taken.etag.or(stat.etag.filter(|_| is_same));
        Ok(Written { etag, digests: stat.digests, length: stat.length })
    }
}
