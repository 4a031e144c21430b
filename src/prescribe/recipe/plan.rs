//! The plan of a cure, which remedies fill and from which steps are built.
//!
//! Records each change with the remedies that it carries out, so that code does not have to parse them from
//! text. Must not choose a remedy; `remedy::planner` does.

use super::container_recipe::Recipe;
use crate::diagnose::{Finding, Report, Role};
use crate::prescribe::inspected::Inspected;
use crate::snapshot::vocabulary::{CgroupDriver, CgroupMode};
use crate::snapshot::{EngineKind, Facts, Snapshot, key};

/// The place of a change.
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
    /// Ids of the findings that it cures; empty for changes that every recreation includes.
    pub why: Vec<String>,
    /// What the container may do that it could not do before; `None` if nothing.
    pub privilege: Option<String>,
    /// The place of the change.
    pub place: ChangePlace,
}

/// A plan: what is known of a container, the recipe of the new one, and the changes to it.
///
/// Remedies fill it; steps are built from it.
pub struct Plan<'p> {
    /// The facts.
    pub facts: &'p Facts,
    /// The container's inspect documents.
    pub inspected: &'p Inspected<'p>,
    /// The snapshot.
    pub snapshot: &'p Snapshot,
    report: &'p Report,
    /// The recipe, as edited so far.
    pub recipe: Recipe,
    /// The changes so far, in boot order.
    pub changes: Vec<Change>,
    /// Dockerfile lines for a derived image.
    pub image_lines: Vec<String>,
    /// The seccomp profile to use, as text.
    pub profile: Option<String>,
    /// What would make that profile unnecessary, as the end of a title.
    pub profile_note: String,
    /// How many sets of flags for the control group tree the engine has refused; that many are skipped.
    pub sets_refused: usize,
    /// Description of the set that was chosen, if the tree needed one.
    pub set: Option<String>,
    /// Whether some part of it follows from documentation only and was never tested.
    pub untried: bool,
    /// What a person has to do, with the id of the finding that needs it.
    pub advice: Vec<(String, String)>,
    /// What is carried over but could be left out.
    pub spare: Vec<String>,
}

impl<'p> Plan<'p> {
    /// Starts from the container as it is, for a new container with this name.
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
            sets_refused: 0,
            set: None,
            untried: false,
            advice: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Starts in the same way, if flags can help; returns `None` if the image or the host has to change.
    pub fn hopeful(
        name: &str,
        report: &'p Report,
        snapshot: &'p Snapshot,
        inspected: &'p Inspected<'p>,
    ) -> Option<Self> {
        let plan = Self::named(name, report, snapshot, inspected);
        if plan.roots().any(Finding::is_beyond_flags) { None } else { Some(plan) }
    }

    /// Skips sets of flags that the engine has refused.
    #[must_use]
    pub fn after_refusals(self, sets_refused: usize) -> Self {
        Self { sets_refused, ..self }
    }

    /// Returns whether a finding more severe than a remark asks for one of these remedies.
    pub fn asks(&self, remedies: &[&str]) -> bool {
        self.report.findings.iter().any(|finding| finding.role != Role::Note && finding.names(remedies))
    }

    /// Returns whether one of these remedies was carried out.
    pub fn applied(&self, remedies: &[&str]) -> bool {
        self.changes.iter().any(|change| change.remedies.iter().any(|remedy| remedies.contains(remedy)))
    }

    /// Returns the root causes for which no remedy was carried out.
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

    /// Records a change that needs no privilege.
    pub fn record(&mut self, remedies: &'static [&'static str], words: impl Into<String>) {
        self.record_with_privilege(remedies, words, None);
    }

    /// Records a change that gives the container more privileges.
    pub fn record_with_privilege(
        &mut self,
        remedies: &'static [&'static str],
        words: impl Into<String>,
        privilege: Option<String>,
    ) {
        self.record_in_place(ChangePlace::Flags, remedies, words, privilege);
    }

    /// Records a change with the findings that it cures.
    pub fn record_in_place(
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

    /// Returns whether PID 1 may mount, so that the engine's mounts are not needed.
    pub fn may_mount(&self) -> bool {
        self.facts.get(key::CONTAINER_CAP_SYS_ADMIN) == Some(true)
    }

    /// Returns whether the control group belongs to another user than the container's root: if user IDs are
    /// mapped, and the engine does not change the owner as runc 1.1 does with the `systemd` driver.
    pub fn has_foreign_owner(&self) -> bool {
        let handed_over = self.facts.get(key::ENGINE_CGROUP_DRIVER) == Some(CgroupDriver::Systemd)
            && self.facts.get(key::CGROUP_MODE) == Some(CgroupMode::V2);
        self.facts.get(key::CONTAINER_USERNS) == Some(true) && !self.is_podman() && !handed_over
    }
}
