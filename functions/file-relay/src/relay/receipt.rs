use serde_json::{Map, Value, json};

use super::order::{Files, Spot};
use super::record::Relay;
use super::work::{Bringer, Many, One, Rewritten, Work};
use crate::digest::Digest;
use headgate_core::Moment;

/// Shows a relay to a caller; `bytes` is how many have come so far, where that is known better than the store knows it.
#[must_use]
pub fn receipt(id: &str, relay: &Relay, bytes: Option<u64>) -> Value {
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            shown.insert(name.to_owned(), value);
        }
    };
    put("id", json!(id));
    put("status", json!(relay.state.name()));
    match &relay.work {
        Work::One(one) => put_one(&mut put, relay, one, bytes),
        Work::Many(many) => put_many(&mut put, relay, many),
    }
    put("attempts", json!(relay.attempts));
    put("createdTime", time(Some(relay.created)));
    put("startedTime", time(relay.started));
    put("endedTime", time(relay.ended));
    if !relay.state.is_final() {
        put("nextTime", time(relay.next));
    }
    put("cancelRequested", if relay.cancel { json!(true) } else { Value::Null });
    put("parent", json!(relay.parent));
    put("error", json!(relay.failure));
    Value::Object(shown)
}

fn put_one(put: &mut impl FnMut(&str, Value), relay: &Relay, one: &One, bytes: Option<u64>) {
    let sent = one.sent.as_ref();
    let stored = one.bytes.or_else(|| sent.map(|sent| sent.offset)).unwrap_or_default();
    let bytes = one.bytes.or(bytes).unwrap_or(stored);
    let stat = one.stat.as_ref();
    put("bytes", json!(bytes));
    put(
        "total",
        json!(one.bytes.or_else(|| stat.and_then(|stat| stat.length)).or(one.order.length)),
    );
    put("parts", json!(sent.map_or(one.parts, |sent| sent.parts)));
    put("digests", digests(&one.digests));
    let content_type = one.order.content_type.as_ref();
    put(
        "contentType",
        json!(content_type.or_else(|| stat.and_then(|stat| stat.content_type.as_ref()))),
    );
    let etag = stat.and_then(|stat| stat.etag.as_deref());
    match (&one.order.source, one.bringer) {
        (Some(spot), _) => put("source", place(spot, etag)),
        (None, Bringer::Chunks) => put("source", json!({ "kind": "chunks" })),
        (None, _) => put("source", json!({ "kind": "request" })),
    }
    let mut destination = one.order.destination.clone();
    if let Some(path) = &one.path {
        destination.path = path.clone();
    }
    let mut there = place(&destination, one.etag.as_deref());
    if let (Some(rewritten), Some(there)) = (&one.rewritten, there.as_object_mut()) {
        there.insert("rewritten".to_owned(), as_rewritten(rewritten));
    }
    put("destination", there);
    put("conflict", json!(one.order.conflict));
    if let (Some(started), Some(ended)) = (relay.started, relay.ended) {
        let millis = ended.timestamp().since(started.timestamp()).as_millis().max(1);
        let rate = u128::from(bytes).saturating_mul(1_000) / millis;
        put("bytesPerSecond", json!(u64::try_from(rate).unwrap_or(u64::MAX)));
    }
}

fn put_many(put: &mut impl FnMut(&str, Value), relay: &Relay, many: &Many) {
    let order = &many.order;
    let source = match &order.files {
        Files::Below(spot) => json!({ "place": spot.place, "prefix": spot.path }),
        Files::These { count, .. } => json!({ "files": count }),
    };
    put("source", source);
    put("destination", json!({ "place": order.folder.place, "folder": order.folder.path }));
    put("conflict", json!(order.conflict));
    put("parallel", json!(order.parallel));
    put("bytes", json!(many.counts.bytes));
    let counts = many.counts;
    put(
        "relays",
        json!({
            "total": counts.total, "succeeded": counts.succeeded, "skipped": counts.skipped,
            "failed": counts.failed, "cancelled": counts.cancelled, "listed": many.is_listed,
        }),
    );
    if let (Some(started), Some(ended)) = (relay.started, relay.ended) {
        let millis = ended.timestamp().since(started.timestamp()).as_millis().max(1);
        let rate = u128::from(counts.bytes).saturating_mul(1_000) / millis;
        put("bytesPerSecond", json!(u64::try_from(rate).unwrap_or(u64::MAX)));
    }
}

fn place(spot: &Spot, etag: Option<&str>) -> Value {
    let mut shown = json!({ "place": spot.place, "path": spot.path });
    if let (Some(etag), Some(shown)) = (etag, shown.as_object_mut()) {
        shown.insert("etag".to_owned(), json!(etag));
    }
    shown
}

fn as_rewritten(rewritten: &Rewritten) -> Value {
    let members = [("bytes", json!(rewritten.bytes)), ("digests", digests(&rewritten.digests))];
    let said = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(said.map(|(name, value)| (name.to_owned(), value)).collect())
}

fn digests(digests: &[Digest]) -> Value {
    if digests.is_empty() {
        return Value::Null;
    }
    let shown = digests.iter().map(|digest| (digest.algorithm.to_string(), json!(digest.hex())));
    Value::Object(shown.collect())
}

fn time(moment: Option<Moment>) -> Value {
    moment.map_or(Value::Null, |moment| json!(moment.timestamp().to_string()))
}
