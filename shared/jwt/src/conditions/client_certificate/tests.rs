//! The statement as a whole, on chains that are made here.

use std::sync::LazyLock;

use super::certificate::Certificate;
use super::*;
use crate::policy::Identity;
use headgate_core::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer,
    CrlDistributionPoint, CrlIssuingDistributionPoint, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
};

type Authority = CertifiedIssuer<'static, KeyPair>;

/// 2026-07-01; what is made here is valid in 2026 unless a test says otherwise.
const NOW: Timestamp = Timestamp::from_secs(1_782_864_000);
/// 2027-07-01.
const NEXT_YEAR: Timestamp = Timestamp::from_secs(1_814_400_000);
/// 2025-07-01.
const LAST_YEAR: Timestamp = Timestamp::from_secs(1_751_328_000);

static ROOT: LazyLock<Authority> = LazyLock::new(|| authority("Root", None));
static INTERMEDIATE: LazyLock<Authority> = LazyLock::new(|| authority("Intermediate", Some(&ROOT)));
static STRANGER: LazyLock<Authority> = LazyLock::new(|| authority("Stranger", None));
/// Bears the root's name and has another key.
static IMPOSTOR: LazyLock<Authority> = LazyLock::new(|| authority("Root", None));

fn authority(name: &str, issuer: Option<&Authority>) -> Authority {
    let mut params = params(name, 1);
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2030, 1, 1));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().unwrap();
    match issuer {
        Some(issuer) => CertifiedIssuer::signed_by(params, key, issuer).unwrap(),
        None => CertifiedIssuer::self_signed(params, key).unwrap(),
    }
}

fn params(name: &str, serial: u64) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, "US");
    params.distinguished_name.push(DnType::OrganizationName, "Contoso, Inc.");
    params.distinguished_name.push(DnType::CommonName, name);
    params.serial_number = Some(serial.into());
    (params.not_before, params.not_after) = (date_time_ymd(2026, 1, 1), date_time_ymd(2027, 1, 1));
    params
}

fn client() -> CertificateParams {
    let mut params = params("orders", 0x0a1b);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.subject_alt_names =
        vec![rcgen::SanType::DnsName("orders.contoso.com".try_into().unwrap())];
    params
}

fn issued(params: &CertificateParams, issuer: &Authority) -> String {
    params.signed_by(&KeyPair::generate().unwrap(), issuer).unwrap().pem()
}

fn presented(pem: &str) -> PresentedCertificate {
    PresentedCertificate::from_header(pem).unwrap()
}

/// A revocation list of 2026 in PEM.
fn list(issuer: &Authority, revoked: &[u64]) -> String {
    listed(issuer, revoked, |_| {})
}

