//! What an image boots: its own systemd target for the requested extent, and the journal's settings.

/// The target that the image boots to.
pub const TARGET: &str = "container.target";

/// How much of the distribution's boot the image goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Extent {
    /// Only the units named with --enable, and what they need
    Minimal,
    /// The basic system, a message bus, and every service that is enabled
    #[default]
    Services,
    /// All that multi-user.target pulls in
    MultiUser,
}

impl Extent {
    /// Returns its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Services => "services",
            Self::MultiUser => "multi-user",
        }
    }
}

/// Writes the target unit.
pub fn target(extent: Extent) -> String {
    let (description, needs) = match extent {
        Extent::Minimal => ("the requested units", ""),
        Extent::Services => (
            "the basic system and its enabled services",
            "Requires=basic.target\nAfter=basic.target\nWants=dbus.socket\n",
        ),
        Extent::MultiUser => {
            ("the multi-user system", "Requires=multi-user.target\nAfter=multi-user.target\n")
        }
    };
    format!(
        "# Written by sysdock: the default target of this container. `systemctl add-wants {TARGET} UNIT` \
            adds a unit to it.\n[Unit]\nDescription=Container with \
            {description}\nDocumentation=man:systemd.special(7)\n{needs}Conflicts=rescue.service \
            rescue.target\nAfter=rescue.service rescue.target\nAllowIsolate=yes\n"
    )
}

/// Settings of the journal.
pub const JOURNAL: &str =
    "# Written by sysdock: a journal in memory, forwarded to the engine's log when the \
    container has a terminal.
[Journal]
Storage=volatile
RuntimeMaxUse=64M
ForwardToConsole=yes
ReadKMsg=no
Audit=no
";
