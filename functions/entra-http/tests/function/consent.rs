use headgate_core::{Body, HttpClient, Timeout};
use headgate_fakes::Answered;
use headgate_native::ReqwestClient;
use http::Request;

use crate::peers::{CALLBACK, Cloud, get};
use crate::town::{ORDERS, Town};

const SUBSCRIPTIONS: &str = "/arm/subscriptions?api-version=2022-12-01";
const CONNECTION: (&str, &str) = ("x-headgate-connection", "ada");

/// The person's browser at Entra: where it is sent back to.
async fn consented(location: &str) -> String {
    let request = Request::get(location).body(Body::empty()).unwrap();
    let timeout = Timeout::each(std::time::Duration::from_secs(10));
    let answer = ReqwestClient::new().send(request, timeout).await.unwrap();
    assert_eq!(answer.status(), 302);
    let back = answer.headers()["location"].to_str().unwrap();
    format!("/consent/callback{}", back.strip_prefix(CALLBACK).unwrap())
}

/// What the form of the page sends.
fn begin(path: &str) -> Request<Body> {
    let request = Request::post(path).header("sec-fetch-site", "same-origin");
    request.body(Body::empty()).unwrap()
}

fn kept(begun: &Answered) -> String {
    let cookie = begun.header("set-cookie").unwrap();
    for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_person_consents_once_and_the_connection_acts_for_that_person() {
    let cloud = Cloud::start().await;
    let function = cloud.function("connector").await;
    let missing = Answered::read(&function, get(SUBSCRIPTIONS, &[])).await;
    assert_eq!((missing.status.as_u16(), missing.result()), (400, "ConnectionMissing"));
    let nobody = Answered::read(&function, get(SUBSCRIPTIONS, &[CONNECTION])).await;
    assert_eq!((nobody.status.as_u16(), nobody.result()), (403, "SignInRequired"));
    assert!(nobody.body.contains("/consent/arm?connection=ada"), "{}", nobody.body);
    let begun = Answered::read(&function, begin("/consent/arm?connection=ada")).await;
    assert_eq!(begun.status, 303);
    let back = consented(begun.header("location").unwrap()).await;
    let cookie = kept(&begun);
    let other =
        Answered::read(&function, get(&back, &[("cookie", "__Host-headgate-consent=other")])).await;
    assert_eq!((other.status.as_u16(), other.result()), (400, "SignInUnknown"));
    let without = Answered::read(&function, get(&back, &[])).await;
    assert_eq!(without.result(), "SignInUnknown");
    let cookies = format!("a=b; {cookie}; c=d");
    let done = Answered::read(&function, get(&back, &[("cookie", &cookies)])).await;
    assert_eq!((done.status.as_u16(), done.result()), (200, "ok"));
    assert!(done.header("set-cookie").unwrap().contains("Max-Age=0"));
    let again = Answered::read(&function, get(&back, &[("cookie", &cookies)])).await;
    assert_eq!((again.status.as_u16(), again.result()), (400, "SignInUnknown"));
    // Another instance has what the store keeps.
    for function in [&function, &cloud.function("connector").await as &_] {
        assert_eq!(Answered::read(function, get(SUBSCRIPTIONS, &[CONNECTION])).await.status, 200);
    }
    let elsewhere = [("x-headgate-connection", "bob")];
    assert_eq!(
        Answered::read(&function, get(SUBSCRIPTIONS, &elsewhere)).await.result(),
        "SignInRequired"
    );
    let malformed = [("x-headgate-connection", "a b")];
    assert_eq!(Answered::read(&function, get(SUBSCRIPTIONS, &malformed)).await.status, 400);
    let withdraw = Request::delete("/consent/arm?connection=ada").body(Body::empty()).unwrap();
    assert_eq!(Answered::read(&function, withdraw).await.status, 204);
    assert_eq!(
        Answered::read(&function, get(SUBSCRIPTIONS, &[CONNECTION])).await.result(),
        "SignInRequired"
    );
}

#[tokio::test]
async fn who_does_not_consent_is_told_so_and_nothing_is_kept() {
    let cloud = Cloud::start().await;
    let function = cloud.function("connector").await;
    let begun = Answered::read(&function, begin("/consent/arm?connection=ada")).await;
    let cookie = kept(&begun);
    let state = cookie.split_once('=').unwrap().1;
    let back = format!(
        "/consent/callback?error=access_denied&error_description=%3Cscript%3E&state={state}"
    );
    let refused = Answered::read(&function, get(&back, &[("cookie", &cookie)])).await;
    assert_eq!((refused.status.as_u16(), refused.result()), (403, "ConsentRefused"));
    assert!(!refused.body.contains("script"));
}

#[tokio::test]
async fn a_sign_in_begins_by_the_form_of_a_page_that_names_the_connection() {
    let cloud = Cloud::start().await;
    let function = cloud.function("connector").await;
    let page = Answered::read(&function, get("/consent/arm?connection=ada", &[])).await;
    assert_eq!((page.status.as_u16(), page.result()), (200, "ok"));
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.body.contains("Sign in for the connection ada"), "{}", page.body);
    assert!(page.body.contains("<form method=\"post\">") && !page.body.contains("script"));
    let policy = page.header("content-security-policy").unwrap();
    assert_eq!(policy, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'");
    assert_eq!(page.header("referrer-policy"), Some("same-origin"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("set-cookie"), None);

    let begun = Answered::read(&function, begin("/consent/arm?connection=ada")).await;
    assert!(begun.header("location").unwrap().contains("&prompt=select_account&"));
    for (name, value) in
        [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("accept", "*/*")]
    {
        let request = Request::post("/consent/arm?connection=ada").header(name, value);
        let request = request.header("host", "gateway.example").body(Body::empty()).unwrap();
        let refused = Answered::read(&function, request).await;
        assert_eq!((refused.status.as_u16(), refused.result()), (403, "ConsentForeign"), "{name}");
        assert_eq!((refused.header("set-cookie"), refused.header("location")), (None, None));
    }
    let malformed = "/consent/arm?connection=%3Cb%3E";
    let refused = Answered::read(&function, get(malformed, &[])).await;
    assert_eq!((refused.status.as_u16(), refused.result()), (400, "ConnectionMalformed"));
}

#[test]
fn consent_is_for_upstreams_with_connections() {
    let function = Town::new(ORDERS).function();
    for (path, status, result) in [
        ("/consent/orders?connection=a", 404, "NoConnections"),
        ("/consent/nobody?connection=a", 404, "UpstreamNotFound"),
    ] {
        let answered = crate::town::get(&function, path);
        assert_eq!((answered.status.as_u16(), answered.result()), (status, result));
    }
}
