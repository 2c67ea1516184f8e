//! Where a run says that its answer will be: pure.

use http::Uri;
use http::uri::Port;
use url::Url;

use crate::flows::Flow;

/// Why an answer is not fetched where the flow says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocationRefused {
    /// It is no absolute address (contracts §3.3).
    #[error("location of the run is no absolute address")]
    Malformed,
    /// It is on a host that answers of this flow do not come from.
    #[error(
        "location of the run is on another host than the flow's and those of its cloud: check cloud, or add the host to location-hosts"
    )]
    Elsewhere,
}

const LONGEST: usize = 16_384;

/// Judges the `Location` of a 202: it must be of the flow's own origin, or by https on a host of its cloud or of its
/// `location-hosts`.
///
/// # Errors
///
/// [`LocationRefused`], which does not show it: it carries a signature.
pub fn judge(location: &str, flow: &Flow) -> Result<Uri, LocationRefused> {
    if location.len() > LONGEST || location.contains('#') {
        return Err(LocationRefused::Malformed);
    }
    let uri: Uri = location.parse().map_err(|_| LocationRefused::Malformed)?;
    // The native hosts call what this reader takes.
    Url::parse(location).map_err(|_| LocationRefused::Malformed)?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(LocationRefused::Malformed);
    };
    if authority.as_str().contains('@') || authority.host().is_empty() {
        return Err(LocationRefused::Malformed);
    }
    if origin(&uri) == origin(&flow.address) {
        return Ok(uri);
    }
    let host = authority.host().to_ascii_lowercase();
    let is_known = flow.answer_hosts.iter().any(|known| match known.starts_with('.') {
        true => host.len() > known.len() && host.ends_with(known),
        false => host == *known,
    });
    if scheme == "https" && authority.port_u16().is_none_or(|port| port == 443) && is_known {
        Ok(uri)
    } else {
        Err(LocationRefused::Elsewhere)
    }
}

fn origin(uri: &Uri) -> Option<(String, String, u16)> {
    let scheme = uri.scheme_str()?.to_owned();
    let usual = if scheme == "https" { 443 } else { 80 };
    let port = uri.port().as_ref().map_or(usual, Port::as_u16);
    Some((scheme, uri.host()?.to_ascii_lowercase(), port))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use headgate_entra::Credentials;
    use headgate_fakes::FixedVariables;

    use super::*;
    use crate::flows::Flows;

    fn flow(url: &str) -> Flow {
        let text = format!(
            "[a]\nurl = \"{url}\"\ncredential = \"robots\"\nlocation-hosts = \"Poll.example\""
        );
        let variables = FixedVariables::new(Vec::<(String, String)>::new());
        let credentials = Credentials::load("[robots]\nkind = \"managed-identity\"", &variables);
        let credentials = credentials.now_or_never().unwrap().unwrap();
        let flows = Flows::load(&text, &credentials, &variables).now_or_never().unwrap().unwrap();
        flows.get("a").unwrap().clone()
    }

    #[test]
    fn an_answer_is_fetched_from_the_flows_cloud_alone() {
        let flow = flow("https://abc.de.environment.api.powerplatform.com/invoke");
        for location in [
            "https://abc.de.environment.api.powerplatform.com:443/runs/1?sig=x",
            "https://prod-9.westeurope.logic.azure.com:443/workflows/a/runs/1?sig=x",
            "https://ab.c.environment.api.powerplatform.com/x",
            "https://poll.example/x",
        ] {
            assert!(judge(location, &flow).is_ok(), "{location}");
        }
        for location in [
            "http://prod-9.westeurope.logic.azure.com/x",
            "https://prod-9.westeurope.logic.azure.com:8443/x",
            "https://prod-9.westeurope.logic.azure.com.evil.example/x",
            "https://evillogic.azure.com/x",
            "https://.logic.azure.com/x",
            "https://a.poll.example/x",
            "https://prod-9.logic.azure.us/x",
            "http://169.254.169.254/metadata",
            "https://127.0.0.1/",
        ] {
            assert_eq!(judge(location, &flow), Err(LocationRefused::Elsewhere), "{location}");
        }
        for location in [
            "",
            "/runs/1",
            "runs/1",
            "//prod-9.westeurope.logic.azure.com/x",
            "https://prod-9.westeurope.logic.azure.com@evil.example/x",
            "https://prod-9.westeurope.logic.azure.com/x#y",
            "https://prod-9.westeurope.logic.azure.com:x/y",
            "https://prod-9%2f.westeurope.logic.azure.com/y",
            "https:///x",
            "javascript:alert(1)",
        ] {
            assert_eq!(judge(location, &flow), Err(LocationRefused::Malformed), "{location}");
        }
    }

    #[test]
    fn an_answer_of_this_machine_is_of_the_flows_own_port() {
        let flow = flow("http://127.0.0.1:3005/invoke");
        assert!(judge("http://127.0.0.1:3005/runs/1", &flow).is_ok());
        for location in
            ["http://127.0.0.1:3006/runs/1", "https://127.0.0.1:3005/", "http://127.0.0.1/"]
        {
            assert_eq!(judge(location, &flow), Err(LocationRefused::Elsewhere), "{location}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_location_is_it_is_judged(location: String) {
            let flow = flow("https://abc.de.environment.api.powerplatform.com/invoke");
            if let Ok(uri) = judge(&location, &flow) {
                proptest::prop_assert_eq!(uri.scheme_str(), Some("https"));
            }
        }
    }
}
