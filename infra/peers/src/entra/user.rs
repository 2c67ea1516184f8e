use serde_json::json;

use super::config::{EntraConfig, User, Wants};
use super::refused::{Judged, Refused, refuse, refused};

/// Judges a name and a password as the password grant does (contracts §5.4, 5.5).
pub(super) fn by_password<'c>(
    config: &'c EntraConfig,
    name: &str,
    password: &str,
) -> Judged<&'c User> {
    let user = config.users.iter().find(|user| user.name.eq_ignore_ascii_case(name));
    let Some(user) = user else {
        return refuse(
            50_034,
            "The user account does not exist in the directory. To sign into this application, the account must be added to the directory.",
        );
    };
    if user.wants == Some(Wants::Unlocked) {
        return refuse(
            50_053,
            "The account is locked, you've tried to sign in too many times with an incorrect user ID or password.",
        );
    }
    if user.password.expose() != password {
        return refuse(50_126, "Error validating credentials due to invalid username or password.");
    }
    in_the_way(user)?;
    Ok(user)
}

/// What Entra wants of the user before any token.
pub(super) fn in_the_way(user: &User) -> Judged<()> {
    match user.wants {
        None => Ok(()),
        Some(wants) => Err(wanted(wants)),
    }
}

/// The same in the on-behalf-of flow: the claims are for the caller to satisfy (contracts §5.4).
pub(super) fn on_behalf(user: &User) -> Judged<()> {
    match user.wants {
        None => Ok(()),
        Some(Wants::MultiFactor | Wants::Enrolment | Wants::ConditionalAccess) => {
            let claims = json!({ "access_token": { "polids": { "essential": true, "values": ["9ab03e19-ed42-4168-b6b7-7001fb3e933a"] } } });
            let refusal = refused(
                50_079,
                "Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication to access the resource.",
            );
            Err(refusal.wanting("interaction_required", "basic_action", Some(&claims)))
        }
        Some(wants) => Err(wanted(wants)),
    }
}

fn wanted(wants: Wants) -> Refused {
    match wants {
        Wants::MultiFactor => refused(50_076, "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access the resource.")
            .wanting("invalid_grant", "basic_action", None),
        Wants::Enrolment => refused(50_079, "Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication to access the resource.")
            .wanting("invalid_grant", "basic_action", None),
        Wants::ConditionalAccess => {
            let claims = json!({ "access_token": { "capolids": { "essential": true, "values": ["d1c1d2e3-1111-2222-3333-444455556666"] } } });
            refused(53_003, "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.")
                .wanting("invalid_grant", "message_only", Some(&claims))
        }
        Wants::NewPassword => refused(50_055, "The password is expired.")
            .wanting("invalid_grant", "user_password_expired", None),
        Wants::Enabled => refused(50_057, "The user account is disabled."),
        Wants::Unlocked => refused(50_053, "The account is locked."),
        Wants::Consent => refused(65_001, "The user or administrator has not consented to use the application.")
            .wanting("invalid_grant", "consent_required", None),
    }
}
