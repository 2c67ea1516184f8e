use headgate_core::TraceContext;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};

const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// The trace that a request is a part of, for the calls that it causes (W3C Trace Context).
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    context: Option<TraceContext>,
    /// The caller's, in their order; none when the trace was begun here.
    state: Vec<HeaderValue>,
}

impl Trace {
    /// Finds the trace of a request; none when nobody observes it.
    pub(crate) fn of(parts: &Parts) -> Self {
        let context = parts.extensions.get::<TraceContext>().copied();
        let continued = context.is_some_and(|context| context.continues(&parts.headers));
        let state = parts.headers.get_all(TRACESTATE).iter().filter(|_| continued);
        Self { context, state: state.cloned().collect() }
    }

    /// Writes `traceparent` and `tracestate` into a call's headers.
    pub(crate) fn inject(&self, headers: &mut HeaderMap) {
        if let Some(context) = self.context {
            context.inject(headers);
        }
        headers.remove(TRACESTATE);
        for state in &self.state {
            headers.append(TRACESTATE, state.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use headgate_fakes::CountingRandom;
    use http::Request;

    use super::*;

    fn handed_on(caller: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut request = Request::new(());
        for (name, value) in caller {
            request.headers_mut().append(*name, HeaderValue::from_static(value));
        }
        let trace = TraceContext::continued_or_new(request.headers(), &CountingRandom::new());
        request.extensions_mut().insert(trace);
        let mut headers = HeaderMap::new();
        Trace::of(&request.into_parts().0).inject(&mut headers);
        headers
    }

    #[test]
    fn the_callers_state_goes_on_with_its_trace_and_in_its_order() {
        let headers = handed_on(&[
            ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            ("tracestate", "rojo=1"),
            ("tracestate", "congo=2"),
        ]);
        let parent = headers["traceparent"].to_str().unwrap();
        assert!(parent.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"), "{parent}");
        assert!(!parent.contains("00f067aa0ba902b7"), "{parent}");
        let state: Vec<_> = headers.get_all(TRACESTATE).iter().collect();
        assert_eq!(state, ["rojo=1", "congo=2"]);
    }

    #[test]
    fn a_state_without_a_valid_trace_goes_no_further() {
        for parent in ["", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"] {
            let headers = handed_on(&[("traceparent", parent), ("tracestate", "rojo=1")]);
            assert!(headers.contains_key("traceparent"));
            assert!(!headers.contains_key(TRACESTATE), "{parent}");
        }
    }
}
