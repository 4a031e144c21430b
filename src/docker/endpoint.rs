//! Parses the addresses of engines: `unix://`, `tcp://`, `http://` and `ssh://`.

use std::fmt;
use std::path::PathBuf;

use super::EngineError;

/// One engine's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A Unix domain socket.
    Unix(PathBuf),
    /// Plain HTTP over TCP, `host:port`.
    Tcp(String),
    /// The engine of another machine, reached by `docker system dial-stdio` over ssh.
    Ssh {
        /// `user@host` or `host`.
        destination: String,
        /// Port of the ssh server, when it is not the default.
        port: Option<u16>,
    },
}

impl Endpoint {
    /// Parses the addresses that the docker CLI accepts for `--host`.
    ///
    /// # Errors
    /// Returns [`EngineError::Address`] for an unknown scheme or an empty address.
    pub fn parse(address: &str) -> Result<Self, EngineError> {
        let bad = |reason: &str| EngineError::Address {
            address: without_password(address),
            reason: reason.to_owned(),
        };
        let Some((scheme, rest)) = address.split_once("://") else {
            return Err(bad("it has no scheme"));
        };
        match scheme {
            "unix" if rest.starts_with('/') => Ok(Self::Unix(PathBuf::from(rest))),
            "unix" => Err(bad("a socket needs an absolute path")),
            "tcp" | "http" => Self::parse_tcp(rest).ok_or_else(|| bad("the host is missing")),
            "https" => Err(bad("TLS is not supported yet; ssh:// reaches a remote engine")),
            "ssh" if has_password(rest) => {
                Err(bad("a password in an ssh address is not supported; use a key, or let ssh ask"))
            }
            "ssh" => Self::parse_ssh(rest).ok_or_else(|| {
                bad("the host is missing, or the port is not a \
                number")
            }),
            _ => Err(bad("the scheme is unknown")),
        }
    }

    /// Parses `host:port`; drops user and password, as the docker CLI does, since the engine's API does not
    /// use them.
    fn parse_tcp(rest: &str) -> Option<Self> {
        let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        let authority = rest.split(['/', '?', '#']).next().filter(|host| !host.is_empty())?;
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        Some(Self::Tcp(if has_port { authority.to_owned() } else { format!("{authority}:2375") }))
    }

    fn parse_ssh(rest: &str) -> Option<Self> {
        let authority = rest.split('/').next().filter(|host| !host.is_empty() && !host.starts_with('-'))?;
        match authority.rsplit_once(':') {
            Some((destination, port)) => {
                Some(Self::Ssh { destination: destination.to_owned(), port: Some(port.parse().ok()?) })
            }
            None => Some(Self::Ssh { destination: authority.to_owned(), port: None }),
        }
    }

    /// Returns whether the engine may be on this machine; only evidence from the container itself proves it.
    #[must_use]
    pub fn may_be_local(&self) -> bool {
        matches!(self, Self::Unix(_))
    }
}

fn has_password(rest: &str) -> bool {
    rest.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
}

/// Returns an address for display, without a password, a key used as a user name, or a query.
#[must_use]
pub fn without_password(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let sign = if scheme.is_empty() { "" } else { "://" };
    let shown = match rest.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((name, _)) => format!("{name}:***@{host}"),
            None if scheme == "ssh" || scheme.is_empty() => rest.to_owned(),
            None => format!("***@{host}"),
        },
        None => rest.to_owned(),
    };
    let shown = match shown.split_once('?') {
        Some((before, _)) => format!("{before}?***"),
        None => shown,
    };
    format!("{scheme}{sign}{shown}")
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(authority) => write!(f, "tcp://{authority}"),
            Self::Ssh { destination, port: Some(port) } => write!(f, "ssh://{destination}:{port}"),
            Self::Ssh { destination, port: None } => write!(f, "ssh://{destination}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn understands_the_forms_of_the_docker_cli() {
        for (given, shown) in [
            ("unix:///run/docker.sock", "unix:///run/docker.sock"),
            ("tcp://127.0.0.1:2375", "tcp://127.0.0.1:2375"),
            ("http://engine", "tcp://engine:2375"),
            ("ssh://me@box:2222", "ssh://me@box:2222"),
            ("ssh://box", "ssh://box"),
        ] {
            assert_eq!(Endpoint::parse(given).map(|e| e.to_string()).ok().as_deref(), Some(shown), "{given}");
        }
    }

    #[test]
    fn passwords_are_never_shown() {
        for given in [
            "tcp://me:hunter2@engine:2375",
            "http://me:hunt@er2/hunter2@engine",
            "tcp://engine:2375?token=hunter2",
            "tcp://:hunter2@engine",
        ] {
            assert_eq!(Endpoint::parse(given).unwrap().to_string(), "tcp://engine:2375", "{given}");
        }
        for given in [
            "ssh://me:hunter2@box",
            "ssh://me:hunter2@box:22",
            "https://me:hunter2@box",
            "me:hunter2@box",
            "tcp://me:hunter2@",
            "npipe://a?sig=hunter2",
            "unix://me:a/hunter2@b@c",
        ] {
            let said = Endpoint::parse(given).unwrap_err().to_string();
            assert!(!said.contains("hunter2") && said.contains("***"), "{said}");
        }
    }

    #[test]
    fn refuses_what_it_cannot_reach() {
        for given in [
            "",
            "docker.sock",
            "unix://relative",
            "tcp://",
            "npipe:////./pipe/x",
            "https://h:2376",
            "ssh://-oProxyCommand=x",
        ] {
            assert!(Endpoint::parse(given).is_err(), "{given}");
        }
    }
}
