//! Report and snapshot → the changes that cure: each remedy looks at the facts, edits the recipe and says why.
//!
//! A relaunch brings everything that systemd needs on this engine, not only what was complained about first, and nothing
//! that it does not need. Pure.

use std::collections::BTreeSet;

use super::inspected::Inspected;
use super::recipe::Recipe;
use super::{cgroup, hopeless, profile, program, remedies, screen, unseen};
use crate::diagnose::{Finding, Report, Role};
use crate::snapshot::{EngineKind, Facts, Snapshot};

/// One change of the recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is changed, as the end of "start it anew with …".
    pub words: String,
    /// Findings that it cures; empty for what every relaunch brings.
    pub why: Vec<String>,
    /// What the container may do more; `none` where nothing.
    pub privilege: String,
}

/// The plan in the making.
pub struct Plan<'p> {
    /// What is known.
    pub facts: &'p Facts,
    /// The container's documents.
    pub inspected: &'p Inspected<'p>,
    /// The snapshot.
    pub snapshot: &'p Snapshot,
    report: &'p Report,
    /// The recipe, edited.
    pub recipe: Recipe,
    /// What was changed.
    pub changes: Vec<Change>,
    /// Lines of a Dockerfile for a derived image.
    pub image_lines: Vec<String>,
    /// The seccomp profile that is to be in force, as text.
    pub profile: Option<String>,
    /// What would make that file needless, as the end of a title.
    pub profile_note: String,
    /// Whether something of it follows from documentation only.
    pub untried: bool,
    /// Findings that the changes cure.
    pub cured: BTreeSet<String>,
    /// What a person has to do, with the finding that asks for it.
    pub advice: Vec<(String, String)>,
    /// What is carried over and could be left out, in words.
    pub spare: Vec<String>,
}

impl<'p> Plan<'p> {
    /// Starts from the container as it is, for a new one of that name.
    pub fn named(name: &str, report: &'p Report, snapshot: &'p Snapshot, inspected: &'p Inspected<'p>) -> Self {
        let mut recipe = inspected.recipe(&snapshot.target.name);
        name.clone_into(&mut recipe.name);
        let profile = recipe.profile.clone();
        Self {
            facts: &snapshot.facts,
            inspected,
            snapshot,
            report,
            recipe,
            changes: Vec::new(),
            image_lines: Vec::new(),
            profile,
            profile_note: String::new(),
            untried: false,
            cured: BTreeSet::new(),
            advice: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// The same where flags can help at all; `None` where the image or the host has to change.
    pub fn hopeful(name: &str, report: &'p Report, snapshot: &'p Snapshot, inspected: &'p Inspected<'p>) -> Option<Self> {
        let plan = Self::named(name, report, snapshot, inspected);
        let hopeless = plan.roots().any(|root| hopeless::is_hopeless(&root.id));
        if hopeless { None } else { Some(plan) }
    }

    /// Whether the report names one of these, in whatever role.
    pub fn found(&self, ids: &[&str]) -> bool {
        self.report.findings.iter().any(|finding| finding.role != Role::Note && ids.contains(&finding.id.as_str()))
    }

    /// Root causes of the report.
    pub fn roots(&self) -> impl Iterator<Item = &'p Finding> + use<'p> {
        self.report.findings.iter().filter(|finding| finding.role == Role::RootCause)
    }

    /// Whether this is Podman.
    pub fn is_podman(&self) -> bool {
        self.inspected.config.kind == EngineKind::Podman
    }

    /// Records a change that takes no privilege.
    pub fn did(&mut self, words: &str, ids: &[&str]) {
        self.did_with(words, ids, "none");
    }

    /// Records a change.
    pub fn did_with(&mut self, words: &str, ids: &[&str], privilege: &str) {
        let findings = &self.report.findings;
        let why: Vec<String> =
            ids.iter().filter(|id| findings.iter().any(|finding| finding.id == **id)).map(|id| (*id).to_owned()).collect();
        self.cured.extend(why.iter().cloned());
        self.changes.push(Change { words: words.to_owned(), why, privilege: privilege.to_owned() });
    }

    /// Applies every remedy, in the order of boot.
    pub fn fill(&mut self) {
        program::pid1(self);
        remedies::user(self);
        remedies::podman_mode(self);
        remedies::read_only_root(self);
        remedies::run_and_tmp(self);
        remedies::shared_memory(self);
        self.control_groups();
        remedies::capabilities(self);
        remedies::limits(self);
        profile::system_calls(self);
        remedies::default_target(self);
        remedies::container_variable(self);
        remedies::stop_signal(self);
        remedies::spare(self);
        self.settle();
    }

    /// Settles what of the finished recipe can be written: secret words are fetched, and a derived image needs a user that can be named.
    pub fn settle(&mut self) {
        unseen::settle(&mut self.recipe, self.inspected);
        let user = self.inspected.image_user();
        if !(self.image_lines.is_empty() || user.is_empty() || screen::is_user(user)) {
            self.image_lines.clear();
            self.recipe.refused.push(format!("USER of the image: {} is no user", screen::named(user)));
        }
    }

    /// Keeps to what flags can do: no image is derived, and what one would cure is not cured.
    pub fn flags_only(&mut self) {
        self.image_lines.clear();
        let gone: Vec<Change> = self.changes.extract_if(.., |change| change.words.contains("derived image")).collect();
        gone.iter().flat_map(|change| &change.why).for_each(|id| {
            self.cured.remove(id);
        });
    }

    /// Whether PID 1 may mount for itself, so that mounts of the engine are not needed.
    pub fn may_mount(&self) -> bool {
        self.facts.bool("container.cap_sys_admin") == Some(true)
    }

    fn control_groups(&mut self) {
        const IDS: [&str; 5] =
            ["cgroup-read-only", "cgroup-mount-missing", "cgroupns-mismatch", "volume-hides-cgroup", "userns-remap-cgroup-owner"];
        let usable = self.facts.text("cgroup.mount") == Some("rw") && !self.owner_is_another();
        let complained = self.found(&IDS);
        let settled = usable || self.is_podman() || self.facts.bool("container.privileged") == Some(true);
        // Podman's mode makes them writable too.
        let by_mode = self.is_podman() && self.changes.iter().any(|change| change.words.starts_with("Podman's systemd mode"));
        if by_mode || settled && !complained {
            return;
        }
        let Some(row) = cgroup::row(self.facts) else { return };
        if row.impossible {
            let roots = self.roots().filter(|root| IDS.contains(&root.id.as_str()));
            self.advice.extend(roots.map(|root| (format!("No flag cures this: {}.", row.words), root.id.clone())));
        } else {
            row.apply(&mut self.recipe);
            self.untried |= !row.measured;
            self.did_with(&row.words, &IDS, &row.privilege);
        }
    }

    /// Whether the control group belongs to a user whom root of the container is not: where users are mapped, and the engine does not
    /// hand the group over as runc 1.1 does under the driver systemd.
    fn owner_is_another(&self) -> bool {
        let handed_over = self.facts.text("engine.cgroup_driver") == Some("systemd") && self.facts.text("cgroup.mode") == Some("v2");
        self.facts.bool("container.userns") == Some(true) && !self.is_podman() && !handed_over
    }
}
