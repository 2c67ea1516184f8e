use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::Random;

/// The place of a request in a distributed trace: W3C Trace Context, `traceparent` version 00.
///
/// `tracestate` is the caller's and travels with the request's other headers; this type does not read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: [u8; 16],
    span_id: [u8; 8],
    flags: u8,
}

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

impl TraceContext {
    /// Takes the caller's trace up with a span of its own, or begins a trace when the caller brings none that is
    /// valid (W3C Trace Context §4.3).
    #[must_use]
    pub fn continued_or_new(headers: &HeaderMap, random: &impl Random) -> Self {
        let mut fresh = [0; 24];
        random.fill(&mut fresh);
        let (mut trace_id, mut span_id) = ([0; 16], [0; 8]);
        trace_id.copy_from_slice(&fresh[..16]);
        span_id.copy_from_slice(&fresh[16..]);
        match headers.get(TRACEPARENT).and_then(|value| parse(value.as_bytes())) {
            Some(caller) => Self { span_id, ..caller },
            None => Self { trace_id, span_id, flags: 0 },
        }
    }

    /// Says whether this continues the trace of a request with these headers. Only then is the caller's `tracestate` a part
    /// of it (W3C Trace Context §3.3).
    #[must_use]
    pub fn continues(&self, headers: &HeaderMap) -> bool {
        let caller = headers.get(TRACEPARENT).and_then(|value| parse(value.as_bytes()));
        caller.is_some_and(|caller| caller.trace_id == self.trace_id)
    }

    /// Writes `traceparent` for a call that this request causes.
    pub fn inject(&self, headers: &mut HeaderMap) {
        // Lower-case hexadecimal is always a header value.
        if let Ok(value) = HeaderValue::try_from(self.to_string()) {
            headers.insert(TRACEPARENT, value);
        }
    }

    /// The trace's id as 32 lower-case hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> impl fmt::Display + use<> {
        Hex(self.trace_id)
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "00-{}-{}-{:02x}", Hex(self.trace_id), Hex(self.span_id), self.flags)
    }
}

struct Hex<const N: usize>([u8; N]);

impl<const N: usize> fmt::Display for Hex<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        // Every request is logged with its trace's id: one write is much cheaper than one for each byte.
        let digits = self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let digits = digits.filter_map(|digit| DIGITS.get(usize::from(digit)).copied());
        formatter.write_str(&digits.map(char::from).collect::<String>())
    }
}

fn parse(value: &[u8]) -> Option<TraceContext> {
    let mut parts = value.split(|byte| *byte == b'-');
    let [version] = hex(parts.next()?)?;
    let trace_id = hex(parts.next()?)?;
    let span_id = hex(parts.next()?)?;
    let [flags] = hex(parts.next()?)?;
    // Version 00 has exactly four parts; a later one may have more; ff is forbidden.
    let well_formed = version != 0xff && (version != 0 || parts.next().is_none());
    let present = trace_id != [0; 16] && span_id != [0; 8];
    (well_formed && present).then_some(TraceContext { trace_id, span_id, flags: flags & 1 })
}

fn hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        for digit in pair {
            let value = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'f' => digit - b'a' + 10,
                _ => return None,
            };
            *byte = *byte << 4 | value;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sevens;

    impl Random for Sevens {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn continued(traceparent: &'static str) -> String {
        let headers = HeaderMap::from_iter([(TRACEPARENT, HeaderValue::from_static(traceparent))]);
        TraceContext::continued_or_new(&headers, &Sevens).to_string()
    }

    #[test]
    fn a_valid_trace_is_continued_with_a_span_of_its_own() {
        assert_eq!(
            continued("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0707070707070707-01"
        );
    }

    #[test]
    fn a_trace_that_was_begun_here_continues_no_callers() {
        let of = |traceparent| {
            HeaderMap::from_iter([(TRACEPARENT, HeaderValue::from_static(traceparent))])
        };
        let valid = of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        let malformed = of("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01");
        for (headers, continues) in [(valid, true), (malformed, false), (HeaderMap::new(), false)] {
            let trace = TraceContext::continued_or_new(&headers, &Sevens);
            assert_eq!(trace.continues(&headers), continues);
        }
    }

    #[test]
    fn a_malformed_trace_is_replaced_by_a_new_one() {
        for malformed in [
            "",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        ] {
            assert_eq!(
                continued(malformed),
                "00-07070707070707070707070707070707-0707070707070707-00",
                "{malformed}"
            );
        }
    }
}
