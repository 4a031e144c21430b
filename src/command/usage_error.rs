//! Mistakes of a command line that only show once the command has begun.

/// A command line that asks for what cannot be.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// An image cannot be listened to.
    #[error(
        "{image} is an image, but --listen needs a container\n  next: `sysdock prove {image}` test-boots it"
    )]
    ListenImage {
        /// Its reference.
        image: String,
    },
    /// Words that are no flags.
    #[error("cannot parse --with `{0}`\n  next: quote it as in a shell: --with '--memory 1g --hostname web'")]
    Flags(String),
    /// No built-in profile goes by that name.
    #[error(
        "unknown engine `{0}`\n  next: give its name and version: docker-20.10, docker-28.5.2, podman-4.3"
    )]
    NoBuiltIn(String),
    /// Nothing is known of a system call.
    #[error(
        "unknown system call `{call}`{near}\n  next: check the name; systemd is not known to need it, and no \
            built-in profile lists it"
    )]
    NoCall {
        /// Name as given.
        call: String,
        /// A name that is like it, worded for the message.
        near: String,
    },
    /// Nobody can be asked, and `--yes` was not given.
    #[error(
        "nothing was changed: cannot ask for confirmation because stdin is not a terminal\n  next: review \
            the steps above, then use --yes"
    )]
    NotAsked,
}
