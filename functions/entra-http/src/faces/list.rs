use std::collections::HashSet;

use bytes::Bytes;
use headgate_core::Body;
use headgate_core::reply::with_outcome;
use headgate_proxy::caller_response;
use http::header::{
    CONTENT_LENGTH, ETAG, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    IF_UNMODIFIED_SINCE, RANGE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response};

use super::answer::{Asked, MOST_PAGE, answered, broke_off, is_page, next_link_refused, too_long};
use super::call::failed;
use super::forward::FORWARD;
use super::sent::Sending;
use crate::body::{Content, Faults, Gathered, gather};
use crate::link::Link;
use crate::page::Page;
use crate::ports::World;
use crate::preference::ALL_PAGES;
use crate::reply::withheld;

/// The longest list that is put together, in bytes.
const MOST_LIST: usize = 32 * 1024 * 1024;
/// What is about one page, and not about a list.
const OF_ONE_PAGE: [HeaderName; 6] =
    [IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE];

/// Follows the links from page to page, and answers one list. The pages are the upstream's own, each on the allow-list, none is
/// asked for twice, and a list that would be cut short is not answered.
///
/// An answer that is no page, as one that throttles, is passed on in the place of the list.
pub(super) async fn whole_list<W: World>(
    sending: &Sending<'_, W>,
    asked: Asked<'_>,
    mut headers: HeaderMap,
) -> Response<Body> {
    let Sending { shared, upstream, .. } = sending;
    for name in &OF_ONE_PAGE {
        headers.remove(name);
    }
    // A page is asked for without content.
    let of_content: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with("content-")).cloned().collect();
    for name in of_content {
        headers.remove(name);
    }
    let (mut first, mut entries): (Option<Bytes>, _) = (None, String::new());
    let (mut target, mut seen) = (asked.target.clone(), HashSet::new());
    loop {
        if !seen.insert(target.clone()) {
            return endless("the upstream's pages lead in a circle", "PagesLoop");
        }
        if seen.len() > upstream.pages {
            return endless("the upstream's list has too many pages", "TooManyPages");
        }
        let content = Content::Kept(Bytes::new());
        let response = match sending.send(asked.method, &target, headers.clone(), content).await {
            Ok(response) => response,
            Err(unsent) => return failed(shared, upstream, &unsent, &Faults::default()),
        };
        if !is_page(upstream, &response) {
            let asked = Asked { target: &target, ..asked };
            return answered(shared, upstream, asked, response).await;
        }
        let (parts, body) = caller_response(response).into_parts();
        let bytes = match gather(body, MOST_PAGE).await {
            Ok(Gathered::All(bytes)) => bytes,
            Ok(Gathered::Beginning(_)) => return too_long(),
            Err(_) => return broke_off(),
        };
        let Some(page) = Page::read(&bytes) else { return no_page() };
        let Some(of_page) = page.entries() else { return no_page() };
        if !entries.is_empty() && !of_page.is_empty() {
            entries.push(',');
        }
        entries.push_str(of_page);
        if entries.len() > MOST_LIST || entries.len() as u64 > upstream.response_bytes {
            return endless("the upstream's list is too long", "ListTooLong");
        }
        let next = page.next(&upstream.next_link);
        let Some((_, text)) = next.first() else {
            let list = match &first {
                None => page.with_entries(&entries, &upstream.next_link),
                Some(first) => match Page::read(first) {
                    Some(first) => first.with_entries(&entries, &upstream.next_link),
                    None => return no_page(),
                },
            };
            let mut response = Response::from_parts(parts, Body::from(list));
            upstream.response_headers.apply(response.headers_mut());
            response.headers_mut().remove(CONTENT_LENGTH);
            response.headers_mut().remove(ETAG);
            let applied = HeaderName::from_static("preference-applied");
            response.headers_mut().insert(applied, HeaderValue::from_static(ALL_PAGES));
            return with_outcome(response, FORWARD, "ok");
        };
        let link = Link::of(upstream, &target, text);
        let link = link.and_then(|link| upstream.destination.join(&link.path, &link.query).ok());
        let Some(link) = link else { return next_link_refused() };
        target = link;
        first.get_or_insert(bytes);
    }
}

fn endless(title: &'static str, result: &'static str) -> Response<Body> {
    let detail = "ask page by page, without the preference headgate.all-pages";
    withheld(FORWARD, title, detail, result)
}

fn no_page() -> Response<Body> {
    withheld(
        FORWARD,
        "the upstream's answer is no page of a list",
        "ask without the preference headgate.all-pages",
        "PageUnreadable",
    )
}
