use headgate_events::{TokenUnavailable, Tokens};
use http::HeaderValue;

use crate::ports::{Reach, World};

/// Sinks are called with the same credentials as places.
impl<W: World> Tokens for Reach<W> {
    async fn authorization(
        &self,
        credential: &str,
        scope: &str,
        refused: Option<&HeaderValue>,
    ) -> Result<Option<HeaderValue>, TokenUnavailable> {
        self.identities.authorization(credential, scope, refused).await
    }
}
