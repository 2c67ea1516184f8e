use super::ErrorName;

/// What to fix, by the number behind `AADSTS` (contracts §5.5). Each continues `entra refused …:`.
const BY_CODE: [(u32, &str); 78] = [
    (50_001, "the resource is not known in the tenant: check the scope"),
    (50_011, "register the redirect URI with the application, exactly as it is configured here"),
    (
        50_012,
        "the client's assertion is not valid: check the certificate or the federated credential",
    ),
    (50_013, "the assertion is not valid: it must be an access token for this very application"),
    (50_020, "the user is not of this tenant: invite the user or use the user's own tenant"),
    (50_027, "the assertion is no valid JWT"),
    (50_034, "the user is not in the tenant: check username and tenant"),
    (
        50_053,
        "the account is locked or the address is blocked after too many attempts: wait, then check the password",
    ),
    (50_055, "the password has expired: the user has to set a new one"),
    (50_056, "the user has no password in the directory: use another kind of credential"),
    (50_057, "the user's account is disabled: enable it or use another"),
    (50_058, "nobody is signed in: open the consent page again"),
    (50_059, "no tenant is named: set tenant to the tenant's id or domain"),
    (
        50_072,
        "the user has to register for multi-factor authentication, which no program can do: sign in with a browser once",
    ),
    (
        50_074,
        "the user has to pass multi-factor authentication: use authorization-code in place of a password",
    ),
    (
        50_076,
        "the user has to pass multi-factor authentication: use authorization-code in place of a password",
    ),
    (50_078, "multi-factor authentication has expired: open the consent page again"),
    (
        50_079,
        "the user has to register for multi-factor authentication, which no program can do: sign in with a browser once",
    ),
    (
        50_097,
        "Conditional Access wants a registered device: exempt the account or use an application's credential",
    ),
    (50_105, "assign the user or the application to the API: it requires assignment"),
    (50_126, "username or password is wrong"),
    (50_132, "the session was revoked or the password changed: open the consent page again"),
    (50_133, "the session was revoked or the password changed: open the consent page again"),
    (50_158, "an outside provider wants to see the user: open the consent page again"),
    (50_173, "the grant was revoked: open the consent page again"),
    (50_194, "the application serves one tenant alone: set tenant to that one"),
    (
        50_196,
        "the same request came too often: a cache is missing or another program uses this client id",
    ),
    (
        53_000,
        "Conditional Access wants a compliant device: exempt the account or use an application's credential",
    ),
    (
        53_001,
        "Conditional Access wants a domain-joined device: exempt the account or use an application's credential",
    ),
    (53_003, "Conditional Access forbids it: ask the tenant's administrator which policy does"),
    (54_005, "the authorization code was used before: begin the sign-in again"),
    (65_001, "nobody has consented: grant the application the permissions of the scope"),
    (65_004, "the user declined to consent"),
    (70_000, "the grant is not valid any more: open the consent page again"),
    (70_002, "the client's credential is not valid: check the secret or the certificate"),
    (70_003, "the application may not use this grant"),
    (70_008, "the code or refresh token has expired: open the consent page again"),
    (70_011, "the scope is not valid: give RESOURCE/.default"),
    (70_043, "the tenant limits how long a sign-in lasts: open the consent page again"),
    (90_002, "the tenant is not found: check its id or domain, and the cloud"),
    (90_014, "a parameter is missing"),
    (
        500_011,
        "the API is not in the tenant: check the scope's resource, its slashes too, or create its service principal",
    ),
    (500_121, "multi-factor authentication failed: open the consent page again"),
    (500_133, "the caller's token has expired: the caller has to get another"),
    (501_051, "assign the application to a role of the API: it requires assignment"),
    (501_481, "the code verifier does not fit the challenge: begin the sign-in again"),
    (
        530_035,
        "security defaults of the tenant forbid passwords without multi-factor authentication: use another kind of credential",
    ),
    (650_057, "the API is not among the application's permissions: add it"),
    (700_003, "the device is not known: exempt the account or use an application's credential"),
    (700_011, "the application is not in the tenant: check client-id and tenant"),
    (700_016, "the application is not in the tenant: check client-id and tenant"),
    (700_022, "the scope names several resources: ask for each by itself"),
    (700_024, "the assertion is not valid at this time: check the clocks"),
    (700_025, "the application is a public client: give it no secret, certificate or assertion"),
    (700_027, "the assertion's signature does not fit: upload this certificate to the application"),
    (700_030, "the certificate is not valid: renew it and upload it to the application"),
    (700_054, "enable the response type in the application's registration"),
    (700_082, "the refresh token was not used for too long: open the consent page again"),
    (
        700_084,
        "the sign-in of a single-page application lasts a day: register the redirect URI as a web one, or sign in again",
    ),
    (700_211, "no federated credential has the assertion's issuer: compare them exactly"),
    (
        700_212,
        "no federated credential has the assertion's audience: it is usually api://AzureADTokenExchange, with this case",
    ),
    (
        700_213,
        "no federated credential has the assertion's subject: compare them exactly, with their case",
    ),
    (900_144, "a parameter is missing"),
    (900_561, "the endpoint takes POST alone"),
    (901_002, "a v2 endpoint takes no resource: use scope, or endpoint = \"v1\""),
    (1_002_012, "the scope of an application must end with /.default"),
    (7_000_112, "the application is disabled in the tenant: enable it"),
    (7_000_113, "the application may not act on behalf of this user: pre-authorize it"),
    (
        7_000_114,
        "the application may not use the on-behalf-of flow: check that the caller's token is a user's",
    ),
    (7_000_215, "give the client secret's value, not its id"),
    (7_000_216, "a client secret or an assertion is needed: configure one"),
    (
        7_000_218,
        "configure a client secret, a certificate or an assertion; for a password, allow public client flows",
    ),
    (7_000_222, "the client secret has expired: create another"),
    (
        7_000_229,
        "the application has no service principal in the tenant: grant it admin consent there",
    ),
    (
        7_000_232,
        "assertions of Entra's own tokens are not taken here: use a managed identity's token for the exchange audience",
    ),
    (9_001_023, "a password needs the user's tenant or organizations, not common or consumers"),
    (9_002_313, "the request is malformed"),
    (9_002_325, "single-page applications must prove the code: enable PKCE"),
];

