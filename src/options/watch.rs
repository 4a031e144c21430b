//! The arguments of `watch` in, validated options out. Must not touch files, sockets or engines.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use tokio_rustls::rustls::pki_types::ServerName;

use super::time::{since, span};
use super::{OptionError, PATIENCE};
use crate::cli::{Format, WatchArgs};
use crate::collect::CollectOptions;
use crate::docker::LogQuery;

/// Lines of a log that are read of each container; a watch looks at many.
const TAIL: u64 = 5_000;

/// Where reports are posted to.
#[derive(Clone, PartialEq, Eq)]
pub struct Hook {
    /// The endpoint to connect to.
    pub at: HookAt,
    /// What the header `Host` says.
    pub host: String,
    /// Path and query; may hold a secret.
    pub path: String,
    /// `user:password`, where the address has one.
    pub user: Option<String>,
}

/// The endpoint to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookAt {
    /// `host:port`, in the clear.
    Tcp(String),
    /// `host:port`, encrypted; the certificate has to be for this name.
    Tls(String, ServerName<'static>),
    /// A Unix socket.
    Unix(PathBuf),
}

/// Without path and user: both may be secrets.
impl std::fmt::Display for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.at {
            HookAt::Tcp(authority) => write!(f, "http://{authority}"),
            HookAt::Tls(authority, _) => write!(f, "https://{authority}"),
            HookAt::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hook({self})")
    }
}

