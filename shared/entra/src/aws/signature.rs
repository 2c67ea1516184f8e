use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use headgate_core::{Secret, Timestamp};
use zeroize::Zeroizing;

/// How a form is signed by Signature Version 4 of AWS (IAM User Guide, "Create a signed AWS API request").
pub(super) struct Signing<'a> {
    pub(super) key_id: &'a str,
    pub(super) secret: &'a Secret,
    pub(super) session: Option<&'a Secret>,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    pub(super) now: Timestamp,
}

const FORM: &str = "application/x-www-form-urlencoded";

impl Signing<'_> {
    /// Gives the headers of a `POST` of `form` to `/` at `host`, besides `Host` and `Content-Type`.
    pub(super) fn sign(&self, host: &str, form: &str) -> Vec<(&'static str, Secret)> {
        let moment = moment(self.now);
        let day = moment.split('T').next().unwrap_or_default();
        let mut headers = format!("content-type:{FORM}\nhost:{host}\nx-amz-date:{moment}\n");
        let mut names = "content-type;host;x-amz-date".to_owned();
        if let Some(session) = self.session {
            headers.push_str(&format!("x-amz-security-token:{}\n", session.expose()));
            names.push_str(";x-amz-security-token");
        }
        let headers = Zeroizing::new(headers);
        let body = hex(digest(&SHA256, form.as_bytes()).as_ref());
        let request = Zeroizing::new(format!("POST\n/\n\n{}\n{names}\n{body}", *headers));
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let hashed = hex(digest(&SHA256, request.as_bytes()).as_ref());
        let text = format!("AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashed}");
        let signature = hex(mac(&self.key(day), text.as_bytes()).as_ref());
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            self.key_id
        );
        let mut signed = vec![
            ("authorization", Secret::new(authorization)),
            ("x-amz-date", Secret::new(moment)),
        ];
        if let Some(session) = self.session {
            signed.push(("x-amz-security-token", session.clone()));
        }
        signed
    }

    /// The key for one day, region and service.
    fn key(&self, day: &str) -> Vec<u8> {
        let secret = Zeroizing::new(format!("AWS4{}", self.secret.expose()));
        let parts = [day, self.region, self.service, "aws4_request"];
        parts.iter().fold(secret.as_bytes().to_vec(), |key, part| {
            mac(&Zeroizing::new(key), part.as_bytes()).as_ref().to_vec()
        })
    }
}

fn mac(key: &[u8], message: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message)
}

/// A moment as `20150830T123600Z`.
fn moment(now: Timestamp) -> String {
    let text = now.to_string();
    let whole = text.split('.').next().unwrap_or_default();
    whole.chars().filter(|character| !"-:".contains(*character)).chain(['Z']).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `post-x-www-form-urlencoded` of the test suite that AWS publishes for Signature Version 4.
    #[test]
    fn a_form_is_signed_as_aws_own_example() {
        let signing = Signing {
            key_id: "AKIDEXAMPLE",
            secret: &Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session: None,
            region: "us-east-1",
            service: "service",
            now: Timestamp::from_secs(1_440_938_160),
        };
        let signed = signing.sign("example.amazonaws.com", "Param1=value1");
        assert_eq!(
            signed[0].1.expose(),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, \
             Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
        );
        assert_eq!(signed[1].1.expose(), "20150830T123600Z");
    }
}
