use headgate_core::{KeyValue, KeyValueError, Swap};

use bindings::wasi::keyvalue::atomics::{Cas, CasError, swap};
use bindings::wasi::keyvalue::store::{Bucket, Error, open};

mod bindings {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    spin_sdk::wit_bindgen::generate!({
        runtime_path: "spin_sdk::wit_bindgen::rt",
        world: "key-value",
        path: "wit",
        generate_all,
    });
}

/// The store that the component's manifest names `default`: `wasi:keyvalue`.
///
/// The interface is synchronous and has no deadline of its own: the host's store must have one.
#[derive(Clone, Copy, Debug, Default)]
pub struct WasiKeyValue;

impl KeyValue for WasiKeyValue {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KeyValueError> {
        bucket()?.get(key).map_err(key_value_error)
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), KeyValueError> {
        bucket()?.set(key, value).map_err(key_value_error)
    }

    async fn delete(&self, key: &str) -> Result<(), KeyValueError> {
        bucket()?.delete(key).map_err(key_value_error)
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, KeyValueError> {
        let bucket = bucket()?;
        let mut found = Vec::new();
        let mut cursor = None;
        loop {
            let page = bucket.list_keys(cursor.as_deref()).map_err(key_value_error)?;
            found.extend(page.keys.into_iter().filter(|key| key.starts_with(prefix)));
            match page.cursor {
                Some(next) => cursor = Some(next),
                None => return Ok(found),
            }
        }
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        new: &[u8],
    ) -> Result<Swap, KeyValueError> {
        let bucket = bucket()?;
        let cas = Cas::new(&bucket, key).map_err(key_value_error)?;
        if cas.current().map_err(key_value_error)?.as_deref() != expected {
            return Ok(Swap::Conflict);
        }
        match swap(cas, new) {
            Ok(()) => Ok(Swap::Stored),
            Err(CasError::CasFailed(_)) => Ok(Swap::Conflict),
            Err(CasError::StoreError(error)) => Err(key_value_error(error)),
        }
    }
}

fn bucket() -> Result<Bucket, KeyValueError> {
    open("default").map_err(key_value_error)
}

fn key_value_error(error: Error) -> KeyValueError {
    match error {
        Error::NoSuchStore => KeyValueError::NoAccess("there is no store default".to_owned()),
        Error::AccessDenied => {
            KeyValueError::NoAccess("the manifest does not grant the store default".to_owned())
        }
        Error::Other(words) => KeyValueError::of_host(words),
    }
}
