use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

const DEPTH_LIMIT: usize = 32;
const VALUE_LIMIT: usize = 4096;

/// Why bytes are not one strict JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not UTF-8.
    NotText,
    /// Not JSON.
    NotJson,
    /// JSON of another type.
    NotObject,
    /// Two members of one name.
    DuplicateMember,
    /// Deeper than 32 levels.
    TooDeep,
    /// More values than the caller allows.
    TooManyValues,
}

/// Reads one JSON object of at most 4,096 values.
pub(super) fn small_object(bytes: &[u8]) -> Result<Map<String, Value>, Fault> {
    object(bytes, VALUE_LIMIT)
}

/// Reads one JSON object in which no name appears twice, at any depth, and which has at most `value_limit` values.
///
/// serde_json on its own keeps the last of two members, where another reader keeps the first: the two would judge
/// different tokens.
///
/// # Errors
///
/// [`Fault`]: the first thing that keeps the bytes from being one.
pub fn object(bytes: &[u8], value_limit: usize) -> Result<Map<String, Value>, Fault> {
    if std::str::from_utf8(bytes).is_err() {
        return Err(Fault::NotText);
    }
    let state = State { values_left: Cell::new(value_limit), fault: Cell::new(Fault::NotJson) };
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { state: &state, depth: 0 }
        .deserialize(&mut deserializer)
        .map_err(|_| state.fault.get())?;
    deserializer.end().map_err(|_| Fault::NotJson)?;
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(Fault::NotObject),
    }
}

struct State {
    values_left: Cell<usize>,
    /// What a failing read means: the parser's own complaint unless a rule here has spoken.
    fault: Cell<Fault>,
}

#[derive(Clone, Copy)]
struct Strict<'s> {
    state: &'s State,
    depth: usize,
}

impl<'s> Strict<'s> {
    fn fail<E: Error>(self, fault: Fault) -> E {
        self.state.fault.set(fault);
        E::custom("refused")
    }

    fn inside<E: Error>(self) -> Result<Strict<'s>, E> {
        if self.depth == DEPTH_LIMIT {
            return Err(self.fail(Fault::TooDeep));
        }
        Ok(Strict { state: self.state, depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let Some(values_left) = self.state.values_left.get().checked_sub(1) else {
            return Err(self.fail(Fault::TooManyValues));
        };
        self.state.values_left.set(values_left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        // The parser itself refuses what overflows; this refuses the rest of what JSON cannot say.
        Number::from_f64(value).map(Value::Number).ok_or_else(|| self.fail(Fault::NotJson))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let seed = self.inside()?;
        let mut values = Vec::new();
        while let Some(value) = sequence.next_element_seed(seed)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let seed = self.inside()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(self.fail(Fault::DuplicateMember));
            }
            let value = members.next_value_seed(seed)?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}
