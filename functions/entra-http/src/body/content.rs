use bytes::Bytes;
use headgate_core::{Base64Decoder, Body, BodyError, NotBase64};
use http_body::Body as _;

use super::guarded::{Fault, Faults, guarded};
use crate::upstreams::BodyForm;

/// The longest body that is kept so that it can be sent a second time, in bytes.
const MOST_KEPT: u64 = 64 * 1024;

/// What a request carries on.
#[derive(Debug)]
pub(crate) enum Content {
    /// All of it is here, and can be sent again.
    Kept(Bytes),
    /// It goes through, once.
    Stream(Body),
}

/// Why there is nothing to carry on.
#[derive(Debug)]
pub(crate) enum NoContent {
    Faulty(Fault),
    Unreadable(BodyError),
}

/// Makes what is sent on of what has come. `length` is what the request says of it; what is short by that is kept.
pub(crate) async fn content(
    body: Body,
    form: BodyForm,
    length: Option<u64>,
    limit: u64,
    faults: &Faults,
) -> Result<Content, NoContent> {
    let is_base64 = form == BodyForm::Base64;
    if body.is_end_stream() {
        return Ok(Content::Kept(Bytes::new()));
    }
    let length = length.or_else(|| body.size_hint().exact());
    // Four characters make three bytes.
    let decoded = length.map(|length| if is_base64 { length / 4 * 3 } else { length });
    if decoded.is_some_and(|length| length > limit.saturating_add(if is_base64 { 2 } else { 0 })) {
        return Err(NoContent::Faulty(Fault::TooLong));
    }
    let most = if is_base64 { MOST_KEPT / 3 * 4 } else { MOST_KEPT };
    match length {
        Some(length) if length <= most => {
            let bytes = body.read(usize::try_from(most).unwrap_or(usize::MAX)).await;
            let bytes = bytes.map_err(NoContent::Unreadable)?;
            let bytes = if is_base64 { decode(&bytes).map_err(NoContent::Faulty)? } else { bytes };
            if bytes.len() as u64 > limit {
                return Err(NoContent::Faulty(Fault::TooLong));
            }
            Ok(Content::Kept(bytes))
        }
        // The connection ends where the request says that it ends.
        Some(_) if !is_base64 => Ok(Content::Stream(body)),
        _ => Ok(Content::Stream(guarded(body, is_base64, limit, faults.clone()))),
    }
}

fn decode(text: &[u8]) -> Result<Bytes, Fault> {
    let mut decoder = Base64Decoder::default();
    let mut decode = || {
        let mut decoded = decoder.push(text)?.to_vec();
        decoded.extend(decoder.finish()?);
        Ok(decoded)
    };
    decode().map(Bytes::from).map_err(|NotBase64| Fault::NotBase64)
}