fn listed(
    issuer: &Authority,
    revoked: &[u64],
    change: impl FnOnce(&mut CertificateRevocationListParams),
) -> String {
    let revoked = revoked.iter().map(|serial| RevokedCertParams {
        serial_number: SerialNumber::from(*serial),
        revocation_time: date_time_ymd(2026, 2, 1),
        reason_code: None,
        invalidity_date: None,
    });
    let mut list = CertificateRevocationListParams {
        this_update: date_time_ymd(2026, 1, 1),
        next_update: date_time_ymd(2027, 1, 1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: revoked.collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    change(&mut list);
    list.signed_by(issuer).unwrap().pem().unwrap()
}

/// Trust in the root, with these revocation lists.
fn trust(lists: &[String]) -> TrustAnchors {
    let lists = (!lists.is_empty()).then(|| lists.concat());
    TrustAnchors::from_pem(Some(&ROOT.pem()), lists.as_deref()).unwrap()
}

/// All checks but revocation.
fn policy() -> ValidateClientCertificate {
    ValidateClientCertificate {
        validate_revocation: false,
        validate_trust: true,
        validate_not_before: true,
        validate_not_after: true,
        ignore_error: false,
        identities: Vec::new(),
    }
}

fn verdict(
    policy: &ValidateClientCertificate,
    pem: &str,
    trust: &TrustAnchors,
    now: Timestamp,
) -> Result<(), Reason> {
    judge(policy, Some(&presented(pem)), trust, now).map_err(|refusal| refusal.reason)
}

fn trusted(pem: &str) -> Result<(), Reason> {
    verdict(&policy(), pem, &trust(&[]), NOW)
}

#[test]
fn a_certificate_of_a_trusted_issuer_passes() {
    assert_eq!(trusted(&issued(&client(), &ROOT)), Ok(()));
}

#[test]
fn an_absent_certificate_is_refused_with_403() {
    let refusal = judge(&policy(), None, &trust(&[]), NOW).unwrap_err();
    assert_eq!(refusal.reason, Reason::ClientCertificateNotPresent);
    assert_eq!(refusal.status, http::StatusCode::FORBIDDEN);
    assert_eq!(refusal.message, "Client certificate was not presented. Access denied.");
}

#[test]
fn a_certificate_of_an_intermediate_passes_when_the_intermediate_comes_along() {
    let leaf = issued(&client(), &INTERMEDIATE);
    assert_eq!(trusted(&(leaf.clone() + &INTERMEDIATE.pem())), Ok(()));
    assert_eq!(trusted(&leaf), Err(Reason::ClientCertificateNotTrusted));
}

#[test]
fn a_certificate_of_another_issuer_is_refused_whatever_its_name() {
    for issuer in [&*STRANGER, &*IMPOSTOR] {
        let leaf = issued(&client(), issuer);
        for chain in [leaf.clone(), leaf + &issuer.pem()] {
            assert_eq!(trusted(&chain), Err(Reason::ClientCertificateNotTrusted));
        }
    }
}

#[test]
fn a_self_signed_certificate_is_refused() {
    let key = KeyPair::generate().unwrap();
    let own = client().self_signed(&key).unwrap().pem();
    assert_eq!(trusted(&own), Err(Reason::ClientCertificateNotTrusted));
}

#[test]
fn a_certificate_for_servers_alone_is_refused() {
    let mut server = client();
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    assert_eq!(trusted(&issued(&server, &ROOT)), Err(Reason::ClientCertificateNotTrusted));
}

#[test]
fn a_certificate_without_extended_key_usage_passes() {
    let mut any = client();
    any.extended_key_usages.clear();
    assert_eq!(trusted(&issued(&any, &ROOT)), Ok(()));
}

#[test]
fn a_client_certificate_cannot_vouch_for_another() {
    let key = KeyPair::generate().unwrap();
    let not_an_authority = CertifiedIssuer::signed_by(client(), key, &ROOT).unwrap();
    let chain = issued(&client(), &not_an_authority) + &not_an_authority.pem();
    assert_eq!(trusted(&chain), Err(Reason::ClientCertificateNotTrusted));
}

#[test]
fn time_is_judged_at_both_ends() {
    let leaf = issued(&client(), &ROOT);
    let at = |now| verdict(&policy(), &leaf, &trust(&[]), now);
    assert_eq!(at(LAST_YEAR), Err(Reason::ClientCertificateNotYetValid));
    assert_eq!(at(NEXT_YEAR), Err(Reason::ClientCertificateExpired));
    let (first, last) = (1_767_225_600, 1_798_761_600);
    assert_eq!(at(Timestamp::from_secs(first - 1)), Err(Reason::ClientCertificateNotYetValid));
    assert_eq!(at(Timestamp::from_secs(first)), Ok(()));
    assert_eq!(at(Timestamp::from_secs(last)), Ok(()));
    assert_eq!(at(Timestamp::from_secs(last + 1)), Err(Reason::ClientCertificateExpired));
}

#[test]
fn either_end_of_time_can_be_left_unjudged() {
    let leaf = issued(&client(), &ROOT);
    let lenient_after = ValidateClientCertificate { validate_not_after: false, ..policy() };
    let lenient_before = ValidateClientCertificate { validate_not_before: false, ..policy() };
    assert_eq!(verdict(&lenient_after, &leaf, &trust(&[]), NEXT_YEAR), Ok(()));
    assert_eq!(verdict(&lenient_before, &leaf, &trust(&[]), LAST_YEAR), Ok(()));
    assert_eq!(
        verdict(&lenient_after, &leaf, &trust(&[]), LAST_YEAR),
        Err(Reason::ClientCertificateNotYetValid)
    );
    assert_eq!(
        verdict(&lenient_before, &leaf, &trust(&[]), NEXT_YEAR),
        Err(Reason::ClientCertificateExpired)
    );
}

#[test]
fn an_issuer_that_has_expired_is_not_trusted_though_the_certificates_end_is_unjudged() {
    let mut brief = params("Brief", 2);
    brief.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    brief.not_after = date_time_ymd(2026, 3, 1);
    let brief = CertifiedIssuer::signed_by(brief, KeyPair::generate().unwrap(), &ROOT).unwrap();
    let chain = issued(&client(), &brief) + &brief.pem();
    let lenient = ValidateClientCertificate { validate_not_after: false, ..policy() };
    assert_eq!(
        verdict(&lenient, &chain, &trust(&[]), NOW),
        Err(Reason::ClientCertificateNotTrusted)
    );
}

#[test]
fn a_revoked_certificate_is_refused_and_another_passes() {
    let policy = ValidateClientCertificate { validate_revocation: true, ..policy() };
    let trust = trust(&[list(&ROOT, &[0x0a1b])]);
    let mut other = client();
    other.serial_number = Some(0x0a1c.into());
    assert_eq!(
        verdict(&policy, &issued(&client(), &ROOT), &trust, NOW),
        Err(Reason::ClientCertificateRevoked)
    );
    assert_eq!(verdict(&policy, &issued(&other, &ROOT), &trust, NOW), Ok(()));
}

#[test]
fn a_revoked_intermediate_revokes_what_it_issued() {
    let policy = ValidateClientCertificate { validate_revocation: true, ..policy() };
    let chain = issued(&client(), &INTERMEDIATE) + &INTERMEDIATE.pem();
    let good = trust(&[list(&ROOT, &[]), list(&INTERMEDIATE, &[])]);
    let bad = trust(&[list(&ROOT, &[1]), list(&INTERMEDIATE, &[])]);
    assert_eq!(verdict(&policy, &chain, &good, NOW), Ok(()));
    assert_eq!(verdict(&policy, &chain, &bad, NOW), Err(Reason::ClientCertificateRevoked));
}

#[test]
fn revocation_that_no_current_list_of_the_issuer_settles_is_unknown() {
    let policy = ValidateClientCertificate { validate_revocation: true, ..policy() };
    let leaf = issued(&client(), &ROOT);
    let stale = listed(&ROOT, &[], |list| {
        (list.this_update, list.next_update) =
            (date_time_ymd(2025, 1, 1), date_time_ymd(2026, 3, 1));
    });
    for lists in [vec![], vec![list(&STRANGER, &[])], vec![list(&IMPOSTOR, &[])], vec![stale]] {
        assert_eq!(
            verdict(&policy, &leaf, &trust(&lists), NOW),
            Err(Reason::ClientCertificateRevocationUnknown)
        );
    }
    let chain = issued(&client(), &INTERMEDIATE) + &INTERMEDIATE.pem();
    assert_eq!(
        verdict(&policy, &chain, &trust(&[list(&INTERMEDIATE, &[])]), NOW),
        Err(Reason::ClientCertificateRevocationUnknown)
    );
}

#[test]
fn revocation_is_judged_without_trust_by_the_issuers_list() {
    let policy =
        ValidateClientCertificate { validate_revocation: true, validate_trust: false, ..policy() };
    let leaf = issued(&client(), &STRANGER);
    let part = |list: &mut CertificateRevocationListParams| {
        list.issuing_distribution_point = Some(CrlIssuingDistributionPoint {
            distribution_point: CrlDistributionPoint { uris: vec!["http://crl.test/1".into()] },
            scope: None,
        });
    };
    for (lists, expected) in [
        (vec![list(&STRANGER, &[])], Ok(())),
        (vec![list(&STRANGER, &[0x0a1b])], Err(Reason::ClientCertificateRevoked)),
        (vec![listed(&STRANGER, &[0x0a1b], part)], Err(Reason::ClientCertificateRevoked)),
        (vec![listed(&STRANGER, &[], part)], Err(Reason::ClientCertificateRevocationUnknown)),
        (vec![list(&ROOT, &[])], Err(Reason::ClientCertificateRevocationUnknown)),
        (vec![], Err(Reason::ClientCertificateRevocationUnknown)),
    ] {
        assert_eq!(verdict(&policy, &leaf, &trust(&lists), NOW), expected);
    }
}

/// Judges one identity, trust aside.
fn is(identity: Identity, pem: &str) -> bool {
    let policy =
        ValidateClientCertificate { validate_trust: false, identities: vec![identity], ..policy() };
    match verdict(&policy, pem, &trust(&[]), NOW) {
        Ok(()) => true,
        Err(reason) => {
            assert_eq!(reason, Reason::ClientCertificateNotAllowed);
            false
        }
    }
}

#[test]
fn each_attribute_of_an_identity_is_matched_with_the_certificate() {
    let leaf = issued(&client(), &ROOT);
    let thumbprint = presented(&leaf).leaf.thumbprint;
    let given = |set: fn(&mut Identity, String), value: &str| {
        let mut identity = Identity::default();
        set(&mut identity, value.to_owned());
        is(identity, &leaf)
    };
    let subject = |identity: &mut Identity, value| identity.subject = Some(value);
    let issuer = |identity: &mut Identity, value| identity.issuer_subject = Some(value);
    let dns = |identity: &mut Identity, value| identity.dns_name = Some(value);
    let name = |identity: &mut Identity, value| identity.common_name = Some(value);
    let serial = |identity: &mut Identity, value| identity.serial_number = Some(value);
    let print = |identity: &mut Identity, value| identity.thumbprint = Some(value);
    assert!(given(print, &thumbprint));
    assert!(given(print, &thumbprint.to_uppercase()));
    assert!(!given(print, &"0".repeat(40)));
    assert!(given(serial, "a1b"));
    assert!(given(serial, "0A1B"));
    assert!(!given(serial, "a1"));
    assert!(given(name, "orders"));
    assert!(!given(name, "Orders"));
    assert!(!given(name, "CN=orders"));
    assert!(given(subject, r#"CN=orders, O="Contoso, Inc.", C=US"#));
    assert!(given(subject, r#"c = US, o = "Contoso, Inc.", cn = orders"#));
    assert!(!given(subject, "CN=orders"));
    assert!(!given(subject, "orders"));
    assert!(given(dns, "Orders.Contoso.com"));
    assert!(!given(dns, "contoso.com"));
    assert!(!given(dns, "*.contoso.com"));
    assert!(given(issuer, r#"CN=Root, O="Contoso, Inc.", C=US"#));
    assert!(!given(issuer, r#"CN=orders, O="Contoso, Inc.", C=US"#));
}

#[test]
fn an_issuer_is_matched_by_its_key_and_not_by_its_name() {
    let genuine = issued(&client(), &ROOT);
    let forged = issued(&client(), &IMPOSTOR);
    let by_certificate =
        || Identity { issuer_certificate: Some(ROOT.der().to_vec()), ..Identity::default() };
    let root = Certificate::from_der(ROOT.der().to_vec()).unwrap();
    let by_thumbprint =
        || Identity { issuer_thumbprint: Some(root.thumbprint.clone()), ..Identity::default() };
    assert!(is(by_certificate(), &genuine) && is(by_thumbprint(), &genuine));
    assert!(!is(by_certificate(), &forged) && !is(by_thumbprint(), &forged));
    // The genuine issuer's certificate is public, and anyone can let it come along.
    let forged = forged + &ROOT.pem();
    assert!(!is(by_certificate(), &forged) && !is(by_thumbprint(), &forged));
}

#[test]
fn an_issuers_certificate_may_come_along_with_the_clients() {
    let chain = issued(&client(), &STRANGER) + &STRANGER.pem();
    let stranger = Certificate::from_der(STRANGER.der().to_vec()).unwrap();
    let identity =
        || Identity { issuer_thumbprint: Some(stranger.thumbprint.clone()), ..Identity::default() };
    assert!(is(identity(), &chain));
    assert!(!is(identity(), &issued(&client(), &STRANGER)));
}

#[test]
fn all_of_one_identity_must_match_and_one_of_several_suffices() {
    let leaf = issued(&client(), &ROOT);
    let identity = |name: &str, serial: &str| Identity {
        common_name: Some(name.into()),
        serial_number: Some(serial.into()),
        ..Identity::default()
    };
    assert!(is(identity("orders", "a1b"), &leaf));
    assert!(!is(identity("orders", "a1c"), &leaf));
    assert!(!is(Identity::default(), &leaf));
    let policy = ValidateClientCertificate {
        identities: vec![identity("orders", "a1c"), identity("orders", "a1b")],
        ..policy()
    };
    assert_eq!(verdict(&policy, &leaf, &trust(&[]), NOW), Ok(()));
}

#[test]
fn an_identity_does_not_make_a_certificate_trusted() {
    let leaf = issued(&client(), &STRANGER);
    let identity = Identity { common_name: Some("orders".into()), ..Identity::default() };
    let policy = ValidateClientCertificate { identities: vec![identity], ..policy() };
    assert_eq!(verdict(&policy, &leaf, &trust(&[]), NOW), Err(Reason::ClientCertificateNotTrusted));
}

#[test]
fn what_is_not_configured_is_named_with_what_to_set() {
    let none = TrustAnchors::default();
    let all = ValidateClientCertificate { validate_revocation: true, ..policy() };
    assert!(
        check_configured(&all, &none)
            .unwrap_err()
            .to_string()
            .contains("client_certificate_anchors")
    );
    assert!(
        check_configured(&all, &trust(&[]))
            .unwrap_err()
            .to_string()
            .contains("client_certificate_crls")
    );
    assert_eq!(check_configured(&all, &trust(&[list(&ROOT, &[])])), Ok(()));
    let off = ValidateClientCertificate { validate_trust: false, ..policy() };
    assert_eq!(check_configured(&off, &none), Ok(()));
}

#[test]
fn an_identity_that_can_match_nothing_is_refused_when_it_is_loaded() {
    let check = |identity| {
        let identities =
            vec![Identity { common_name: Some("a".into()), ..Identity::default() }, identity];
        let policy = ValidateClientCertificate { identities, ..policy() };
        check_configured(&policy, &trust(&[])).unwrap_err()
    };
    assert_eq!(check(Identity::default()), NotConfigured::EmptyIdentity(2));
    assert_eq!(
        check(Identity { issuer_subject: Some("Root".into()), ..Identity::default() }).to_string(),
        "issuer-subject of identity 2 is not a distinguished name: a part of it is not `type=value`: \
         double-quote a value that has a comma or a plus sign"
    );
    assert_eq!(
        check(Identity { issuer_certificate: Some(vec![48, 0]), ..Identity::default() }),
        NotConfigured::IssuerCertificate(2)
    );
}

#[test]
fn what_is_not_an_anchor_or_a_list_is_named_with_its_place() {
    let root = ROOT.pem();
    let anchors = root.clone() + "-----BEGIN CERTIFICATE-----AQID-----END CERTIFICATE-----";
    let lists = list(&ROOT, &[]) + "-----BEGIN X509 CRL-----AQID-----END X509 CRL-----";
    let read = |anchors: Option<&str>, lists: Option<&str>| {
        TrustAnchors::from_pem(anchors, lists).unwrap_err()
    };
    assert_eq!(read(Some(&anchors), None), TrustError::Anchor(2));
    assert_eq!(read(Some("anchors.pem"), None), TrustError::AnchorsPem(PemError::NoBlock));
    assert_eq!(read(None, Some(&lists)), TrustError::List(2));
    assert!(matches!(read(None, Some(&root)), TrustError::ListsPem(PemError::OtherKind { .. })));
}

#[test]
fn a_certificate_does_not_show_in_debug_or_in_a_refusal() {
    let leaf = presented(&(issued(&client(), &STRANGER) + &STRANGER.pem()));
    let refusal = judge(&policy(), Some(&leaf), &trust(&[]), NOW).unwrap_err();
    for text in [format!("{leaf:?}"), format!("{refusal:?}"), format!("{:?}", trust(&[]))] {
        assert!(!text.contains("orders") && !text.contains("Contoso"), "{text}");
    }
}
