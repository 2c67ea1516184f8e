use super::Guid;

/// The tenant that the issuer has when no other is configured.
pub const DEFAULT_TENANT: &str = "6f1c2a9e-5b1d-4c07-9d7e-2f8a4b3c5d60";

/// The default tenant's domain, which stands for its id in paths.
pub const DEFAULT_TENANT_DOMAIN: &str = "headgate.example";

/// The client application that may ask for tokens; its secret is made at the first start and kept in the state
/// directory.
pub const DEFAULT_CLIENT_ID: &str = "b2d4e6f8-1a3c-4e5f-8a7b-9c0d1e2f3a4b";

/// The application ID URI of the API that tokens are for by default: what a client asks for, as
/// `api://headgate/.default`.
pub const DEFAULT_AUDIENCE: &str = "api://headgate";

/// The client id of that API: what `aud` says in its tokens, which are of version 2 (contracts §5.3).
pub const DEFAULT_API_CLIENT_ID: &str = "4a7c9e13-8b26-4f0d-a5e1-7d3b6c9f2e58";

/// Where the binary listens.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:3001";

/// Where the binary keeps its keys and its client's secret.
pub const DEFAULT_STATE_DIR: &str = ".headgate/issuer";

pub(super) const TENANT: Guid = Guid::from_u128(0x6f1c_2a9e_5b1d_4c07_9d7e_2f8a_4b3c_5d60);
pub(super) const CLIENT: Guid = Guid::from_u128(0xb2d4_e6f8_1a3c_4e5f_8a7b_9c0d_1e2f_3a4b);
pub(super) const API_CLIENT: Guid = Guid::from_u128(0x4a7c_9e13_8b26_4f0d_a5e1_7d3b_6c9f_2e58);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_ids_are_the_ones_in_use() {
        assert_eq!(TENANT.to_string(), DEFAULT_TENANT);
        assert_eq!(CLIENT.to_string(), DEFAULT_CLIENT_ID);
        assert_eq!(API_CLIENT.to_string(), DEFAULT_API_CLIENT_ID);
    }
}
