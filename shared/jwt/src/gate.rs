//! Policies and products in force.

use std::sync::Arc;

use headgate_core::{Clock, Random};

use crate::conditions::client_certificate::{self, TrustAnchors};
use crate::conditions::{Refusal, check_header, ip_filter};
use crate::crypto::{Certificate, DecryptionKey, KeyError, VerifyingKey};
use crate::facts::Facts;
use crate::keys::KeySource;
use crate::policy::{
    CheckHeader, DecryptionKeyMaterial, IpFilter, PolicySet, SigningKeyMaterial, Statement,
    ValidateClientCertificate, ValidateToken,
};
use crate::ports::Ports;
use crate::rejection::Rejection;
use crate::secure_url::SecureUrl;
use crate::subscription::Products;
use crate::token_source::find_token;
use crate::token_statement::{StatementSource, TokenStatement};
use crate::verdict::{Allowed, Denial, Verdict};
use crate::verified::VerifiedTokens;

/// The name of the policy that is meant when none is named.
pub const DEFAULT_POLICY: &str = "default";

/// Judges requests by policies and products.
#[derive(Debug)]
pub struct Gate {
    policies: Vec<(String, Vec<GateStatement>)>,
    products: Products,
    trust: Arc<TrustAnchors>,
    sources: Vec<Arc<KeySource>>,
    remembered: VerifiedTokens,
}

#[derive(Debug)]
enum GateStatement {
    Token(Box<TokenStatement>),
    ClientCertificate(ValidateClientCertificate),
    IpFilter(IpFilter),
    CheckHeader(CheckHeader),
}

/// Why policies that were read cannot be put into force.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// A key of the policy cannot be used.
    #[error("policy {policy}: key {number} of {list} cannot be used: {source}")]
    Key {
        /// The policy's name.
        policy: String,
        /// `issuer-signing-keys` or `decryption-keys`.
        list: &'static str,
        /// The key's place in the list, from 1.
        number: usize,
        /// What is wrong with it.
        source: KeyError,
    },
    /// Client certificates are to be judged by what is not configured.
    #[error("policy {policy}: {source}")]
    Trust {
        /// The policy's name.
        policy: String,
        /// What is missing.
        source: client_certificate::NotConfigured,
    },
    /// A product and a policy share a name, so that a path could mean either.
    #[error("{0} is the name of a product and of a policy: rename one of them")]
    NameTwice(String),
    /// A product names a policy that is not there.
    #[error("product {product}: there is no policy {policy}")]
    PolicyMissing {
        /// The product's name.
        product: String,
        /// The policy's name.
        policy: String,
    },
    /// A product that wants tokens names no policy to judge them by.
    #[error("product {0} requires a token and names no policy to judge it by")]
    PolicyUnnamed(String),
}

impl Gate {
    /// Puts policies and products into force.
    ///
    /// # Errors
    ///
    /// [`GateError`]: nothing is let through by a gate that is not whole.
    pub fn new(
        policies: PolicySet,
        products: Products,
        trust: Arc<TrustAnchors>,
        random: &impl Random,
    ) -> Result<Self, GateError> {
        let mut build = Build { trust: &trust, sources: Vec::new(), statements: 0 };
        let policies = policies
            .policies
            .into_iter()
            .map(|policy| {
                let statements = policy
                    .statements
                    .into_iter()
                    .map(|statement| build.statement(&policy.name, statement))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok((policy.name, statements))
            })
            .collect::<Result<Vec<_>, GateError>>()?;
        let sources = build.sources;
        for (product, wants) in products.iter() {
            let named = |name: &str| policies.iter().any(|(policy, _)| policy == name);
            if named(product) {
                return Err(GateError::NameTwice(product.to_owned()));
            }
            match &wants.policy {
                Some(policy) if !named(policy) => {
                    return Err(GateError::PolicyMissing {
                        product: product.to_owned(),
                        policy: policy.clone(),
                    });
                }
                None if wants.requires.may_need_a_token() => {
                    return Err(GateError::PolicyUnnamed(product.to_owned()));
                }
                Some(_) | None => {}
            }
        }
        let mut secret = [0; 16];
        random.fill(&mut secret);
        let remembered = VerifiedTokens::new(&secret);
        Ok(Self { policies, products, trust, sources, remembered })
    }