impl Hook {
    fn parse(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix("unix://") {
            let (socket, path) = rest
                .split_once(":/")
                .map_or((rest, "/".to_owned()), |(socket, path)| (socket, format!("/{path}")));
            let at = HookAt::Unix(PathBuf::from(socket));
            return socket.starts_with('/').then(|| Self {
                at,
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
        let at = match uri.scheme_str() {
            Some("http") => HookAt::Tcp(authority(80)),
            // An IPv6 address stands in brackets.
            Some("https") => HookAt::Tls(
                authority(443),
                ServerName::try_from(name.trim_matches(['[', ']']).to_owned()).ok()?,
            ),
            _ => return None,
        };
        Some(Self { at, host: host.to_owned(), path, user })
    }
}

/// What `watch` does.
#[derive(Debug, Clone)]
pub struct WatchOptions {
    /// Names or beginnings of ids; all when empty.
    pub names: Vec<String>,
    /// How containers are looked at.
    pub collect: CollectOptions,
    /// Form of the lines.
    pub format: Format,
    /// Begin of what is reported, seconds since the epoch.
    pub since: Option<i64>,
    /// End by itself after this time.
    pub span: Option<Duration>,
    /// Shortest time between two reports on the same container's deaths.
    pub debounce: Duration,
    /// File that holds what was reported.
    pub state: Option<PathBuf>,
    /// Where metrics are served.
    pub metrics: Option<SocketAddr>,
    /// Where reports are posted to.
    pub webhook: Option<Hook>,
    /// Socket of journald.
    pub journald: Option<PathBuf>,
}

impl WatchOptions {
    /// Checks the arguments of `watch`.
    ///
    /// # Errors
    /// [`OptionError`] naming what is wrong.
    pub fn new(args: WatchArgs, now: Timestamp) -> Result<Self, OptionError> {
        let log = LogQuery { tail: Some(TAIL), ..LogQuery::default() };
        Ok(Self {
            names: args.containers,
            collect: CollectOptions { exec: !args.no_exec, log, patience: PATIENCE },
            format: args.format,
            since: args.since.map(|text| since(&text, now)).transpose()?,
            span: args.span.map(|text| span(&text)).transpose()?,
            debounce: Duration::from_secs(args.debounce),
            state: args.state,
            metrics: args.metrics.map(|text| address(&text, args.metrics_anywhere)).transpose()?,
            webhook: args.webhook.map(|text| Hook::parse(&text).ok_or(OptionError::Webhook)).transpose()?,
            journald: args.journald,
        })
    }
}

fn address(text: &str, anywhere: bool) -> Result<SocketAddr, OptionError> {
    let text = text.replacen("localhost:", "127.0.0.1:", 1);
    let address: SocketAddr = text.parse().map_err(|_| OptionError::Metrics(text.clone()))?;
    if address.ip().is_loopback() || anywhere { Ok(address) } else { Err(OptionError::MetricsOpen(text)) }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command, Late};

    fn watch(line: &[&str]) -> Result<WatchOptions, OptionError> {
        let Command::Watch(Late(args)) =
            Cli::try_parse_from(["sysdock", "watch"].iter().chain(line)).unwrap().command
        else {
            panic!("not watch")
        };
        WatchOptions::new(args, Timestamp::from_second(1_000_000).unwrap())
    }

    #[test]
    fn metrics_are_local_by_default() {
        let at =
            |line: &[&str]| watch(line).map(|options| options.metrics.map(|address| address.to_string()));
        assert_eq!(at(&["web"]), Ok(None));
        assert_eq!(at(&["--metrics", "web"]), Ok(Some("127.0.0.1:9273".to_owned())));
        assert_eq!(at(&["--metrics=localhost:0"]), Ok(Some("127.0.0.1:0".to_owned())));
        assert_eq!(at(&["--metrics=[::1]:1"]), Ok(Some("[::1]:1".to_owned())));
        assert_eq!(at(&["--metrics=0.0.0.0:1"]), Err(OptionError::MetricsOpen("0.0.0.0:1".to_owned())));
        assert_eq!(at(&["--metrics=0.0.0.0:1", "--metrics-anywhere"]), Ok(Some("0.0.0.0:1".to_owned())));
        assert_eq!(at(&["--metrics=here"]), Err(OptionError::Metrics("here".to_owned())));
    }

    #[test]
    fn a_hook_never_shows_its_secrets() {
        let hook = |text: &str| watch(&["--webhook", text]).map(|options| options.webhook.unwrap());
        let read = hook("http://me:secret@127.0.0.1:8080/hook?token=secret").unwrap();
        assert_eq!(
            (read.at.clone(), read.path.as_str()),
            (HookAt::Tcp("127.0.0.1:8080".to_owned()), "/hook?token=secret")
        );
        assert_eq!((read.host.as_str(), read.user.as_deref()), ("127.0.0.1:8080", Some("me:secret")));
        assert!(!format!("{read} {read:?}").contains("secret"));
        let socket = hook("unix:///run/hook.sock:/in").unwrap();
        assert_eq!((socket.at, socket.path.as_str()), (HookAt::Unix("/run/hook.sock".into()), "/in"));
        assert_eq!(hook("http://box").unwrap().at, HookAt::Tcp("box:80".to_owned()));
        let encrypted = |text: &str| hook(text).map(|hook| (hook.to_string(), hook.at));
        let at = |authority: &str, name: &'static str| {
            Ok((format!("https://{authority}"), HookAt::Tls(authority.to_owned(), name.try_into().unwrap())))
        };
        assert_eq!(encrypted("https://box/secret"), at("box:443", "box"));
        assert_eq!(encrypted("https://[::1]:8443/secret"), at("[::1]:8443", "::1"));
        for bad in ["box", "ftp://box/secret", "unix://relative", "http://", "https://-_/secret"] {
            let error = hook(bad).unwrap_err();
            assert!(error == OptionError::Webhook && !error.to_string().contains("secret"), "{bad}");
        }
    }

    #[test]
    fn times_are_spans_or_seconds() {
        let read = watch(&["--for", "90s", "--since", "10m"]).unwrap();
        assert_eq!((read.span, read.since), (Some(Duration::from_secs(90)), Some(1_000_000 - 600)));
        assert_eq!(watch(&["--for", "5"]).unwrap().span, Some(Duration::from_secs(5)));
        assert_eq!(watch(&["--for", "long"]).unwrap_err(), OptionError::Span("long".to_owned()));
        assert_eq!(watch(&[]).unwrap().debounce, Duration::from_secs(30));
    }
}
