use headgate_core::DocumentLoader;
use headgate_entra::{IdentityVariables, IdentityVariablesError};
use headgate_events::{KnownCredentials, Tokens};
use headgate_fakes::{FixedVariables, MemoryFiles, NeverHttp};
use headgate_peers::peer::Trouble;

use crate::support::{SECRET, Setup, claims};

const SCOPE: &str = "api://orders/.default";

#[tokio::test]
async fn a_sinks_token_is_remembered_and_replaced_when_the_sink_does_not_take_it() {
    let setup = Setup::new().await;
    let identities = setup.instance(&setup.secret_document()).await;
    let first = identities.authorization("orders", SCOPE, None).await.unwrap().unwrap();
    assert!(first.is_sensitive());
    let token = first.to_str().unwrap().strip_prefix("Bearer ").unwrap();
    assert!(claims(token)["exp"].is_number());
    assert_eq!(identities.authorization("orders", SCOPE, None).await.unwrap().unwrap(), first);
    // It has just come: that it is refused is not its age.
    assert_eq!(identities.authorization("orders", SCOPE, Some(&first)).await.unwrap(), None);
    assert_eq!(setup.requests(), 1);

    setup.advance(31);
    let second = identities.authorization("orders", SCOPE, Some(&first)).await.unwrap().unwrap();
    assert_ne!(second, first);
    assert_eq!(setup.requests(), 2);
    // Another delivery that was refused with the old one gets the one that is there.
    let other = identities.authorization("orders", SCOPE, Some(&first)).await.unwrap().unwrap();
    assert_eq!(other, second);
    assert_eq!(setup.requests(), 2);
}

#[tokio::test]
async fn why_a_sink_has_no_token_is_said_without_a_secret_and_with_when_to_ask_again() {
    let setup = Setup::new().await;
    let identities = setup.instance(&setup.secret_document()).await;
    setup.entra.troubles().always(Some(Trouble::Throttle(Some(600))));
    let error = identities.authorization("orders", SCOPE, None).await.unwrap_err();
    assert!(error.to_string().contains("throttled"), "{error}");
    assert!(error.retry_after.is_some_and(|after| after.as_secs() > 500), "{error:?}");
    assert!(!format!("{error} {error:?}").contains(SECRET));
    let error = identities.authorization("nobody", SCOPE, None).await.unwrap_err();
    assert!(error.to_string().contains("credential nobody"), "{error}");
}

#[tokio::test]
async fn a_sinks_token_takes_a_minute_at_most() {
    let setup = Setup::new().await;
    let identities = setup.instance(&setup.secret_document()).await;
    setup.entra.troubles().next([Trouble::Hang]);
    let asking = async { identities.authorization("orders", SCOPE, None).await };
    let waiting = async {
        setup.entra.troubles().requests_reach(1).await;
        setup.advance(59);
        tokio::task::yield_now().await;
        setup.advance(1);
    };
    let (asked, ()) = tokio::join!(asking, waiting);
    assert_eq!(asked.unwrap_err().to_string(), "credential orders gave no token within a minute");
    // Nobody waits for what was given up.
    identities.authorization("orders", SCOPE, None).await.unwrap();
}

#[tokio::test]
async fn a_sink_may_name_whoever_acts_by_itself_and_no_other() {
    let setup = Setup::new().await;
    let application = setup.application();
    let document = format!(
        "{}[behalf]\nkind = \"on-behalf-of\"\n{application}client-secret = \"s\"\n[robots]\nkind = \
         \"managed-identity\"\n[any]\nkind = \"chain\"\nof = [\"robots\", \"orders\"]\n",
        setup.secret_document()
    );
    let identities = setup.instance(&document).await;
    let known = identities.credentials();
    for name in ["orders", "robots", "any"] {
        assert_eq!(known.judge_credential(name), Ok(()), "{name}");
    }
    assert!(known.judge_credential("behalf").unwrap_err().contains("does not act by itself"));
    assert!(known.judge_credential("other").unwrap_err().contains("names none of the credentials"));
    assert_eq!(known.judge_scope("https://eventgrid.azure.net/.default"), Ok(()));
    assert!(known.judge_scope("a\"b").is_err());
}

#[tokio::test]
async fn the_variables_may_be_unset_and_what_is_wrong_with_them_is_told() {
    let load = async |variables: &[(&str, &str)]| {
        let variables = FixedVariables::new(variables.to_vec());
        let files = MemoryFiles::none();
        let documents = DocumentLoader { variables: &variables, files: &files, http: &NeverHttp };
        IdentityVariables::load(&documents)
            .await
            .map_err(|error: IdentityVariablesError| error.to_string())
    };
    let unset = load(&[("token_cache_key", " ")]).await.unwrap();
    assert_eq!(unset.credentials.names().count(), 0);
    assert!(unset.sealing.is_none());
    let robots = "[robots]\nkind = \"managed-identity\"";
    let set = load(&[("credentials", robots)]).await.unwrap();
    assert!(set.credentials.kind("robots").is_some());
    let error = load(&[("credentials", "[robots]\nkind = \"person\"")]).await.unwrap_err();
    assert!(error.starts_with("variable credentials: line 2, column 1: robots.kind"), "{error}");
    let error = load(&[("token_cache_key", "hunter2")]).await.unwrap_err();
    assert_eq!(error, "variable token_cache_key: sealing key is not base64 of 32 bytes");
}
