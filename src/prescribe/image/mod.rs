//! What is known of an image → the Dockerfile and files of one that boots systemd. Pure.
//!
//! No unit of the package manager is deleted or edited: a target of its own, links below `/etc` and drop-ins
//! say all, so that updates of packages stay possible.

mod error;
mod family;
mod probe;

use std::collections::BTreeMap;

use super::screen::is_image_reference;
use crate::snapshot::Facts;

pub use error::ImageError;
pub use probe::{name_after, probe, tag_after};

/// The target that the image boots to.
const TARGET: &str = "container.target";

/// Units that ask for hardware, a console or the host's kernel (their man pages; `systemd.special(7)`).
/// Masking one that is not there does no harm.
const OUT_OF_THE_WAY: [&str; 25] = [
    "console-getty.service",
    "container-getty@.service",
    "getty.target",
    "getty@.service",
    "serial-getty@.service",
    "systemd-vconsole-setup.service",
    "dev-hugepages.mount",
    "sys-fs-fuse-connections.mount",
    "sys-kernel-config.mount",
    "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount",
    "systemd-firstboot.service",
    "systemd-hwdb-update.service",
    "systemd-modules-load.service",
    "systemd-pcrphase.service",
    "systemd-pcrphase-initrd.service",
    "systemd-pcrphase-sysinit.service",
    "systemd-remount-fs.service",
    "systemd-rfkill.service",
    "systemd-rfkill.socket",
    "systemd-udev-settle.service",
    "systemd-udev-trigger.service",
    "systemd-udevd-control.socket",
    "systemd-udevd-kernel.socket",
    "systemd-udevd.service",
];

/// How much of the distribution's boot the image goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Extent {
    /// Only the units given with --enable and their dependencies
    Minimal,
    /// The basic system, a message bus, and all enabled services
    #[default]
    Services,
    /// Everything that multi-user.target pulls in
    MultiUser,
}

impl Extent {
    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Services => "services",
            Self::MultiUser => "multi-user",
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImageWish {
    /// Image to start from.
    pub base: String,
    /// How much boots.
    pub extent: Extent,
    /// Units to enable, with or without their suffix.
    pub enable: Vec<String>,
}

/// An image that can be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImagePlan {
    /// Path → text; `Dockerfile` is among them.
    pub files: BTreeMap<String, String>,
    /// Whether packages are fetched, for which the build needs a network or a repository of its own.
    pub installs: bool,
    /// Units that are enabled, with their suffix.
    pub units: Vec<String>,
    /// Worth knowing before it is built.
    pub remarks: Vec<String>,
}

/// Plans the image.
///
/// # Errors
/// Any [`ImageError`].
pub fn image(facts: &Facts, wish: &ImageWish) -> Result<ImagePlan, ImageError> {
    if !is_image_reference(&wish.base) {
        return Err(ImageError::Base(wish.base.clone()));
    }
    let units = wish.enable.iter().map(|name| unit(name)).collect::<Result<Vec<_>, _>>()?;
    let there = facts
        .bool("guest.systemd_installed")
        .ok_or_else(|| ImageError::Unseen { base: wish.base.clone() })?;
    let family = if there { None } else { Some(family::of(facts)?) };
    let init = match family {
        Some(family) => family.init.as_str(),
        None if facts.bool("guest.init_present") == Some(true) => "/sbin/init",
        None => "/lib/systemd/systemd",
    };
    let mut lines = vec![format!("FROM {}", wish.base)];
    if facts.bool("container.runs_as_root") == Some(false) {
        lines.push(
            "# systemd as PID 1 must be root; services change to their own users.\nUSER root".to_owned(),
        );
    }
    lines.push(
        "# systemd before 248 recognises a container only by this variable.\nENV container=docker".to_owned(),
    );
    lines.extend(family.map(|family| run(&family.install)));
    lines.push("COPY files/ /".to_owned());
    lines.push(set_up(wish.extent, &units));
    lines.push(
        "# systemd shuts down cleanly on SIGRTMIN+3; it does not stop on SIGTERM.\nSTOPSIGNAL \
        SIGRTMIN+3"
            .to_owned(),
    );
    let exec = |words: &[&str]| serde_json::to_string(words).unwrap_or_default();
    lines.push(format!("ENTRYPOINT {}", exec(&[init])));
    lines.push(format!(
        "# Arguments for systemd; words after the image name replace them.\nCMD {}",
        exec(&["--log-level=info"])
    ));
    let mut files = BTreeMap::from([("Dockerfile".to_owned(), lines.join("\n") + "\n")]);
    files.insert(format!("files/etc/systemd/system/{TARGET}"), target(wish.extent));
    files.insert("files/etc/systemd/journald.conf.d/container.conf".to_owned(), JOURNAL.to_owned());
    Ok(ImagePlan { files, installs: family.is_some(), units, remarks: remarks(facts, there) })
}