/// Codes that a person alone can settle.
const PERSON: [u32; 25] = [
    50_058, 50_072, 50_074, 50_076, 50_078, 50_079, 50_097, 50_132, 50_133, 50_158, 50_173, 53_000,
    53_001, 53_003, 65_001, 65_004, 70_000, 70_008, 70_043, 500_121, 530_035, 700_082, 700_084,
    700_003, 50_055,
];

pub(super) fn by_code(code: u32) -> Option<&'static str> {
    let at = BY_CODE.binary_search_by_key(&code, |(known, _)| *known).ok()?;
    BY_CODE.get(at).map(|(_, advice)| *advice)
}

pub(super) fn needs_a_person(code: u32) -> bool {
    PERSON.contains(&code)
}

pub(super) const fn by_name(error: ErrorName) -> &'static str {
    match error {
        ErrorName::InvalidRequest => "the request is malformed: check tenant, client-id and scope",
        ErrorName::InvalidGrant => {
            "the grant is not valid any more or was never: sign in again, or check user and assertion"
        }
        ErrorName::UnauthorizedClient => {
            "the application may not do this: check client-id, tenant and its registration"
        }
        ErrorName::InvalidClient => {
            "the client's credential is not valid: check the secret, the certificate or the assertion"
        }
        ErrorName::UnsupportedGrantType => "the endpoint does not know this kind of credential",
        ErrorName::InvalidResource => {
            "the API is not known in the tenant: check the scope's resource"
        }
        ErrorName::InteractionRequired => "a person has to sign in: open the consent page again",
        ErrorName::ConsentRequired => {
            "nobody has consented: grant the application the permissions of the scope"
        }
        ErrorName::InvalidScope => "the scope is not valid: give RESOURCE/.default",
        ErrorName::TemporarilyUnavailable => "the service is busy: try again later",
        ErrorName::Other => "look the request up in the tenant's sign-in log by its correlation id",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_stand_in_order_and_once() {
        assert!(BY_CODE.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn every_code_of_the_contract_that_asks_for_a_change_has_its_advice() {
        for code in [
            50_001, 500_011, 50_011, 50_012, 500_133, 50_013, 50_020, 50_027, 50_034, 50_053,
            50_055, 50_056, 50_057, 50_058, 50_072, 50_079, 50_074, 50_076, 50_078, 50_097, 50_105,
            50_126, 50_158, 50_173, 50_194, 50_196, 501_481, 53_000, 53_001, 53_003, 530_035,
            54_005, 65_001, 65_004, 650_057, 700_011, 700_016, 7_000_112, 70_002, 7_000_215,
            7_000_222, 7_000_218, 700_025, 700_027, 70_008, 700_082, 700_084, 70_011, 70_043,
            700_022, 90_002, 900_144, 9_001_023, 7_000_114, 501_051, 700_024, 700_211, 700_212,
            700_213, 1_002_012,
        ] {
            assert!(by_code(code).is_some(), "{code}");
        }
        assert_eq!(by_code(1), None);
    }

    #[test]
    fn an_advice_is_one_clause() {
        for (code, advice) in BY_CODE {
            assert!(!advice.ends_with('.') && !advice.is_empty(), "{code}");
        }
    }
}
