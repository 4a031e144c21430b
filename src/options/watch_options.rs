//! Validates the arguments of `watch`. Must not touch files, sockets or engines.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use super::OptionError;
use super::since::{since, span};
use crate::cli::{Format, WatchArgs};
use crate::collect::{CollectOptions, LONGEST_WAIT};
use crate::docker::LogQuery;
use crate::sink::WebhookAddress;

/// Number of log lines to read per container; a watch examines many.
const TAIL: u64 = 5_000;

/// The options of `watch`.
#[derive(Debug, Clone)]
pub struct WatchOptions {
    /// Container names or ID prefixes; empty for all.
    pub names: Vec<String>,
    /// How to examine containers.
    pub collect: CollectOptions,
    /// Format of the lines.
    pub format: Format,
    /// Start of the events to report, in seconds since the epoch.
    pub since: Option<i64>,
    /// How long to run; `None` runs until interrupted.
    pub span: Option<Duration>,
    /// Minimum time between two reports on a container that keeps dying.
    pub debounce: Duration,
    /// File that stores which events were reported.
    pub state: Option<PathBuf>,
    /// Address to serve metrics on.
    pub metrics: Option<SocketAddr>,
    /// Address to post reports to.
    pub webhook: Option<WebhookAddress>,
    /// Socket of journald.
    pub journald: Option<PathBuf>,
}

impl WatchOptions {
    /// Checks the arguments of `watch`.
    ///
    /// # Errors
    /// Returns an [`OptionError`] that names the invalid argument.
    pub fn new(args: WatchArgs, now: Timestamp) -> Result<Self, OptionError> {
        let log = LogQuery { tail: Some(TAIL), ..LogQuery::default() };
        Ok(Self {
            names: args.containers,
            collect: CollectOptions { exec: !args.no_exec, log, patience: LONGEST_WAIT },
            format: args.format,
            since: args.since.map(|text| since(&text, now)).transpose()?,
            span: args.span.map(|text| span(&text)).transpose()?,
            debounce: Duration::from_secs(args.debounce),
            state: args.state,
            metrics: args.metrics.map(|text| address(&text, args.metrics_anywhere)).transpose()?,
            webhook: args
                .webhook
                .map(|text| WebhookAddress::parse(&text).ok_or(OptionError::Webhook))
                .transpose()?,
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
    use crate::cli::{Cli, Command, DeferredArgs};
    use crate::sink::Server;

    fn watch(line: &[&str]) -> Result<WatchOptions, OptionError> {
        let Command::Watch(DeferredArgs(args)) =
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
            (read.server.clone(), read.path.as_str()),
            (Server::Tcp("127.0.0.1:8080".to_owned()), "/hook?token=secret")
        );
        assert_eq!((read.host.as_str(), read.user.as_deref()), ("127.0.0.1:8080", Some("me:secret")));
        assert!(!format!("{read} {read:?}").contains("secret"));
        let socket = hook("unix:///run/hook.sock:/in").unwrap();
        assert_eq!((socket.server, socket.path.as_str()), (Server::Unix("/run/hook.sock".into()), "/in"));
        assert_eq!(hook("http://box").unwrap().server, Server::Tcp("box:80".to_owned()));
        let encrypted = |text: &str| hook(text).map(|hook| (hook.to_string(), hook.server));
        let at = |authority: &str, name: &'static str| {
            Ok((format!("https://{authority}"), Server::Tls(authority.to_owned(), name.try_into().unwrap())))
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
