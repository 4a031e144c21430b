//! Writes the Dockerfile of `build`, and its files: an image that boots systemd.
//!
//! No unit of the package manager is deleted or edited: the image has its own target, links below `/etc` and
//! drop-ins, so that packages can still be updated. Must not fetch or run anything, and must not let user
//! input become a command.

use std::collections::BTreeMap;

use super::boot_target::{Extent, JOURNAL, TARGET, target};
use super::distribution;
use super::image_error::ImageError;
use crate::prescribe::recipe::checked_names::is_image_reference;
use crate::snapshot::{Facts, key};

/// Units that need hardware, a console or the host's kernel (see their man pages and `systemd.special(7)`).
/// Masking one that does not exist is harmless.
const MASKED_UNITS: [&str; 25] = [
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

/// What the user requests.
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
    /// Whether packages are installed, for which the build needs a network or a local repository.
    pub installs: bool,
    /// Units that are enabled, with their suffix.
    pub units: Vec<String>,
    /// Remarks to show before the build.
    pub remarks: Vec<String>,
}

/// Plans the image.
///
/// # Errors
/// Returns any [`ImageError`].
pub fn image(facts: &Facts, wish: &ImageWish) -> Result<ImagePlan, ImageError> {
    if !is_image_reference(&wish.base) {
        return Err(ImageError::Base(wish.base.clone()));
    }
    let units = wish.enable.iter().map(|name| unit(name)).collect::<Result<Vec<_>, _>>()?;
    let there = facts
        .get(key::GUEST_SYSTEMD_INSTALLED)
        .ok_or_else(|| ImageError::Unseen { base: wish.base.clone() })?;
    let family = if there { None } else { Some(distribution::of(facts)?) };
    let init = match family {
        Some(family) => family.init.as_str(),
        None if facts.get(key::GUEST_INIT_PRESENT) == Some(true) => "/sbin/init",
        None => "/lib/systemd/systemd",
    };
    let mut lines = vec![format!("FROM {}", wish.base)];
    if facts.get(key::CONTAINER_RUNS_AS_ROOT) == Some(false) {
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

/// Returns a unit's full name; refuses words that a build's shell could take for more than a name.
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

/// Joins commands into one layer.
fn run(commands: &[String]) -> String {
    format!("RUN {}", commands.join(" \\\n && "))
}

/// Writes links and state with systemctl, which only writes below /etc.
fn set_up(extent: Extent, units: &[String]) -> String {
    let mut commands =
        vec![format!("systemctl set-default {TARGET}"), format!("systemctl mask {}", MASKED_UNITS.join(" "))];
    if !units.is_empty() {
        commands.push(format!("systemctl enable {}", units.join(" ")));
        commands.push(format!("systemctl add-wants {TARGET} {}", units.join(" ")));
    }
    commands.extend(enabled_before(extent, units));
    // Empty: each container gets its own ID at its first boot (machine-id(5)).
    commands.push(": > /etc/machine-id".to_owned());
    commands.push(
        "{ test ! -f /var/lib/dbus/machine-id || test -L /var/lib/dbus/machine-id || ln -sf /etc/machine-id /var/lib/dbus/machine-id; }"
            .to_owned(),
    );
    run(&commands)
}

/// Handles services that packages and earlier layers have enabled: pulls them in, or disables them if only
/// the requested units boot.
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

/// Lists the remarks to show before the build.
fn remarks(facts: &Facts, there: bool) -> Vec<String> {
    let mut remarks = Vec::new();
    if facts.get(key::IMAGE_VOLUME_CGROUP) == Some(true) {
        remarks.push(
            "the base declares a volume over /sys/fs/cgroup, which a Dockerfile cannot undo: build from a \
                base without that line"
                .to_owned(),
        );
    }
    if there && facts.get(key::GUEST_DBUS_INSTALLED) == Some(false) {
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
