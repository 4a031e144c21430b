//! Report and snapshot → the changes that cure: each remedy looks at the facts, edits the recipe and says
//! why.
//!
//! A relaunch brings everything that systemd needs on this engine, not only what was complained about first,
//! and nothing that it does not need. Pure.

use super::inspected::Inspected;
use super::recipe::Recipe;
use super::remedies::{self, REMEDIES};
use super::{screen, unseen};
use crate::diagnose::{Finding, Report, Role};
use crate::snapshot::{EngineKind, Facts, Snapshot};

/// One change of the recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is changed, as the end of "recreate it with …".
    pub words: String,
    /// The remedies that it carries out.
    pub remedies: &'static [&'static str],
    /// Findings that it cures; empty for what every relaunch brings.
    pub why: Vec<String>,
    /// What the container may do more; `None` where nothing.
    pub privilege: Option<String>,
    /// Whether it is made in an image derived from the container's.
    pub in_image: bool,
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
    /// What a person has to do, with the finding that asks for it.
    pub advice: Vec<(String, String)>,
    /// What is carried over and could be left out, in words.
    pub spare: Vec<String>,
}

impl<'p> Plan<'p> {
    /// Starts from the container as it is, for a new one of that name.
    pub fn named(
        name: &str,
        report: &'p Report,
        snapshot: &'p Snapshot,
        inspected: &'p Inspected<'p>,
    ) -> Self {
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
            advice: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// The same where flags can help at all; `None` where the image or the host has to change.
    pub fn hopeful(
        name: &str,
        report: &'p Report,
        snapshot: &'p Snapshot,
        inspected: &'p Inspected<'p>,
    ) -> Option<Self> {
        let plan = Self::named(name, report, snapshot, inspected);
        if plan.roots().any(Finding::is_beyond_flags) { None } else { Some(plan) }
    }

    /// Whether a finding that is more than a remark asks for one of these remedies.
    pub fn asks(&self, remedies: &[&str]) -> bool {
        self.report.findings.iter().any(|finding| finding.role != Role::Note && finding.names(remedies))
    }

    /// Whether one of these remedies was carried out.
    pub fn applied(&self, remedies: &[&str]) -> bool {
        self.changes.iter().any(|change| change.remedies.iter().any(|remedy| remedies.contains(remedy)))
    }

    /// Root causes of which no remedy was carried out.
    pub fn open(&self) -> impl Iterator<Item = &'p Finding> {
        self.roots().filter(|root| !self.changes.iter().any(|change| root.names(change.remedies)))
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
    pub fn did(&mut self, remedies: &'static [&'static str], words: impl Into<String>) {
        self.record(Change {
            words: words.into(),
            remedies,
            why: Vec::new(),
            privilege: None,
            in_image: false,
        });
    }

    /// Records a change by which the container may do more than before.
    pub fn did_with(
        &mut self,
        remedies: &'static [&'static str],
        words: impl Into<String>,
        privilege: Option<String>,
    ) {
        self.record(Change { words: words.into(), remedies, why: Vec::new(), privilege, in_image: false });
    }

    /// Records a change that is made in a derived image.
    pub fn did_in_image(&mut self, remedies: &'static [&'static str], words: impl Into<String>) {
        self.record(Change {
            words: words.into(),
            remedies,
            why: Vec::new(),
            privilege: None,
            in_image: true,
        });
    }

    fn record(&mut self, change: Change) {
        let cured = self.report.findings.iter().filter(|finding| finding.names(change.remedies));
        let why = cured.map(|finding| finding.id.clone()).collect();
        self.changes.push(Change { why, ..change });
    }

    /// Applies every remedy, in the order of boot.
    pub fn fill(&mut self) {
        for remedy in &REMEDIES {
            let before = self.changes.len();
            (remedy.apply)(self);
            let mut told = self.changes[before..].iter().flat_map(|change| change.remedies);
            debug_assert!(told.all(|id| remedy.ids.contains(id)), "a change names a remedy of another");
        }
        remedies::spare(self);
        self.settle();
    }

    /// Settles what of the finished recipe can be written: secret words are fetched, and a derived image
    /// needs a user that can be named.
    pub fn settle(&mut self) {
        unseen::settle(&mut self.recipe, self.inspected);
        let user = self.inspected.image_user();
        if !(self.image_lines.is_empty() || user.is_empty() || screen::is_user(user)) {
            self.image_lines.clear();
            self.recipe.refused.push(format!("USER of the image: {} is not a user", screen::named(user)));
        }
    }

    /// Keeps to what flags can do: no image is derived, and what one would cure is not cured.
    pub fn flags_only(&mut self) {
        self.image_lines.clear();
        self.changes.retain(|change| !change.in_image);
    }

    /// Whether PID 1 may mount for itself, so that mounts of the engine are not needed.
    pub fn may_mount(&self) -> bool {
        self.facts.bool("container.cap_sys_admin") == Some(true)
    }

    /// Whether the control group belongs to a user whom root of the container is not: where users are mapped,
    /// and the engine does not hand the group over as runc 1.1 does under the driver systemd.
    pub fn owner_is_another(&self) -> bool {
        let handed_over = self.facts.text("engine.cgroup_driver") == Some("systemd")
            && self.facts.text("cgroup.mode") == Some("v2");
        self.facts.bool("container.userns") == Some(true) && !self.is_podman() && !handed_over
    }
}
