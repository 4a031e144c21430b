//! What files of the image say about the guest: processor architecture, targets and enabled units. Pure.

use std::collections::BTreeMap;

use object::{Architecture, Object};

use crate::docker::{PathStat, Tree};
use crate::snapshot::vocabulary::TargetState;
use crate::snapshot::{Facts, key};

/// Services that distributions enable by default and that nobody misses in a container.
const VENDOR_ENABLED: [&str; 12] = [
    "systemd-",
    "getty@",
    "console-getty",
    "serial-getty@",
    "e2scrub_reap",
    "dbus",
    "remote-fs",
    "networkd-dispatcher",
    "ondemand",
    "NetworkManager-",
    "fstrim",
    "grub",
];

/// Records the facts of the program's binary.
pub fn binary_facts(bytes: &[u8], source: &str, facts: &mut Facts) {
    let Ok(kind) = object::File::parse(bytes) else { return };
    let name = match kind.architecture() {
        Architecture::X86_64 => "x86_64",
        Architecture::Aarch64 => "aarch64",
        Architecture::Arm => "armv7l",
        Architecture::I386 => "i686",
        Architecture::PowerPc64 => "ppc64le",
        Architecture::S390x => "s390x",
        Architecture::Riscv64 => "riscv64",
        _ => return,
    };
    facts.set(key::GUEST_INIT_ARCHITECTURE, name, source);
}

/// Returns the dependencies of one of systemd's own targets as a unit file, so that the real one need not be
/// read (systemd.special(7)).
pub fn standard_target(name: &str) -> Option<&'static str> {
    match name {
        "graphical.target" => Some("[Unit]\nRequires=multi-user.target\n"),
        "multi-user.target" => Some("[Unit]\nRequires=basic.target\n"),
        "basic.target" => Some("[Unit]\nRequires=sysinit.target\n"),
        "sysinit.target" | "sockets.target" | "timers.target" | "paths.target" | "slices.target"
        | "local-fs.target" | "swap.target" => Some("[Unit]\n"),
        _ => None,
    }
}

/// Links and unit files that decide what a boot starts.
#[derive(Debug, Default)]
pub struct UnitTree {
    /// Entries below /etc/systemd/system by path.
    etc: BTreeMap<String, PathStat>,
    /// Vendor units that were fetched.
    vendor: BTreeMap<String, Option<PathStat>>,
}

impl UnitTree {
    /// Starts from the entries of /etc/systemd/system.
    pub fn of_etc(tree: &Tree) -> Self {
        Self {
            etc: tree.entries.iter().map(|entry| (entry.path.clone(), entry.stat.clone())).collect(),
            vendor: BTreeMap::new(),
        }
    }

    /// Returns the units that link to /dev/null or are empty files.
    fn masked(&self) -> Vec<String> {
        let is_masked = |stat: &PathStat| match stat {
            PathStat::Link(target) => target == "/dev/null",
            PathStat::File(content) => content.is_empty(),
            _ => false,
        };
        self.etc
            .iter()
            .filter(|(path, stat)| !path.contains('/') && is_masked(stat))
            .map(|(path, _)| path.clone())
            .collect()
    }

    /// Returns the next vendor unit that is needed to follow the default target.
    pub fn next_wanted(&self) -> Option<String> {
        let Chain::Unknown(name) = self.follow("default.target") else {
            return self.unread_dependency();
        };
        Some(name)
    }

    /// Returns a target that the default target requires and that has not been read yet.
    fn unread_dependency(&self) -> Option<String> {
        let default = self.default_target()?;
        let mut open = vec![default];
        let mut seen = Vec::new();
        while let Some(name) = open.pop() {
            if seen.contains(&name) {
                continue;
            }
            match self.text_of(&name) {
                Some(text) => open.extend(required_targets(&text)),
                None if !self.vendor.contains_key(&name) && !self.etc.contains_key(&name) => {
                    return Some(name);
                }
                None => {}
            }
            seen.push(name);
        }
        None
    }

