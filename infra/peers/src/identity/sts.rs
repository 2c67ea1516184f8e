use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use bytes::Bytes;
use headgate_core::{Clock, Secret, Timestamp};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};

use crate::entra::OutsideIssuer;
use crate::issuer::form::Form;
use crate::peer::{Asked, Peer, Reply, Serving};

/// The security token service of AWS, as far as it speaks for a role to others (`GetWebIdentityToken`, 2011-06-15).
///
/// It refuses a request that is not signed by Signature Version 4 with the role's keys, session token included, for its
/// region and in time; another action or version; and what the action does not take.
pub struct Sts {
    /// The role's keys.
    pub key_id: String,
    /// The role's secret.
    pub secret: Secret,
    /// The role's session token.
    pub session: Secret,
    /// The region.
    pub region: String,
    /// The `sub` of its tokens: the role's name in AWS.
    pub role: String,
    /// Signs its tokens.
    pub issuer: Arc<OutsideIssuer>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// How far a request's clock may differ.
const SKEW: Duration = Duration::from_secs(5 * 60);

type Judged<T> = Result<T, (StatusCode, &'static str)>;

const INCOMPLETE: (StatusCode, &str) = (StatusCode::BAD_REQUEST, "IncompleteSignature");
const MISMATCH: (StatusCode, &str) = (StatusCode::FORBIDDEN, "SignatureDoesNotMatch");
const INVALID: (StatusCode, &str) = (StatusCode::BAD_REQUEST, "ValidationError");

impl Sts {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// As [`Serving::start`].
    pub async fn start(self, listen: SocketAddr) -> std::io::Result<Serving> {
        Serving::start(listen, None, |_| Arc::new(self)).await.map(|(serving, _)| serving)
    }

    fn token(&self, asked: &Asked) -> Judged<String> {
        if asked.method != Method::POST || asked.uri.path() != "/" || asked.uri.query().is_some() {
            return Err((StatusCode::NOT_FOUND, "UnknownOperation"));
        }
        self.judge_signature(asked)?;
        if asked.header("content-type") != Some("application/x-www-form-urlencoded") {
            return Err((StatusCode::BAD_REQUEST, "MalformedInput"));
        }
        let form = Form::parse(&asked.body).map_err(|_| INVALID)?;
        if form.get("Action") != Some("GetWebIdentityToken")
            || form.get("Version") != Some("2011-06-15")
        {
            return Err((StatusCode::BAD_REQUEST, "InvalidAction"));
        }
        let known =
            ["Action", "Version", "Audience.member.1", "DurationSeconds", "SigningAlgorithm"];
        let seconds = form.get("DurationSeconds").unwrap_or("300").parse::<u32>();
        let fits = form.names().all(|name| known.contains(&name))
            && seconds.is_ok_and(|seconds| (60..=3_600).contains(&seconds))
            && form.get("SigningAlgorithm") == Some("RS256");
        let audience = form.get("Audience.member.1").filter(|_| fits).ok_or(INVALID)?;
        Ok(self.issuer.assertion(&self.role, audience, self.clock.now()))
    }

    fn judge_signature(&self, asked: &Asked) -> Judged<()> {
        let authorization = asked.header(AUTHORIZATION.as_str());
        let authorization =
            authorization.ok_or((StatusCode::FORBIDDEN, "MissingAuthenticationToken"))?;
        let fields = authorization.strip_prefix("AWS4-HMAC-SHA256 ").ok_or(INCOMPLETE)?;
        let field = |name: &str| {
            let mut fields = fields.split(", ");
            fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('=')).ok_or(INCOMPLETE)
        };
        let (key_id, scope) = field("Credential")?.split_once('/').ok_or(INCOMPLETE)?;
        let date = asked.header("x-amz-date").ok_or(INCOMPLETE)?;
        let day = date.get(..8).ok_or(INCOMPLETE)?;
        if key_id != self.key_id {
            return Err((StatusCode::FORBIDDEN, "InvalidClientTokenId"));
        }
        if scope != format!("{day}/{}/sts/aws4_request", self.region) || !self.is_in_time(date) {
            return Err(MISMATCH);
        }
        if asked.header("x-amz-security-token") != Some(self.session.expose()) {
            return Err((StatusCode::FORBIDDEN, "InvalidClientTokenId"));
        }
        let names = field("SignedHeaders")?;
        let listed: Vec<&str> = names.split(';').collect();
        let needed = ["content-type", "host", "x-amz-date", "x-amz-security-token"];
        if !listed.is_sorted() || !needed.iter().all(|name| listed.contains(name)) {
            return Err(MISMATCH);
        }
        let mut canonical = "POST\n/\n\n".to_owned();
        for name in &listed {
            let value = asked.header(name).ok_or(MISMATCH)?;
            canonical.push_str(&format!("{name}:{}\n", value.trim()));
        }
        canonical.push_str(&format!("\n{names}\n{}", hex(digest(&SHA256, &asked.body).as_ref())));
        let hashed = hex(digest(&SHA256, canonical.as_bytes()).as_ref());
        let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashed}");
        let mut key = format!("AWS4{}", self.secret.expose()).into_bytes();
        for part in scope.split('/') {
            key = mac(&key, part);
        }
        if field("Signature")? == hex(&mac(&key, &text)) { Ok(()) } else { Err(MISMATCH) }
    }

    /// Whether a date is one of the minutes around this one.
    fn is_in_time(&self, date: &str) -> bool {
        let now = self.clock.now();
        let earliest = now.as_secs().saturating_sub(SKEW.as_secs());
        let text = |seconds: u64| {
            let text = Timestamp::from_secs(seconds).to_string();
            text.split('.').next().unwrap_or_default().replace(['-', ':'], "") + "Z"
        };
        // Of one length, they are in order as texts.
        date.len() == 16 && *date >= *text(earliest) && *date <= *text(now.plus(SKEW).as_secs())
    }
}

impl Peer for Sts {
    fn is_watched(&self, _asked: &Asked) -> bool {
        true
    }

    fn answer(&self, asked: &Asked) -> Reply {
        let (status, text) = match self.token(asked) {
            Ok(token) => (
                StatusCode::OK,
                format!(
                    "<GetWebIdentityTokenResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <GetWebIdentityTokenResult>\n    \
                     <WebIdentityToken>{token}</WebIdentityToken>\n    <Expiration>{}</Expiration>\n  </GetWebIdentityTokenResult>\n</GetWebIdentityTokenResponse>\n",
                    self.clock.now().plus(Duration::from_secs(600))
                ),
            ),
            Err((status, code)) => (
                status,
                format!(
                    "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n    <Type>Sender</Type>\n    <Code>{code}</Code>\n    \
                     <Message>refused</Message>\n  </Error>\n</ErrorResponse>\n"
                ),
            ),
        };
        let mut reply = Reply { body: Bytes::from(text), ..Reply::empty(status) };
        reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
        reply
    }
}

impl std::fmt::Debug for Sts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Sts").field("region", &self.region).finish_non_exhaustive()
    }
}

fn mac(key: &[u8], message: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
