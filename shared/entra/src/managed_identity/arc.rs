use headgate_core::{Files, Timestamp};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use zeroize::Zeroizing;

use super::Which;
use super::asking::Asking;
use crate::address::Address;
use crate::answer::Granted;
use crate::backoff::Service;
use crate::call::Reply;
use crate::form::Form;
use crate::ports::{Ports, World};
use crate::{Environment, TokenError};

/// Where the agent puts its keys on Linux (contracts §6.4).
const LINUX: &str = "/var/opt/azcmagent/tokens/";
/// The same on Windows, behind `%ProgramData%`.
const WINDOWS: &str = "\\AzureConnectedMachineAgent\\Tokens\\";
const LONGEST_KEY: usize = 4_096;

/// Asks the agent of Azure Arc (contracts §6.4): it names a file that only the agent's group may read, and wants what is in
/// it. The path is judged before anything is read: whoever answers on that port could name any file.
pub(super) async fn fetch<W: World>(
    endpoint: &Address,
    which: &Which,
    resource: &str,
    now: Timestamp,
    ports: &Ports<W>,
) -> Result<Granted, TokenError> {
    if *which != Which::SystemAssigned {
        let reason = "azure arc has the system-assigned identity alone: remove client-id, object-id and resource-id";
        return Err(TokenError::IdentityAbsent { reason });
    }
    let query = Form::new().with("api-version", "2020-06-01").with("resource", resource);
    let address = endpoint.with_query(query.as_str());
    let mut asking = Asking {
        service: Service::Local,
        address: &address,
        headers: HeaderMap::from_iter([(
            HeaderName::from_static("metadata"),
            HeaderValue::from_static("true"),
        )]),
        is_certain: true,
    };
    let challenge = asking.reply(ports).await?;
    if challenge.status != StatusCode::UNAUTHORIZED {
        // A token without a challenge would prove nothing about who answers.
        return match challenge.status {
            StatusCode::OK => refused("the agent gave a token without one"),
            _ => asking.granted(&challenge, now),
        };
    }
    let path =
        path(&challenge).ok_or(TokenError::ChallengeRefused { reason: "it names no file" })?;
    if !is_the_agents(&path, ports.environment.get("ProgramData").as_deref()) {
        return refused("it names a file that is not the agent's");
    }
    let Ok(key) = ports.files.read(&path).await else {
        return refused("its file cannot be read: put the process into the group himds");
    };
    let key = Zeroizing::new(key);
    if key.len() > LONGEST_KEY {
        return refused("its file is longer than 4096 bytes");
    }
    let header = Zeroizing::new([b"Basic ", key.as_slice()].concat());
    let Ok(mut value) = HeaderValue::from_bytes(&header) else {
        return refused("its file holds no header value");
    };
    value.set_sensitive(true);
    asking.headers.insert(AUTHORIZATION, value);
    asking.granted(&asking.reply(ports).await?, now)
}

const fn refused(reason: &'static str) -> Result<Granted, TokenError> {
    Err(TokenError::ChallengeRefused { reason })
}

/// The file in `WWW-Authenticate: Basic realm=…`.
fn path(reply: &Reply) -> Option<String> {
    let header = reply.headers.get(WWW_AUTHENTICATE)?.to_str().ok()?;
    let (scheme, realm) = header.split_once(' ')?;
    let realm = realm.trim().strip_prefix("realm=")?.trim_matches('"');
    (scheme.eq_ignore_ascii_case("basic") && !realm.is_empty()).then(|| realm.to_owned())
}

/// Judges that a file lies in the agent's folder itself and is a key. `program_data` is Windows' own variable.
fn is_the_agents(path: &str, program_data: Option<&str>) -> bool {
    let windows = program_data.map(|folder| format!("{}{WINDOWS}", folder.trim_end_matches('\\')));
    let name = match &windows {
        // Windows' paths are the same in any case.
        Some(folder) => match path.get(..folder.len()) {
            Some(start) if start.eq_ignore_ascii_case(folder) => path.get(folder.len()..),
            _ => None,
        },
        None => path.strip_prefix(LINUX),
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    name.and_then(|name| name.strip_suffix(".key"))
        .is_some_and(|stem| !stem.is_empty() && !stem.contains("..") && stem.bytes().all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_lies_in_the_agents_folder_and_nowhere_else() {
        assert!(is_the_agents("/var/opt/azcmagent/tokens/0f3a-1.key", None));
        for path in [
            "/etc/shadow",
            "/var/opt/azcmagent/tokens/.key",
            "/var/opt/azcmagent/tokens/a.txt",
            "/var/opt/azcmagent/tokens/a.key.txt",
            "/var/opt/azcmagent/tokens/../../../../etc/a.key",
            "/var/opt/azcmagent/tokens/sub/a.key",
            "/var/opt/azcmagent/tokens/..a..key",
            "var/opt/azcmagent/tokens/a.key",
            "/var/opt/azcmagent/tokens/a\0.key",
            "C:\\ProgramData\\AzureConnectedMachineAgent\\Tokens\\a.key",
        ] {
            assert!(!is_the_agents(path, None), "{path}");
        }
    }

    #[test]
    fn on_windows_the_folder_is_below_program_data_in_any_case() {
        let data = Some("C:\\ProgramData");
        assert!(is_the_agents("c:\\programdata\\AzureConnectedMachineAgent\\Tokens\\a.key", data));
        for path in [
            "C:\\ProgramData\\AzureConnectedMachineAgent\\Tokens\\..\\a.key",
            "C:\\ProgramData\\AzureConnectedMachineAgent\\Tokens\\sub\\a.key",
            "C:\\Windows\\a.key",
            "/var/opt/azcmagent/tokens/a.key",
        ] {
            assert!(!is_the_agents(path, data), "{path}");
        }
    }
}
