//! What a producer asks before it sends events: pure (contracts §3.3, §3.4).

use std::fmt;
use std::num::NonZeroU32;

use http::header::ALLOW;
use http::{HeaderMap, HeaderValue, Uri};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::refusal::Refusal;

const VALIDATION_EVENT: &str = "Microsoft.EventGrid.SubscriptionValidationEvent";

/// How the handshake of the Event Grid schema is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidationBy {
    /// With the code.
    Code,
    /// By asking the address that came with it.
    Url,
}

/// A validation event: what proves that the endpoint wants the subscription.
#[derive(Clone, PartialEq, Eq)]
pub struct Validation {
    /// The code to send back.
    pub code: String,
    /// The address to ask in its stead; it holds a token.
    pub url: Option<String>,
}

/// Shows neither code nor address.
impl fmt::Debug for Validation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Validation(…)")
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ValidationEvent {
    event_type: String,
    data: ValidationData,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct ValidationData {
    validation_code: String,
    validation_url: Option<String>,
}

/// Reads a validation event: an array of exactly one.
///
/// # Errors
///
/// [`Refusal::HandshakeMalformed`], which names the member.
pub fn read_validation(body: &[u8]) -> Result<Validation, Refusal> {
    let malformed = Refusal::HandshakeMalformed;
    let events: Vec<&RawValue> = serde_json::from_slice(body)
        .map_err(|_| malformed("must be in an array of exactly one event"))?;
    let [event] = events.as_slice() else {
        return Err(malformed("must be in an array of exactly one event"));
    };
    let event: ValidationEvent = serde_json::from_str(event.get()).map_err(|_| {
        malformed("needs the members eventType, data.validationCode and data.validationUrl as text")
    })?;
    if event.event_type != VALIDATION_EVENT {
        return Err(malformed(
            "must have the eventType Microsoft.EventGrid.SubscriptionValidationEvent",
        ));
    }
    let ValidationData { validation_code: code, validation_url: url } = event.data;
    if code.is_empty() {
        return Err(malformed("needs the member data.validationCode"));
    }
    Ok(Validation { code, url })
}

/// Reads the address that completes a handshake: `https`, and a host of Event Grid, whatever the port, which is 553.
///
/// # Errors
///
/// [`Refusal::HandshakeMalformed`] when it is missing or leads elsewhere.
pub fn validation_address(validation: &Validation) -> Result<Uri, Refusal> {
    let missing = Refusal::HandshakeMalformed("needs the member data.validationUrl");
    let url = validation.url.as_deref().ok_or(missing)?;
    let elsewhere = Refusal::HandshakeMalformed(
        "must have an https address under eventgrid.azure.net in data.validationUrl",
    );
    match url.parse::<Uri>() {
        Ok(address) if is_event_grid(&address) => Ok(address),
        Ok(_) | Err(_) => Err(elsewhere),
    }
}

/// Whether an address is one of Event Grid's.
#[must_use]
pub fn is_event_grid(address: &Uri) -> bool {
    let Some(authority) = address.authority() else { return false };
    let host = authority.host();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    let suffix = "eventgrid.azure.net";
    let is_below = || {
        let (name, end) = host.split_at_checked(host.len().saturating_sub(suffix.len()))?;
        (end.eq_ignore_ascii_case(suffix) && (name.is_empty() || name.ends_with('.'))).then_some(())
    };
    address.scheme_str() == Some("https")
        && !authority.as_str().contains('@')
        && host.bytes().all(plain)
        && is_below().is_some()
}

/// What is granted to whom by the handshake of CloudEvents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbuseProtection {
    /// To whom.
    pub origins: Origins,
    /// What.
    pub rate: AllowedRate,
}

/// Who may send events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origins {
    /// Nobody is granted anything: there is no such handshake.
    Nobody,
    /// Anybody, said in so many words.
    Anybody,
    /// These; case does not count.
    Listed(Vec<String>),
}

/// How fast events may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowedRate {
    /// As fast as anybody likes.
    Any,
    /// So many requests a minute.
    PerMinute(NonZeroU32),
}

/// The permission to send events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    origin: HeaderValue,
    rate: AllowedRate,
}

/// Judges an `OPTIONS` request by `WebHook-Request-Origin`. The answer is given at once, so a `WebHook-Request-Callback`
/// is never called.
///
/// # Errors
///
/// [`Refusal`] when the origin is missing, there twice, or not granted; 405 when nobody is.
pub fn consent(headers: &HeaderMap, protection: &AbuseProtection) -> Result<Consent, Refusal> {
    let mut values = headers.get_all("webhook-request-origin").iter();
    let origin = match (values.next(), values.next()) {
        (Some(origin), None) => origin.clone(),
        (None | Some(_), _) => return Err(Refusal::OriginNotAllowed),
    };
    let is = |name: &String| origin.as_bytes().eq_ignore_ascii_case(name.as_bytes());
    let is_granted = match &protection.origins {
        Origins::Nobody => return Err(Refusal::MethodNotAllowed("POST")),
        Origins::Anybody => true,
        Origins::Listed(names) => names.iter().any(is),
    };
    if is_granted {
        Ok(Consent { origin, rate: protection.rate })
    } else {
        Err(Refusal::OriginNotAllowed)
    }
}

impl Consent {
    /// Puts the headers into the response. The rate is there whether it was asked for or not.
    pub fn apply(&self, headers: &mut HeaderMap) {
        headers.insert(ALLOW, HeaderValue::from_static("POST"));
        headers.insert("webhook-allowed-origin", self.origin.clone());
        let rate = match self.rate {
            AllowedRate::Any => HeaderValue::from_static("*"),
            AllowedRate::PerMinute(rate) => HeaderValue::from(rate.get()),
        };
        headers.insert("webhook-allowed-rate", rate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_addresses_under_event_grid_are_asked() {
        for text in [
            "https://rp-westeurope.eventgrid.azure.net:553/eventsubscriptions/x/validate?id=1",
            "https://eventgrid.azure.net/",
            "https://A.EventGrid.Azure.NET/",
        ] {
            assert!(is_event_grid(&text.parse().unwrap()), "{text}");
        }
        for text in [
            "http://rp.eventgrid.azure.net/",
            "https://eventgrid.azure.net.example/",
            "https://noteventgrid.azure.net/",
            "https://example/?eventgrid.azure.net",
            "https://eventgrid.azure.net@example/",
            "https://user@rp.eventgrid.azure.net/",
            "https://169.254.169.254/.eventgrid.azure.net",
            "/eventgrid.azure.net",
        ] {
            assert!(!text.parse().is_ok_and(|address| is_event_grid(&address)), "{text}");
        }
    }
}
