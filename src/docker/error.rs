//! Errors of communicating with an engine, worded for the person who has to act on them.

use std::time::Duration;

/// A failed engine call; the variant names the action and its object.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// No socket, flag, variable or context names an engine.
    #[error(
        "no container engine found (tried {tried})\n  next: start Docker or Podman, or select the engine \
            with --host unix:///path/to.sock, DOCKER_HOST or --context"
    )]
    NotFound {
        /// Places that were tried, separated by commas.
        tried: String,
    },
    /// The address of the engine is invalid.
    #[error(
        "engine address `{address}` is not usable: {reason}\n  next: use unix:///path, tcp://host:port, \
            http://host:port or ssh://user@host"
    )]
    Address {
        /// Address as given.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A docker CLI context that does not exist or cannot be read.
    #[error("docker context `{name}` {reason}\n  next: `docker context ls` lists the existing contexts")]
    Context {
        /// Name of the context.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The user may not access the engine's socket.
    #[error(
        "permission denied on the engine's socket {address}\n  next: run sysdock with sudo, or add your user \
            to the group that owns the socket (often `docker`)"
    )]
    Permission {
        /// Address of the engine.
        address: String,
    },
    /// Nothing listens at the address.
    #[error(
        "cannot connect to the engine at {address}: {source}\n  next: is the engine running? try `systemctl \
            status docker` or `podman system service`, or select another engine with --host"
    )]
    Connect {
        /// Address of the engine.
        address: String,
        /// Cause given by the operating system.
        source: std::io::Error,
    },
    /// The engine did not answer within the timeout.
    #[error("the engine did not answer `{action}` within {} s\n  next: the engine may be hanging; try \
        `docker ps`, check its log, or raise --timeout", .deadline.as_secs_f32())]
    Deadline {
        /// The call.
        action: String,
        /// The timeout.
        deadline: Duration,
    },
    /// The connection broke, or the answer is not HTTP.
    #[error(
        "the engine's answer to `{action}` was cut off or is not HTTP: {reason}\n  next: check that the \
            address belongs to a Docker or Podman API"
    )]
    Broken {
        /// The call.
        action: String,
        /// What was received.
        reason: String,
    },
    /// The answer is HTTP but not the expected JSON.
    #[error(
        "the engine's answer to `{action}` is not the expected JSON: {reason}\n  next: check that the \
            address belongs to a Docker or Podman API"
    )]
    Garbage {
        /// The call.
        action: String,
        /// What was received.
        reason: String,
    },
    /// The answer exceeds a limit.
    #[error(
        "the engine's answer to `{action}` is too large: {reason}\n  next: check what makes it so large \
            (`docker inspect` and `docker info` usually return about 10 KiB), and that the address belongs \
            to an engine"
    )]
    TooLarge {
        /// The call.
        action: String,
        /// The limit.
        reason: String,
    },
    /// The engine answered with an error status.
    #[error(
        "the engine refused `{action}`: {message} (HTTP {status})\n  next: the engine's log may say more; \
            HTTP 403 means that a proxy or plugin in front of the engine denies the call"
    )]
    Refused {
        /// The call.
        action: String,
        /// HTTP status code.
        status: u16,
        /// The engine's error message.
        message: String,
    },
    /// The requested object does not exist (HTTP 404).
    #[error("the engine does not know {what}")]
    Unknown {
        /// The requested object.
        what: String,
    },
    /// A step of an image build failed.
    #[error(
        "`{action}` failed: {message}\n  next: the last lines above come from the failed step; `sysdock \
            build --print` shows the Dockerfile"
    )]
    Build {
        /// The call.
        action: String,
        /// The engine's error message, and the end of the step's output.
        message: String,
    },
    /// The engine supports only API versions that sysdock does not.
    #[error(
        "the engine requires API version {minimum} or later; sysdock supports up to {ours}\n  next: update \
            sysdock"
    )]
    TooNew {
        /// Lowest API version that the engine supports.
        minimum: String,
        /// Highest API version that sysdock supports.
        ours: String,
    },
}

impl EngineError {
    /// Returns whether the requested object does not exist, as opposed to a failed call.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }

    /// Returns the first line of the message, for gaps and notes that leave out the hint.
    #[must_use]
    pub fn brief(&self) -> String {
        self.to_string().lines().next().unwrap_or_default().to_owned()
    }
}
