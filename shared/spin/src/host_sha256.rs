use bindings::headgate::digest::sha256;

mod bindings {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    spin_sdk::wit_bindgen::generate!({
        runtime_path: "spin_sdk::wit_bindgen::rt",
        world: "hashing",
        path: "wit",
        generate_all,
    });
}

/// SHA-256's state after more blocks of 64 bytes each, by the host: `headgate:digest`, in builds for hosts that have it.
#[must_use]
pub fn sha256_compress(state: [u32; 8], blocks: &[u8]) -> [u32; 8] {
    sha256::compress(state.into(), blocks).into()
}