/// A unit's whole name; words that the shell of a build could take for more than a name are refused.
fn unit(name: &str) -> Result<String, ImageError> {
    const SUFFIXES: [&str; 6] = [".service", ".socket", ".timer", ".path", ".target", ".mount"];
    let plain = |c: char| c.is_ascii_alphanumeric() || ":_.@-".contains(c);
    if name.is_empty() || name.starts_with('-') || !name.chars().all(plain) {
        return Err(ImageError::Unit(name.to_owned()));
    }
    Ok(if SUFFIXES.iter().any(|suffix| name.ends_with(suffix)) {
        name.to_owned()
    } else {
        format!("{name}.service")
    })
}

fn run(commands: &[String]) -> String {
    format!("RUN {}", commands.join(" \\\n && "))
}

/// Links and state, all by systemctl's own hand, which writes below /etc only.
fn set_up(extent: Extent, units: &[String]) -> String {
    let mut commands = vec![
        format!("systemctl set-default {TARGET}"),
        format!("systemctl mask {}", OUT_OF_THE_WAY.join(" ")),
    ];
    if !units.is_empty() {
        commands.push(format!("systemctl enable {}", units.join(" ")));
        commands.push(format!("systemctl add-wants {TARGET} {}", units.join(" ")));
    }
    commands.extend(enabled_before(extent, units));
    // Empty: each container gets an id of its own at its first boot (machine-id(5)).
    commands.push(": > /etc/machine-id".to_owned());
    commands.push(
        "{ test ! -f /var/lib/dbus/machine-id || test -L /var/lib/dbus/machine-id || ln -sf /etc/machine-id /var/lib/dbus/machine-id; }"
            .to_owned(),
    );
    run(&commands)
}

/// What becomes of services that packages and earlier layers have enabled: pulled in, or disabled where only
/// what is asked for boots.
fn enabled_before(extent: Extent, units: &[String]) -> Option<String> {
    let (kept, action) = match extent {
        Extent::MultiUser => return None,
        Extent::Services => (String::new(), format!("systemctl add-wants {TARGET}")),
        Extent::Minimal => {
            (units.iter().flat_map(|unit| [unit, "|"]).collect(), "systemctl disable".to_owned())
        }
    };
    let links = "/etc/systemd/system/multi-user.target.wants/* /etc/systemd/system/graphical.target.wants/*";
    Some(format!(
        "for link in {links}; do name=\"${{link##*/}}\"; \
         case \"$name\" in '*'|{kept}*.target|getty*|console-getty*) ;; *) {action} \"$name\" || exit 1;; \
            esac; done"
    ))
}

fn target(extent: Extent) -> String {
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

const JOURNAL: &str = "# Written by sysdock: a journal in memory, forwarded to the engine's log when the container has a terminal.
[Journal]
Storage=volatile
RuntimeMaxUse=64M
ForwardToConsole=yes
ReadKMsg=no
Audit=no
";

fn remarks(facts: &Facts, there: bool) -> Vec<String> {
    let mut remarks = Vec::new();
    if facts.bool("image.volume_cgroup") == Some(true) {
        remarks.push(
            "the base declares a volume over /sys/fs/cgroup, which a Dockerfile cannot undo: build from a \
                base without that line"
                .to_owned(),
        );
    }
    if there && facts.bool("guest.dbus_installed") == Some(false) {
        remarks.push(
            "the base has systemd but no message bus: busctl, loginctl and Type=dbus services will not work \
            in it"
                .to_owned(),
        );
    }
    remarks
}

#[cfg(test)]
mod tests;
