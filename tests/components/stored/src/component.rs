use std::convert::Infallible;

use headgate_core::{Body, Handler, KeyValue, KeyValueError, Swap};
use headgate_spin::{Component, SpinPorts, SpinStore};
use http::{Method, Request, Response, StatusCode};

static COMPONENT: Component<Stored> = Component::new("stored");

headgate_spin::serve!(COMPONENT, load);

struct Stored(SpinStore);

async fn load(ports: SpinPorts<SpinStore>) -> Result<Stored, Infallible> {
    Ok(Stored(ports.key_value))
}

type Answer = (StatusCode, Vec<u8>);

impl Handler for Stored {
    async fn handle(&self, request: Request<Body>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
        let key = header("key").unwrap_or_default();
        let expected = header("expected").map(bytes);
        let Ok(body) = body.read(BODY_LIMIT).await else {
            return answer((StatusCode::BAD_REQUEST, Vec::new()));
        };
        answer(match (head.method, head.uri.path()) {
            (Method::GET, "/value") => told(self.0.get(key).await.map(found)),
            (Method::PUT, "/value") => told(self.0.set(key, &body).await.map(done)),
            (Method::DELETE, "/value") => told(self.0.delete(key).await.map(done)),
            (Method::GET, "/keys") => told(self.0.list(key).await.map(lines)),
            (Method::POST, "/swap") => {
                let swapped = self.0.compare_and_swap(key, expected.as_deref(), &body).await;
                told(swapped.map(|swap| match swap {
                    Swap::Stored => (StatusCode::OK, Vec::new()),
                    Swap::Conflict => (StatusCode::CONFLICT, Vec::new()),
                }))
            }
            (Method::POST, "/add") => told(self.add(key).await),
            _ => (StatusCode::NOT_FOUND, Vec::new()),
        })
    }
}

const BODY_LIMIT: usize = 4 * 1024 * 1024;

impl Stored {
    /// Adds one, however often that takes.
    async fn add(&self, key: &str) -> Result<Answer, KeyValueError> {
        loop {
            let seen = self.0.get(key).await?;
            let number = seen.as_deref().and_then(|digits| std::str::from_utf8(digits).ok());
            let number: u64 = number.and_then(|digits| digits.parse().ok()).unwrap_or_default();
            let next = (number + 1).to_string().into_bytes();
            if self.0.compare_and_swap(key, seen.as_deref(), &next).await? == Swap::Stored {
                return Ok((StatusCode::OK, next));
            }
        }
    }
}

fn found(value: Option<Vec<u8>>) -> Answer {
    value.map_or((StatusCode::NOT_FOUND, Vec::new()), |value| (StatusCode::OK, value))
}

fn done((): ()) -> Answer {
    (StatusCode::OK, Vec::new())
}

fn lines(mut keys: Vec<String>) -> Answer {
    keys.sort_unstable();
    (StatusCode::OK, keys.join("\n").into_bytes())
}

fn told(result: Result<Answer, KeyValueError>) -> Answer {
    result.unwrap_or_else(|error| {
        let status = match error {
            KeyValueError::NoAccess(_) => StatusCode::FORBIDDEN,
            KeyValueError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            KeyValueError::TooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        };
        (status, error.to_string().into_bytes())
    })
}

fn answer((status, body): Answer) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
}

fn bytes(digits: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = digits.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| pair.iter().fold(0, |byte, half| byte << 4 | digit(*half).unwrap_or_default()))
        .collect()
}
