//! The plan of a cure: a value that remedies fill and steps are made of.
//!
//! Records each change with the remedies that it carries out, so that nobody has to read them out of words.
//! Must not choose a remedy; `remedy::planner` does.

use super::container_recipe::Recipe;
use crate::diagnose::{Finding, Report, Role};
use crate::prescribe::inspected::Inspected;
use crate::snapshot::vocabulary::{CgroupDriver, CgroupMode};
use crate::snapshot::{EngineKind, Facts, Snapshot, key};

/// What a change is made in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ChangePlace {
    /// The flags that the container is started with.
    #[default]
    Flags,
    /// An image derived from the container's.
    DerivedImage,
    /// The seccomp profile.
    SeccompProfile,
}

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
    /// What it is made in.
    pub place: ChangePlace,
}

/// A plan: what is known of a container, the recipe of the new one, and what was changed in it.
///
/// Remedies fill it; steps are made of it.
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
    /// What was changed so far, in the order of boot.
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

    /// Starts in the same way where flags can help at all; `None` where the image or the host has to change.
    pub fn hopeful(
        name: &str,
        report: &'p Report,
        snapshot: &'p Snapshot,
        inspected: &'p Inspected<'p>,
    ) -> Option<Self> {
        let plan = Self::named(name, report, snapshot, inspected);
        if plan.roots().any(Finding::is_beyond_flags) { None } else { Some(plan) }
    }

    /// Returns whether a finding that is more than a remark asks for one of these remedies.
    pub fn asks(&self, remedies: &[&str]) -> bool {
        self.report.findings.iter().any(|finding| finding.role != Role::Note && finding.names(remedies))
    }

    /// Returns whether one of these remedies was carried out.
    pub fn applied(&self, remedies: &[&str]) -> bool {
        self.changes.iter().any(|change| change.remedies.iter().any(|remedy| remedies.contains(remedy)))
    }

    /// Returns the root causes of which no remedy was carried out.
    pub fn open(&self) -> impl Iterator<Item = &'p Finding> {
        self.roots().filter(|root| !self.changes.iter().any(|change| root.names(change.remedies)))
    }

    /// Returns the root causes of the report.
    pub fn roots(&self) -> impl Iterator<Item = &'p Finding> + use<'p> {
        self.report.findings.iter().filter(|finding| finding.role == Role::RootCause)
    }

    /// Returns whether the engine is Podman.
    pub fn is_podman(&self) -> bool {
        self.inspected.config.kind == EngineKind::Podman
    }

    /// Records a change that takes no privilege.
    pub fn did(&mut self, remedies: &'static [&'static str], words: impl Into<String>) {
        self.did_with(remedies, words, None);
    }

    /// Records a change by which the container may do more than before.
    pub fn did_with(
        &mut self,
        remedies: &'static [&'static str],
        words: impl Into<String>,
        privilege: Option<String>,
    ) {
        self.did_in(ChangePlace::Flags, remedies, words, privilege);
    }

    /// Records a change with the findings that it cures.
    pub fn did_in(
        &mut self,
        place: ChangePlace,
        remedies: &'static [&'static str],
        words: impl Into<String>,
        privilege: Option<String>,
    ) {
        let cured = self.report.findings.iter().filter(|finding| finding.names(remedies));
        let why = cured.map(|finding| finding.id.clone()).collect();
        self.changes.push(Change { words: words.into(), remedies, why, privilege, place });
    }

    /// Returns whether PID 1 may mount for itself, so that mounts of the engine are not needed.
    pub fn may_mount(&self) -> bool {
        self.facts.get(key::CONTAINER_CAP_SYS_ADMIN) == Some(true)
    }

    /// Returns whether the control group belongs to a user whom root of the container is not: where users are
    /// mapped, and the engine does not hand the group over as runc 1.1 does under the driver systemd.
    pub fn owner_is_another(&self) -> bool {
        let handed_over = self.facts.get(key::ENGINE_CGROUP_DRIVER) == Some(CgroupDriver::Systemd)
            && self.facts.get(key::CGROUP_MODE) == Some(CgroupMode::V2);
        self.facts.get(key::CONTAINER_USERNS) == Some(true) && !self.is_podman() && !handed_over
    }
}