    /// Records what the vendor's folder contains under a name.
    pub fn add_vendor(&mut self, name: String, stat: Option<PathStat>) {
        self.vendor.insert(name, stat);
    }

    fn default_target(&self) -> Option<String> {
        match self.follow("default.target") {
            Chain::Unit(name) => Some(name),
            _ => None,
        }
    }

    /// Follows the links of a unit name: the local folder first, then the vendor's.
    fn follow(&self, name: &str) -> Chain {
        let mut name = name.to_owned();
        for _ in 0..12 {
            let stat = match (self.etc.get(&name), self.vendor.get(&name)) {
                (Some(stat), _) | (None, Some(Some(stat))) => stat,
                (None, Some(None)) => return Chain::Missing(name),
                (None, None) => return Chain::Unknown(name),
            };
            match stat {
                PathStat::Link(target) if target == "/dev/null" => return Chain::Masked,
                PathStat::Link(target) => {
                    let next = target.rsplit('/').next().unwrap_or_default().to_owned();
                    if target.starts_with("/etc/systemd/system/") && !self.etc.contains_key(&next) {
                        return Chain::Missing(next);
                    }
                    if next == name {
                        // A link into the vendor's folder under the same name: look it up there.
                        return match self.vendor.get(&name) {
                            Some(Some(PathStat::File(_))) => Chain::Unit(name),
                            Some(_) => Chain::Missing(name),
                            None => Chain::Unknown(name),
                        };
                    }
                    name = next;
                }
                PathStat::File(bytes) if bytes.is_empty() => return Chain::Masked,
                _ => return Chain::Unit(name),
            }
        }
        Chain::Missing(name)
    }