    /// Judges a request by the product or the policy of this name.
    pub async fn judge(&self, name: &str, facts: &Facts<'_>, ports: &impl Ports) -> Verdict {
        match self.admit(name, facts, ports).await {
            Ok(allowed) => Verdict::Allowed(allowed),
            Err(denial) => Verdict::Denied(denial),
        }
    }

    /// Judges a token alone by the token statements of a policy or of a product's policy: what remains of a request
    /// when only its token is known.
    pub async fn judge_token(
        &self,
        name: &str,
        token: &str,
        ports: &impl Ports,
        trace: Option<headgate_core::TraceContext>,
    ) -> Verdict {
        let policy = self.products.get(name).and_then(|product| product.policy.as_deref());
        let Some(statements) = self.statements(policy.unwrap_or(name)) else {
            return Verdict::Denied(Rejection::PolicyNotFound.into());
        };
        let mut allowed = Allowed::default();
        for statement in statements {
            if let GateStatement::Token(statement) = statement {
                match statement.judge(token, &self.remembered, ports, trace).await {
                    Ok(token) => allowed.take(statement, token),
                    Err(unfit) => {
                        let failure = &statement.policy.failure;
                        return Verdict::Denied(Denial::of_token(unfit, failure));
                    }
                }
            }
        }
        // A policy without a token statement says nothing of a token, which is no reason to call it good.
        match allowed.token {
            Some(_) => Verdict::Allowed(allowed),
            None => Verdict::Denied(Rejection::PolicyNotFound.into()),
        }
    }

    /// Fetches the keys that will soon be old, so that no caller has to wait for it.
    pub async fn refresh_keys(&self, ports: &impl Ports) {
        for source in &self.sources {
            // A failure is reported where it happens, and the next request or tick tries again.
            let _ = source.refresh_early(ports).await;
        }
    }

    async fn admit(
        &self,
        name: &str,
        facts: &Facts<'_>,
        ports: &impl Ports,
    ) -> Result<Allowed, Denial> {
        let mut allowed = Allowed::default();
        let (policy, judge_token) = match self.products.get(name) {
            Some(product) => {
                let admission = self.products.admit(name, product, facts)?;
                allowed.subscription = admission.subscription.map(str::to_owned);
                (product.policy.as_deref(), admission.judge_token)
            }
            None => (Some(name), true),
        };
        let statements = match policy {
            Some(policy) => self.statements(policy).ok_or(Rejection::PolicyNotFound)?,
            None => &[],
        };
        for statement in statements {
            match statement {
                GateStatement::Token(_) if !judge_token => {}
                GateStatement::Token(statement) => {
                    let failure = &statement.policy.failure;
                    let denied = |unfit| Denial::of_token(unfit, failure);
                    let token = find_token(&statement.policy, facts)
                        .map_err(|rejection| denied(rejection.into()))?;
                    let verified = statement
                        .judge(&token, &self.remembered, ports, facts.trace)
                        .await
                        .map_err(denied)?;
                    allowed.take(statement, verified);
                }
                GateStatement::ClientCertificate(policy) => {
                    self.judge_certificate(policy, facts, ports.clock().now())
                        .map_err(Rejection::Condition)?;
                }
                GateStatement::IpFilter(filter) => {
                    ip_filter::judge(filter, facts.client).map_err(Rejection::Condition)?;
                }
                GateStatement::CheckHeader(check) => {
                    check_header::judge(check, facts.headers).map_err(Rejection::Condition)?;
                }
            }
        }
        Ok(allowed)
    }

