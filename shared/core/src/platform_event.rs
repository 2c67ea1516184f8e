/// What kind of event a request stands for, when the platform and not an HTTP caller sent it.
///
/// A host puts it into the request's extensions. No HTTP caller can: a request without it came over HTTP, and has
/// to satisfy the function's access policy like any other request.
///
/// The request's body is the event as the platform sent it, and its path says the same as the kind. The response's body
/// is the event's result; a status of 400 and above is a failure, which the platform may answer by sending it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlatformEvent {
    /// API Gateway asks whether a request may pass: `POST /authorizer`. A 401 is its `Unauthorized`.
    Authorizer,
    /// The time has come, by schedule: `POST /tick`.
    Tick,
    /// Any other event, as of a queue or an event bus: `POST /events`.
    Other,
}

impl PlatformEvent {
    /// The path under which a function takes the event.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Authorizer => "/authorizer",
            Self::Tick => "/tick",
            Self::Other => "/events",
        }
    }
}
