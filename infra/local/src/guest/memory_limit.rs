use wasmtime::ResourceLimiter;

/// How much one instance may hold: all its memories together, and each of its tables.
///
/// A growth beyond it fails as it does on a machine without memory: the guest sees -1, and Rust's allocator aborts.
#[derive(Debug)]
pub(crate) struct MemoryLimit {
    bytes_left: usize,
    table_elements: usize,
}

impl MemoryLimit {
    pub(crate) fn new(bytes: usize, table_elements: usize) -> Self {
        Self { bytes_left: bytes, table_elements }
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let Some(left) = self.bytes_left.checked_sub(desired.saturating_sub(current)) else {
            return Ok(false);
        };
        self.bytes_left = left;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= self.table_elements && maximum.is_none_or(|maximum| desired <= maximum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_memories_of_an_instance_share_one_limit() {
        let mut limit = MemoryLimit::new(100, 10);
        assert!(limit.memory_growing(0, 60, None).unwrap());
        assert!(!limit.memory_growing(0, 41, None).unwrap());
        assert!(limit.memory_growing(0, 40, None).unwrap());
        assert!(!limit.memory_growing(40, 41, None).unwrap());
    }

    #[test]
    fn a_table_stays_below_its_limit() {
        let mut limit = MemoryLimit::new(100, 10);
        assert!(limit.table_growing(0, 10, None).unwrap());
        assert!(!limit.table_growing(10, 11, None).unwrap());
        assert!(!limit.table_growing(0, 5, Some(4)).unwrap());
    }
}
