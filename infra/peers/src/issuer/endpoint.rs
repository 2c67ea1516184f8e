/// What of the issuer is counted and can be broken: both versions of each together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// The discovery documents.
    Metadata,
    /// The key documents.
    Keys,
    /// The token endpoints.
    Token,
}

impl Endpoint {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Metadata, Self::Keys, Self::Token];
}