    fn judge_certificate(
        &self,
        policy: &ValidateClientCertificate,
        facts: &Facts<'_>,
        now: headgate_core::Timestamp,
    ) -> Result<(), Refusal> {
        let judged = facts.certificate().map_err(Refusal::from).and_then(|presented| {
            client_certificate::judge(policy, presented.as_ref(), &self.trust, now)
        });
        if policy.ignore_error { Ok(()) } else { judged }
    }

    fn statements(&self, policy: &str) -> Option<&[GateStatement]> {
        self.policies
            .iter()
            .find(|(name, _)| name == policy)
            .map(|(_, statements)| statements.as_slice())
    }
}

impl Allowed {
    fn take(&mut self, statement: &TokenStatement, token: Arc<crate::verified::VerifiedToken>) {
        if let Some(name) = &statement.policy.output_token_variable_name {
            self.variables.push((name.clone(), Arc::clone(&token)));
        }
        self.token = Some(token);
    }
}

/// What the statements of one document share while they are put into force.
struct Build<'a> {
    trust: &'a TrustAnchors,
    sources: Vec<Arc<KeySource>>,
    statements: usize,
}

impl Build<'_> {
    fn statement(&mut self, policy: &str, read: Statement) -> Result<GateStatement, GateError> {
        Ok(match read {
            Statement::ValidateToken(token) => {
                GateStatement::Token(Box::new(self.token_statement(policy, *token)?))
            }
            Statement::ValidateClientCertificate(certificate) => {
                client_certificate::check_configured(&certificate, self.trust)
                    .map_err(|source| GateError::Trust { policy: policy.to_owned(), source })?;
                GateStatement::ClientCertificate(certificate)
            }
            Statement::IpFilter(filter) => GateStatement::IpFilter(filter),
            Statement::CheckHeader(check) => GateStatement::CheckHeader(check),
        })
    }

    fn token_statement(
        &mut self,
        name: &str,
        policy: ValidateToken,
    ) -> Result<TokenStatement, GateError> {
        let unusable = |list: &'static str, at: usize| {
            move |source| GateError::Key { policy: name.to_owned(), list, number: at + 1, source }
        };
        let signing_keys = policy
            .issuer_signing_keys
            .iter()
            .enumerate()
            .map(|(at, key)| {
                let prepared = match &key.material {
                    SigningKeyMaterial::Symmetric(secret) => VerifyingKey::hmac(secret),
                    SigningKeyMaterial::Rsa { n, e } => VerifyingKey::rsa(n, e),
                    SigningKeyMaterial::Certificate(der) => {
                        Certificate::from_der(der).map(|certificate| certificate.key)
                    }
                };
                Ok((key.id.clone(), prepared.map_err(unusable("issuer-signing-keys", at))?))
            })
            .collect::<Result<_, _>>()?;
        let decryption_keys = policy
            .decryption_keys
            .iter()
            .enumerate()
            .map(|(at, key)| {
                let prepared = match &key.material {
                    DecryptionKeyMaterial::Symmetric(secret) => {
                        Ok(DecryptionKey::symmetric(secret))
                    }
                    DecryptionKeyMaterial::RsaPrivateKey(der) => DecryptionKey::rsa_pkcs8(der),
                };
                Ok((key.id.clone(), prepared.map_err(unusable("decryption-keys", at))?))
            })
            .collect::<Result<_, _>>()?;
        let sources = policy
            .openid_configs
            .iter()
            .map(|config| StatementSource {
                token_version: config.token_version,
                keys: self.source(&config.url),
            })
            .collect();
        self.statements += 1;
        Ok(TokenStatement {
            policy,
            number: self.statements,
            sources,
            signing_keys,
            decryption_keys,
        })
    }

    /// The one source of an address, whichever statements name it.
    fn source(&mut self, url: &SecureUrl) -> Arc<KeySource> {
        let known = self.sources.iter().find(|source| source.url() == url).map(Arc::clone);
        known.unwrap_or_else(|| {
            let source = Arc::new(KeySource::new(url.clone()));
            self.sources.push(Arc::clone(&source));
            source
        })
    }
}
