use wasmtime::component::{Accessor, HasSelf};

use super::Guest;
use super::bindings::fermyon::spin::variables as spin_2;
use super::bindings::spin::variables::variables as spin_3;
use super::bindings::wasi::config::store as config;
use crate::template::is_variable_name;

impl Guest {
    fn variable(&self, name: &str) -> Option<String> {
        self.environment.variables.get(name).cloned()
    }
}

impl spin_2::Host for Guest {
    fn get(&mut self, name: String) -> wasmtime::Result<Result<String, spin_2::Error>> {
        Ok(match self.variable(&name) {
            Some(value) => Ok(value),
            None if is_variable_name(&name) => Err(spin_2::Error::Undefined(name)),
            None => Err(spin_2::Error::InvalidName(name)),
        })
    }
}

impl spin_3::Host for Guest {}

impl<T: Send> spin_3::HostWithStore<T> for HasSelf<Guest> {
    async fn get(
        accessor: &Accessor<T, Self>,
        name: String,
    ) -> wasmtime::Result<Result<String, spin_3::Error>> {
        Ok(match accessor.with(|mut access| access.get().variable(&name)) {
            Some(value) => Ok(value),
            None if is_variable_name(&name) => Err(spin_3::Error::Undefined(name)),
            None => Err(spin_3::Error::InvalidName(name)),
        })
    }
}

impl config::Host for Guest {
    fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<String>, config::Error>> {
        Ok(Ok(self.variable(&key)))
    }

    fn get_all(&mut self) -> wasmtime::Result<Result<Vec<(String, String)>, config::Error>> {
        Ok(Ok(self.environment.variables.clone().into_iter().collect()))
    }
}
