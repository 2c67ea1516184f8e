use crate::tenant::{ECHO, NOTIFY, Tenant, get, post, request, send, with};

const POLICIES: &str = r#"
[default.check-header]
name = "x-team"
failed-check-httpcode = 401
failed-check-error-message = "not of a team"
ignore-case = true

[approvers.check-header]
name = "x-team"
failed-check-httpcode = 403
failed-check-error-message = "no approver"
ignore-case = true
values = ["approvers"]
"#;

#[tokio::test]
async fn without_access_nothing_is_answered_but_health_and_ticks() {
    let mut tenant = Tenant::new().await;
    tenant.access = String::new();
    let function = tenant.function().await;
    for path in ["/flows", "/openapi.json", "/flows/echo/runs/x"] {
        let answered = get(&function, path).await;
        assert_eq!((answered.status.as_u16(), answered.result()), (403, "AccessNotConfigured"));
    }
    assert_eq!(post(&function, "/flows/echo", "{}").await.status, 403);
    assert_eq!(get(&function, "/healthz").await.status, 200);
    assert_eq!(tenant.requests(), 0);
}

#[tokio::test]
async fn a_flow_is_guarded_by_the_policy_that_it_names() {
    let mut tenant = Tenant::new().await;
    tenant.access = POLICIES.to_owned();
    let flows =
        tenant.table("approve", ECHO, "access = \"approvers\"") + &tenant.table("open", ECHO, "");
    let function = tenant.try_function(&flows, &tenant.credentials()).await.unwrap();
    for (path, team, status) in [
        ("/flows/approve", "approvers", 200),
        ("/flows/approve", "orders", 403),
        ("/flows/approve", "", 403),
        ("/flows/open", "orders", 200),
        ("/flows/open", "", 401),
        ("/flows/nobody", "", 401),
        ("/flows/nobody", "orders", 404),
    ] {
        let mut asked = request("POST", path, "{}");
        if !team.is_empty() {
            asked = with(asked, "x-team", team);
        }
        let answered = send(&function, asked).await;
        assert_eq!(answered.status, status, "{path} {team}: {}", answered.body);
    }
    assert_eq!(tenant.requests(), 2);
    let run = get(&function, "/flows/approve/runs/x").await;
    assert_eq!((run.status.as_u16(), run.header("x-headgate-reason").is_some()), (403, true));
}

#[tokio::test]
async fn a_flow_names_a_policy_that_is_there() {
    let mut tenant = Tenant::new().await;
    let flows = tenant
        .table("echo", NOTIFY, "")
        .replace("credential = \"robots\"", "")
        .replace(&tenant.flows.address(NOTIFY).unwrap(), "${secret:notify}")
        + "access = \"managers\"";
    for access in ["", "anonymous", POLICIES] {
        tenant.access = access.to_owned();
        let refused = tenant.try_function(&flows, &tenant.credentials()).await;
        let text = refused.err().unwrap().to_string();
        assert_eq!(
            text,
            "flow echo names the policy managers, which the variable access does not have"
        );
    }
}
