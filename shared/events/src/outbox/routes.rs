use headgate_core::reply::{not_allowed, page, problem, store_unavailable};
use headgate_core::{Body, Clock, Diagnostics, HttpClient, KeyValue, Random};
use http::{Method, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::Outbox;
use super::dead_letter::DeadLetter;
use super::inspect::OutboxItem;
use crate::outlets::Outlets;
use crate::tokens::Tokens;

#[derive(Serialize)]
struct OutboxPage {
    outbox: Vec<OutboxItem>,
    more: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeadLettersPage {
    dead_letters: Vec<DeadLetter>,
    more: bool,
}

#[derive(Serialize)]
struct RedeliveredPage {
    redelivered: Vec<DeadLetter>,
    delivered: usize,
}

impl<H, K, C, R, D, O, T> Outbox<H, K, C, R, D, O, T>
where
    H: HttpClient,
    K: KeyValue,
    C: Clock,
    R: Random,
    D: Diagnostics,
    O: Outlets,
    T: Tokens,
{
    /// Answers the outbox's own routes; `None` for any other path, which is the function's.
    ///
    /// `GET /outbox` and `GET /dead-letters` show what there is, and `POST /dead-letters/{id}:redeliver`, with the id of
    /// an event, sends it again and says how often it arrived at once. Who may ask is for the function to judge *before*.
    pub async fn answer(&self, method: &Method, path: &str) -> Option<Response<Body>> {
        match path {
            "/outbox" if method != Method::GET => Some(not_allowed("outbox", "GET")),
            "/outbox" => Some(match self.list().await {
                Ok(found) => page("outbox", &OutboxPage { outbox: found.items, more: found.more }),
                Err(error) => self.unavailable("outbox", &error),
            }),
            "/dead-letters" if method != Method::GET => Some(not_allowed("dead-letters", "GET")),
            "/dead-letters" => Some(match self.dead_letters().await {
                Ok(found) => page(
                    "dead-letters",
                    &DeadLettersPage { dead_letters: found.items, more: found.more },
                ),
                Err(error) => self.unavailable("dead-letters", &error),
            }),
            _ => {
                let id = path.strip_prefix("/dead-letters/")?.strip_suffix(":redeliver")?;
                if method != Method::POST {
                    return Some(not_allowed("redeliver", "POST"));
                }
                Some(self.answer_redeliver(id).await)
            }
        }
    }

    async fn answer_redeliver(&self, id: &str) -> Response<Body> {
        let Ok(id) = percent_decode_str(id).decode_utf8() else {
            return problem(
                StatusCode::BAD_REQUEST,
                "the id cannot be read",
                "the id is not UTF-8",
                ("redeliver", "IdNotText"),
            );
        };
        match self.redeliver(&id).await {
            Ok(redelivered) if redelivered.letters.is_empty() => problem(
                StatusCode::NOT_FOUND,
                "there is no such dead letter",
                "GET /dead-letters shows those that there are; the id is the event's",
                ("redeliver", "DeadLetterNotFound"),
            ),
            Ok(redelivered) => {
                let delivered = self.deliver(redelivered.handed).await.delivered;
                page("redeliver", &RedeliveredPage { redelivered: redelivered.letters, delivered })
            }
            Err(error) => self.unavailable("redeliver", &error),
        }
    }

    fn unavailable(&self, route: &'static str, error: &dyn std::fmt::Display) -> Response<Body> {
        self.warn(&format_args!("{route} cannot be answered: {error}"));
        store_unavailable(route)
    }
}
