//! Errors in a command line that are only found when the command runs.

/// A command line that asks for something impossible.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// `--listen` was given an image.
    #[error(
        "{image} is an image, but --listen needs a container\n  next: `sysdock prove {image}` test-boots it"
    )]
    ListenImage {
        /// Its reference.
        image: String,
    },
    /// The words are not flags.
    #[error("cannot parse --with `{0}`\n  next: quote it as in a shell: --with '--memory 1g --hostname web'")]
    Flags(String),
    /// No built-in profile has that name.
    #[error(
        "unknown engine `{0}`\n  next: give its name and version: docker-20.10, docker-28.5.2, podman-4.3"
    )]
    NoBuiltIn(String),
    /// Nothing is known about a system call.
    #[error(
        "unknown system call `{call}`{near}\n  next: check the name; systemd is not known to need it, and no \
            built-in profile lists it"
    )]
    NoCall {
        /// Name as given.
        call: String,
        /// A similar name, worded for the message.
        near: String,
    },
    /// The user cannot be asked, and `--yes` was not given.
    #[error(
        "nothing was changed: cannot ask for confirmation because stdin is not a terminal\n  next: review \
            the steps above, then use --yes"
    )]
    NotAsked,
}
