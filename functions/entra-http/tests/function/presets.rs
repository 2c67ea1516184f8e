use headgate_entra::Credentials;
use headgate_entra_http::target::judge_path;
use headgate_entra_http::upstreams::{Upstream, Upstreams};
use headgate_fakes::FixedVariables;
use http::Method;

use crate::town::{CREDENTIALS, now};

fn upstream(preset: &str, more: &str, check: impl Fn(&Upstream)) {
    let variables = FixedVariables::default();
    let credentials = now(Credentials::load(CREDENTIALS, &variables)).unwrap();
    let document = format!("[a]\npreset = \"{preset}\"\ncredential = \"machine\"\n{more}");
    let upstreams = now(Upstreams::load(&document, &credentials, &variables)).unwrap();
    check(upstreams.get("a").unwrap());
}

fn admits(upstream: &Upstream, method: Method, path: &str) -> bool {
    upstream.admits(&method, &judge_path(path).unwrap())
}

#[test]
fn azure_resource_manager_is_read_and_not_changed() {
    upstream("azure-resource-manager", "", |arm| {
        assert_eq!(
            arm.destination.join("/subscriptions", "").unwrap(),
            "https://management.azure.com/subscriptions"
        );
        // The slash at the resource's end stays (contracts §5.6).
        assert_eq!(arm.scope.as_str(), "https://management.azure.com//.default");
        assert_eq!(arm.next_link, ["nextLink"]);
        assert!(admits(arm, Method::GET, "/subscriptions"));
        assert!(admits(arm, Method::GET, "/Subscriptions/1/resourcegroups/x/providers/y"));
        assert!(!admits(arm, Method::DELETE, "/subscriptions/1/resourcegroups/x"));
        assert!(!admits(arm, Method::POST, "/subscriptions/1/resourcegroups/x/listKeys"));
        assert!(!admits(arm, Method::GET, "/batch"));
    });
}

#[test]
fn power_bis_tokens_are_not_for_its_host() {
    upstream("power-bi", "", |power_bi| {
        let groups = power_bi.destination.join("/groups", "").unwrap();
        assert_eq!(groups, "https://api.powerbi.com/v1.0/myorg/groups");
        assert_eq!(power_bi.scope.as_str(), "https://analysis.windows.net/powerbi/api/.default");
        assert!(admits(power_bi, Method::GET, "/groups"));
        assert!(admits(power_bi, Method::POST, "/groups/1/datasets/2/refreshes"));
        assert!(!admits(power_bi, Method::POST, "/groups/1/users"));
        assert!(!admits(power_bi, Method::GET, "/admin/groups"));
    });
}

#[test]
fn microsoft_graph_is_read_and_an_upstream_may_say_what_else() {
    upstream("microsoft-graph", "", |graph| {
        assert_eq!(graph.scope.as_str(), "https://graph.microsoft.com/.default");
        assert!(admits(graph, Method::GET, "/v1.0/me/drive/root:/a.txt:/content"));
        assert!(!admits(graph, Method::POST, "/v1.0/users"));
        assert!(!admits(graph, Method::GET, "/beta/users"));
    });
    let own = "scope = \"User.Read Mail.Send\"\nallow = [{ methods = [\"POST\"], paths = [\"/v1.0/me/sendMail\"] }]";
    upstream("microsoft-graph", own, |graph| {
        assert_eq!(graph.scope.as_str(), "User.Read Mail.Send");
        assert!(admits(graph, Method::POST, "/v1.0/me/sendMail"));
        assert!(!admits(graph, Method::GET, "/v1.0/me"));
    });
}

#[test]
fn dataverse_is_an_environments_own() {
    let own = "url = \"https://contoso.crm.dynamics.com\"\nresource = \"https://contoso.crm.dynamics.com\"";
    upstream("dataverse", own, |dataverse| {
        assert!(admits(dataverse, Method::GET, "/api/data/v9.2/accounts"));
        assert!(admits(
            dataverse,
            Method::PATCH,
            "/api/data/v9.2/accounts(00000000-0000-0000-0000-000000000001)"
        ));
        assert!(!admits(
            dataverse,
            Method::POST,
            "/api/data/v9.2/accounts(1)/Microsoft.Dynamics.CRM.x"
        ));
        assert!(!admits(dataverse, Method::GET, "/XRMServices/2011/Organization.svc"));
    });
}
