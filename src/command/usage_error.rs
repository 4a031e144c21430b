//! Mistakes of a command line that only show once the command has begun.

/// A command line that asks for what cannot be.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// An image cannot be listened to.
    #[error(
        "{image} is an image, and --listen is for containers\n  next: `sysdock prove {image}` boots it once \
            and shows what comes of it"
    )]
    ListenImage {
        /// Its reference.
        image: String,
    },
    /// Words that are no flags.
    #[error(
        "--with `{0}` cannot be read as flags\n  next: write it as in a shell: --with '--memory 1g \
            --hostname web'"
    )]
    Flags(String),
    /// No built-in profile goes by that name.
    #[error(
        "no engine goes by the name `{0}`\n  next: name it with its version: docker-20.10, docker-28.5.2, \
            podman-4.3"
    )]
    NoBuiltIn(String),
    /// Nothing is known of a system call.
    #[error(
        "nothing is known of a system call `{call}`{near}\n  next: check its name; systemd is not known to \
            need it, and no built-in profile names it"
    )]
    NoCall {
        /// Name as given.
        call: String,
        /// A name that is like it, worded for the message.
        near: String,
    },
    /// Nobody can be asked, and `--yes` was not given.
    #[error(
        "nothing was changed: stdin is no terminal, so nobody can be asked\n  next: look at the steps above, \
            then give --yes"
    )]
    NotAsked,
}
