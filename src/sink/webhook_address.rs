//! The address of a webhook: a text in, the endpoint and the request path out. Must not connect.

use std::path::PathBuf;

use tokio_rustls::rustls::pki_types::ServerName;

/// The address that reports are posted to.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookAddress {
    /// The endpoint.
    pub server: Server,
    /// The header `Host`.
    pub host: String,
    /// Path and query; may hold a secret.
    pub path: String,
    /// `user:password`, if the address has one.
    pub user: Option<String>,
}

/// The endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Server {
    /// `host:port`, unencrypted.
    Tcp(String),
    /// `host:port`, encrypted; the certificate must be for this name.
    Tls(String, ServerName<'static>),
    /// A Unix socket.
    Unix(PathBuf),
}

/// Leaves out path and user, which may be secrets.
impl std::fmt::Display for WebhookAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.server {
            Server::Tcp(authority) => write!(f, "http://{authority}"),
            Server::Tls(authority, _) => write!(f, "https://{authority}"),
            Server::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

impl std::fmt::Debug for WebhookAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WebhookAddress({self})")
    }
}

impl WebhookAddress {
    /// Parses `http://`, `https://` or `unix://SOCKET[:/PATH]`; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix("unix://") {
            let (socket, path) = rest
                .split_once(":/")
                .map_or((rest, "/".to_owned()), |(socket, path)| (socket, format!("/{path}")));
            let server = Server::Unix(PathBuf::from(socket));
            return socket.starts_with('/').then(|| Self {
                server,
                host: "localhost".to_owned(),
                path,
                user: None,
            });
        }
        let uri: hyper::Uri = text.parse().ok()?;
        let authority = uri.authority()?.as_str();
        let (user, host) = authority
            .rsplit_once('@')
            .map_or((None, authority), |(user, host)| (Some(user.to_owned()), host));
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let name = uri.host().filter(|host| !host.is_empty())?;
        let authority = |usual: u16| format!("{name}:{}", uri.port_u16().unwrap_or(usual));
        let server = match uri.scheme_str() {
            Some("http") => Server::Tcp(authority(80)),
            // An IPv6 address is in brackets.
            Some("https") => Server::Tls(
                authority(443),
                ServerName::try_from(name.trim_matches(['[', ']']).to_owned()).ok()?,
            ),
            _ => return None,
        };
        Some(Self { server, host: host.to_owned(), path, user })
    }
}
