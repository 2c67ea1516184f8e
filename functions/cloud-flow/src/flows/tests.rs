use futures_util::FutureExt;
use headgate_fakes::FixedVariables;

use super::*;

const URL: &str = "https://abc.de.environment.api.powerplatform.com:443/powerautomate/x/paths/invoke?api-version=1";
const SECRET: &str = "https://prod-1.westeurope.logic.azure.com:443/workflows/a/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=hunter2";

fn load(text: &str) -> Result<Flows, String> {
    let variables = FixedVariables::new([("signed", SECRET)]);
    let credentials = "[robots]\nkind = \"managed-identity\"\n[mail]\nkind = \"authorization-code\"\ntenant = \"a\"\nclient-id = \"b\"\nredirect-uri = \"https://a.example/\"";
    let credentials = Credentials::load(credentials, &variables).now_or_never().unwrap().unwrap();
    let loaded = Flows::load(text, &credentials, &variables).now_or_never().unwrap();
    loaded.map_err(|error| error.to_string())
}

fn one(keys: &str) -> Result<Flow, String> {
    let flows = load(&format!("[a]\n{keys}"))?;
    Ok(flows.get("a").unwrap().clone())
}

#[test]
fn a_flow_is_called_by_its_credential_with_the_double_slash_of_its_cloud() {
    for (cloud, scope) in [
        ("", "https://service.flow.microsoft.com//.default"),
        ("cloud = \"gcc\"", "https://gov.service.flow.microsoft.us//.default"),
        ("cloud = \"gcc-high\"", "https://high.service.flow.microsoft.us//.default"),
        ("cloud = \"dod\"", "https://service.flow.appsplatform.us//.default"),
        ("cloud = \"china\"", "https://service.powerautomate.cn//.default"),
        ("audience = \"https://flow.example/\"", "https://flow.example//.default"),
    ] {
        let flow = one(&format!("url = \"{URL}\"\ncredential = \"robots\"\n{cloud}")).unwrap();
        let Caller::Identity { credential, scope: asked } = flow.caller else { panic!("{cloud}") };
        assert_eq!((credential.as_str(), asked.as_str()), ("robots", scope));
    }
}

#[test]
fn a_signature_is_a_secret_and_excludes_a_token() {
    let flow = one("url = \"${secret:signed}\"").unwrap();
    assert_eq!(flow.caller, Caller::Signature);
    assert!(!format!("{flow:?}").contains("hunter2"));
    for (keys, error) in [
        (
            format!("url = \"{SECRET}\""),
            "line 2, column 1: a.url carries sig, which is a secret: put it into a variable and write ${secret:NAME}",
        ),
        (
            format!("url = \"{URL}&%73IG=hunter2\"\ncredential = \"robots\""),
            "line 2, column 1: a.url carries sig, which is a secret: put it into a variable and write ${secret:NAME}",
        ),
        (
            "url = \"${secret:signed}\"\ncredential = \"robots\"".to_owned(),
            "line 3, column 1: a.credential may not stand beside a url with sig: a flow takes its signature or a token, never both",
        ),
        (
            "url = \"${secret:signed}\"\naudience = \"https://a.example/\"".to_owned(),
            "line 3, column 1: a.audience may not stand beside a url with sig: a flow takes its signature or a token, never both",
        ),
    ] {
        let said = one(&keys).unwrap_err();
        assert_eq!(said, error);
        assert!(!said.contains("hunter2"));
    }
}

#[test]
fn what_cannot_be_honoured_is_refused_with_its_place() {
    let robots = format!("url = \"{URL}\"\ncredential = \"robots\"\n");
    for (keys, error) in [
        ("credential = \"robots\"".to_owned(), "line 1, column 2: a.url is missing"),
        (format!("url = \"{URL}\""), "line 1, column 2: a.credential is missing"),
        (
            format!("url = \"{URL}\"\ncredential = \"robot\""),
            "a.credential must be the name of a credential",
        ),
        (format!("url = \"{URL}\"\ncredential = \"mail\""), "a.credential acts for a person"),
        ("url = \"http://flow.example/\"".to_owned(), "a.url must use https"),
        ("url = \"flow\"".to_owned(), "a.url must be the absolute https address"),
        ("url = \"https://a.example:b/\"".to_owned(), "a.url must be the absolute https address"),
        ("url = \"https://a%20b.example/\"".to_owned(), "a.url must be the absolute https address"),
        ("url = \"https://u:p@a.example/\"".to_owned(), "a.url may not hold a user"),
        ("url = \"https://a.example/#sig=1\"".to_owned(), "a.url may not hold a user"),
        (
            format!("{robots}audience = \"https://service.flow.microsoft.com\""),
            "a.audience lacks the slash at its end",
        ),
        (format!("{robots}cloud = \"gov\""), "a.cloud must be public, gcc"),
        (format!("{robots}wait-seconds = 3601"), "a.wait-seconds must be a whole number"),
        (format!("{robots}poll-seconds = 0"), "a.poll-seconds must be a whole number"),
        (format!("{robots}request-headers = [\"Authorization\"]"), "a.request-headers must be"),
        (format!("{robots}answer-headers = [\"Location\"]"), "a.answer-headers must be"),
        (format!("{robots}location-hosts = [\".com\"]"), "a.location-hosts must be"),
        (format!("{robots}wait = 1"), "a.wait is unknown"),
    ] {
        let said = one(&keys).unwrap_err();
        assert!(said.contains(error), "{said}");
    }
    assert!(load("").unwrap_err().contains("[flow] is missing"));
    assert!(load("\"a/b\" = {}").unwrap_err().contains("must be a name"));
}
