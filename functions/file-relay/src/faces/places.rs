use headgate_core::reply::page;
use serde_json::{Value, json};

use super::Answer;
use crate::ports::World;
use crate::relay::Relays;

/// Shows the places, and what each may be used for.
pub(crate) fn all_places<W: World>(relays: &Relays<W>) -> Answer {
    let places = relays.places.iter().map(|(name, place)| {
        json!({ "name": name, "kind": place.kind, "read": place.read, "write": place.write })
    });
    Ok(page("places", &json!({ "places": places.collect::<Vec<Value>>() })))
}
