//! What can go wrong between sysdock and an engine, worded for the person who has to act on it.

use std::time::Duration;

/// A failed engine call; the variant names the action and its object.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// No socket, flag, variable or context leads to an engine.
    #[error(
        "no container engine found (tried {tried})\n  next: start Docker or Podman, or select the engine \
            with --host unix:///path/to.sock, DOCKER_HOST or --context"
    )]
    NotFound {
        /// Places that were looked at, comma separated.
        tried: String,
    },
    /// The address of the engine cannot be understood.
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
    /// The engine's socket refuses this user.
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
    /// No answer within the deadline of the call.
    #[error("the engine did not answer `{action}` within {} s\n  next: the engine may be hanging; try \
        `docker ps`, check its log, or raise --timeout", .deadline.as_secs_f32())]
    Deadline {
        /// The call that was made.
        action: String,
        /// How long it was waited for.
        deadline: Duration,
    },
    /// The connection broke, or the answer is no HTTP.
    #[error(
        "the engine's answer to `{action}` was cut off or is not HTTP: {reason}\n  next: check that the \
            address belongs to a Docker or Podman API"
    )]
    Broken {
        /// The call that was made.
        action: String,
        /// What was seen.
        reason: String,
    },
    /// The answer is HTTP but not the JSON that was asked for.
    #[error(
        "the engine's answer to `{action}` is not the expected JSON: {reason}\n  next: check that the \
            address belongs to a Docker or Podman API"
    )]
    Garbage {
        /// The call that was made.
        action: String,
        /// What was seen.
        reason: String,
    },
    /// The answer is larger than what is read of one.
    #[error(
        "the engine's answer to `{action}` is too large: {reason}\n  next: check what makes it so large \
            (`docker inspect` and `docker info` usually return about 10 KiB), and that the address belongs \
            to an engine"
    )]
    TooLarge {
        /// The call that was made.
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
        /// The call that was made.
        action: String,
        /// HTTP status code.
        status: u16,
        /// The engine's own words.
        message: String,
    },
    /// The thing asked for does not exist (HTTP 404).
    #[error("the engine does not know {what}")]
    Unknown {
        /// The thing asked for.
        what: String,
    },
    /// A step of an image's build failed.
    #[error(
        "`{action}` failed: {message}\n  next: the last lines above come from the failed step; `sysdock \
            build --print` shows the Dockerfile"
    )]
    Build {
        /// The call that was made.
        action: String,
        /// The engine's own words, and the end of the step's output.
        message: String,
    },
    /// The engine speaks only versions of the API that sysdock does not.
    #[error(
        "the engine requires API version {minimum} or later; sysdock supports up to {ours}\n  next: update \
            sysdock"
    )]
    TooNew {
        /// Lowest version of the API that the engine serves.
        minimum: String,
        /// Highest version that sysdock speaks.
        ours: String,
    },
}

impl EngineError {
    /// Whether the object asked for does not exist, as opposed to a failed call.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }

    /// Returns the first line of the message, for gaps and notes where the hint would be noise.
    #[must_use]
    pub fn brief(&self) -> String {
        self.to_string().lines().next().unwrap_or_default().to_owned()
    }
}