    fn text_of(&self, name: &str) -> Option<String> {
        let stat = self.etc.get(name).or_else(|| self.vendor.get(name)?.as_ref())?;
        match stat {
            PathStat::File(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        }
    }

    /// Returns the targets that the default target pulls in, itself included.
    fn reached_targets(&self) -> Vec<String> {
        let mut open: Vec<String> = self.default_target().into_iter().collect();
        let mut reached: Vec<String> = Vec::new();
        while let Some(name) = open.pop() {
            if reached.contains(&name) {
                continue;
            }
            open.extend(self.text_of(&name).iter().flat_map(|text| required_targets(text)));
            let wants = format!("{name}.wants/");
            open.extend(
                self.etc
                    .keys()
                    .filter_map(|path| path.strip_prefix(&wants))
                    .filter(|unit| unit.ends_with(".target"))
                    .map(str::to_owned),
            );
            reached.push(name);
        }
        reached
    }

    /// Returns the services enabled in a target by links in its `.wants` folder.
    fn enabled_in(&self, target: &str) -> Vec<String> {
        let folder = format!("{target}.wants/");
        let names = self
            .etc
            .keys()
            .filter_map(|path| path.strip_prefix(&folder))
            .filter(|name| name.ends_with(".service"));
        names
            .filter(|name| !VENDOR_ENABLED.iter().any(|vendor| name.starts_with(vendor)))
            .map(str::to_owned)
            .collect()
    }
}

/// Where a chain of links ends.
enum Chain {
    Unit(String),
    Masked,
    Missing(String),
    Unknown(String),
}

fn required_targets(text: &str) -> Vec<String> {
    let lines = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .filter(|(key, _)| matches!(key.trim(), "Requires" | "Wants" | "BindsTo" | "Upholds"));
    lines
        .flat_map(|(_, value)| value.split_whitespace())
        .filter(|unit| unit.ends_with(".target"))
        .map(str::to_owned)
        .collect()
}

/// Records the facts about targets and enabled units.
pub fn unit_facts(tree: &UnitTree, facts: &mut Facts) {
    if facts.get(key::GUEST_SYSTEMD_INSTALLED) == Some(false) {
        return;
    }
    let source = "container files: /etc/systemd/system, /usr/lib/systemd/system";
    facts.set(key::GUEST_MASKED_UNITS, tree.masked(), source);
    let (state, name) = match tree.follow("default.target") {
        Chain::Unit(name) => (TargetState::Ok, Some(name)),
        Chain::Masked => (TargetState::Masked, None),
        Chain::Missing(name) if name == "default.target" => (TargetState::Missing, None),
        Chain::Missing(name) => (TargetState::Dangling, Some(name)),
        Chain::Unknown(_) => return,
    };
    facts.set(key::GUEST_DEFAULT_TARGET_STATE, state, source);
    facts.set(key::GUEST_DEFAULT_TARGET, name, source);
    if state != TargetState::Ok {
        return;
    }
    let reached = tree.reached_targets();
    let hidden = ["multi-user.target", "graphical.target"]
        .into_iter()
        .filter(|target| !reached.iter().any(|r| r == target));
    let mut units: Vec<String> = hidden.flat_map(|target| tree.enabled_in(target)).collect();
    units.retain(|unit| !reached.iter().any(|target| tree.enabled_in(target).contains(unit)));
    units.sort();
    units.dedup();
    facts.set(key::GUEST_ENABLED_UNREACHABLE, units, source);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::TreeEntry;

    fn link(path: &str, target: &str) -> TreeEntry {
        TreeEntry { path: path.to_owned(), stat: PathStat::Link(target.to_owned()) }
    }

    fn facts_of(entries: Vec<TreeEntry>, vendor: &[(&str, Option<PathStat>)]) -> Facts {
        let mut tree = UnitTree::of_etc(&Tree { entries, cut: false });
        for (name, stat) in vendor {
            tree.add_vendor((*name).to_owned(), stat.clone());
        }
        let mut facts = Facts::default();
        unit_facts(&tree, &mut facts);
        facts
    }

    fn file(text: &str) -> PathStat {
        PathStat::File(text.as_bytes().to_vec())
    }

    #[test]
    fn the_default_target_is_followed_to_its_end() {
        let vendor = [
            ("default.target", Some(PathStat::Link("graphical.target".into()))),
            ("graphical.target", Some(file("[Unit]\nRequires=multi-user.target\n"))),
        ];
        let facts = facts_of(vec![], &vendor);
        assert_eq!(
            (facts.get(key::GUEST_DEFAULT_TARGET_STATE), facts.get(key::GUEST_DEFAULT_TARGET)),
            (Some(TargetState::Ok), Some("graphical.target"))
        );
        let masked = facts_of(vec![link("default.target", "/dev/null")], &[]);
        assert_eq!(masked.get(key::GUEST_DEFAULT_TARGET_STATE), Some(TargetState::Masked));
        let dangling = facts_of(vec![link("default.target", "/etc/systemd/system/nowhere.target")], &[]);
        assert_eq!(dangling.get(key::GUEST_DEFAULT_TARGET_STATE), Some(TargetState::Dangling));
        let gone = facts_of(vec![], &[("default.target", None)]);
        assert_eq!(gone.get(key::GUEST_DEFAULT_TARGET_STATE), Some(TargetState::Missing));
    }

    #[test]
    fn enabled_services_outside_the_default_target_are_found() {
        let entries = vec![
            link("default.target", "/usr/lib/systemd/system/container.target"),
            link("multi-user.target.wants/nginx.service", "/usr/lib/systemd/system/nginx.service"),
            link(
                "multi-user.target.wants/e2scrub_reap.service",
                "/usr/lib/systemd/system/e2scrub_reap.service",
            ),
        ];
        let alone = facts_of(
            entries.clone(),
            &[
                ("container.target", Some(file("[Unit]\nRequires=basic.target\n"))),
                ("basic.target", Some(file(""))),
            ],
        );
        assert_eq!(alone.list(key::GUEST_ENABLED_UNREACHABLE), ["nginx.service"]);
        let pulled = facts_of(
            entries,
            &[
                ("container.target", Some(file("[Unit]\nWants=multi-user.target\n"))),
                ("multi-user.target", Some(file(""))),
            ],
        );
        assert!(pulled.list(key::GUEST_ENABLED_UNREACHABLE).is_empty());
    }
}
