//! Which container a line belongs to, and which part of a page belongs to each container: in one pass,
//! however many there are.

use std::collections::{BTreeMap, BTreeSet};

use super::described_container::Described;
use super::group_descriptions::Found;
use super::observe::Observed;
use super::reader::ReadText;
use crate::pattern::Pattern;
use crate::snapshot::{Cluster, KeptLine, key};

/// Words that only occur in texts about systemd, in lower case.
static SIGNS: Pattern = Pattern::new(
    r"\bsystemd|systemctl|journalctl|loginctl|hostnamectl|machinectl|/sbin/init\b|\bd-?bus\b|init\.scope|\[!!!!!!\]|pid 1\b|telinit",
);
/// Facts that hold for the machine, and so for every container in a text.
const SHARED: [&str; 3] = ["host.", "engine.", key::CGROUP_MODE.name()];
/// Longest name of a container or service, in bytes: that of a file, since engines store it as one.
const LONGEST_NAME: usize = 255;

/// Returns whether a text mentions systemd.
pub fn signs(text: &str) -> bool {
    SIGNS.is_match(&text.to_ascii_lowercase())
}

/// Returns whether a fact holds for the machine.
pub fn is_shared(key: &str) -> bool {
    SHARED.iter().any(|start| key.starts_with(start))
}

/// The part of a page that belongs to one container.
#[derive(Debug, Default)]
pub struct ContainerPart<'f> {
    /// Lines for the rules, in order.
    pub lines: Vec<KeptLine>,
    /// Failures that match no rule and gave no fact.
    pub unrecognised: Vec<Cluster>,
    /// Observations, and whether they are about this container; those about others matter only if they hold
    /// for the machine.
    pub observed: Vec<(&'f Observed, bool)>,
    /// Whether its lines mention systemd.
    pub is_spoken: bool,
}

/// Returns the part of each container, or the only part of a text that describes none.
pub fn parts<'f>(page: &ReadText, found: &'f Found) -> Vec<ContainerPart<'f>> {
    let mut parts: Vec<ContainerPart<'f>> = Vec::new();
    parts.resize_with(found.containers.len().max(1), ContainerPart::default);
    let mut owners = Owners::new(&found.containers);
    for (service, lines) in &page.kept {
        for line in lines {
            let part = &mut parts[owners.of(line.line, service.as_deref())];
            part.is_spoken = part.is_spoken || signs(&line.text);
            part.lines.push(line.clone());
        }
    }
    for line in &page.lines {
        let part = &mut parts[owners.of(line.number, line.container.as_deref())];
        part.is_spoken = part.is_spoken || signs(&line.text);
    }
    // A line that gave a fact was understood.
    let understood: BTreeSet<u64> = found.observed.iter().map(|observed| observed.line).collect();
    for cluster in page.unrecognised.iter().filter(|cluster| !understood.contains(&cluster.line)) {
        parts[owners.of(cluster.line, None)].unrecognised.push(cluster.clone());
    }
    observed(found, &mut owners, &mut parts);
    parts.iter_mut().for_each(|part| part.lines.sort_by_key(|line| line.line));
    parts
}

fn observed<'f>(found: &'f Found, owners: &mut Owners<'_>, parts: &mut [ContainerPart<'f>]) {
    let is_named = found.containers.iter().any(|container| container.name.is_some());
    for observed in &found.observed {
        let about = observed.about.as_deref();
        // A row about a container that the text does not describe belongs to none of the described ones.
        let is_foreign = is_named && about.is_some_and(|about| owners.named(about).is_none());
        let owner = (!is_foreign).then(|| owners.of(observed.line, about));
        if observed.facts.iter().any(|(key, _)| is_shared(key)) {
            parts
                .iter_mut()
                .enumerate()
                .for_each(|(index, part)| part.observed.push((observed, owner == Some(index))));
        } else if let Some(owner) = owner {
            parts[owner].observed.push((observed, true));
        }
    }
}

/// Decides which container a line belongs to.
struct Owners<'f> {
    containers: &'f [Described],
    /// The line at which each description begins, and the container that owns the lines after it.
    starts: Vec<(u64, usize)>,
    /// Resolved names.
    names: BTreeMap<String, Option<usize>>,
}

impl<'f> Owners<'f> {
    /// Indexes the containers, which are in order of line. Of several containers in one document, the one
    /// that is meant to run systemd owns the lines.
    fn new(containers: &'f [Described]) -> Self {
        let mut starts: Vec<(u64, usize)> = Vec::new();
        let mut is_meant = false;
        for (index, container) in containers.iter().enumerate() {
            match starts.last_mut().filter(|(line, _)| *line == container.line) {
                Some(_) if is_meant => {}
                Some(start) if container.reaches_systemd() => (start.1, is_meant) = (index, true),
                Some(_) => {}
                None => {
                    starts.push((container.line, index));
                    is_meant = container.reaches_systemd();
                }
            }
        }
        Self { containers, starts, names: BTreeMap::new() }
    }

    /// Returns the container that a prefix names, otherwise the last one described before the line; 0 if the
    /// text describes none.
    fn of(&mut self, line: u64, service: Option<&str>) -> usize {
        if let Some(index) = service.and_then(|service| self.named(service)) {
            return index;
        }
        let before = self.starts.partition_point(|(start, _)| *start <= line);
        self.starts.get(before.saturating_sub(1)).map_or(0, |(_, index)| *index)
    }

    /// Returns the container that a name refers to.
    fn named(&mut self, name: &str) -> Option<usize> {
        if name.len() > LONGEST_NAME {
            return None;
        }
        if let Some(known) = self.names.get(name) {
            return *known;
        }
        let called = self.containers.iter().position(|container| container.is_called(name));
        self.names.insert(name.to_owned(), called);
        called
    }
}
