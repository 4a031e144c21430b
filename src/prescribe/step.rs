//! One step of a cure: what it does, the files that it needs, the command that it runs.
//!
//! A value only. Must not know how a step is carried out or shown.

use std::collections::BTreeMap;

use super::recipe::Fetch;

/// Path of the Dockerfile of a derived image among the files of its step.
pub const DERIVED_DOCKERFILE: &str = "image/Dockerfile";

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum StepKind {
    /// Makes an image from the container's.
    BuildImage,
    /// Writes a seccomp profile.
    SeccompProfile,
    /// Puts the old container aside, or keeps what must outlive it.
    RetireContainer,
    /// Starts the new container, or completes it.
    RunContainer,
    /// Changes the machine of the engine.
    Host,
    /// Is for a person to read and do.
    Advice,
}

impl StepKind {
    /// Returns its name in the JSON report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BuildImage => "build-image",
            Self::SeccompProfile => "seccomp-profile",
            Self::RetireContainer => "retire-container",
            Self::RunContainer => "run-container",
            Self::Host => "host",
            Self::Advice => "advice",
        }
    }
}

/// One step: files to write into the working folder, then one command to run there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// Its description, for people.
    pub title: String,
    /// Its kind, for programs.
    pub kind: StepKind,
    /// Relative path → text.
    pub files: BTreeMap<String, String>,
    /// Program and arguments; empty when there is nothing to run.
    pub argv: Vec<String>,
    /// Ids of the findings that it cures; empty for steps that every recreation needs.
    pub why: Vec<String>,
    /// What must be available or done first.
    pub needs: Option<String>,
    /// What the command fetches from a container, for callers that can ask the engine directly.
    pub fetch: Option<Fetch>,
}

impl Step {
    /// Returns a step that runs one command.
    #[must_use]
    pub fn command(kind: StepKind, title: impl Into<String>, argv: Vec<String>) -> Self {
        Self {
            title: title.into(),
            kind,
            files: BTreeMap::new(),
            argv,
            why: Vec::new(),
            needs: None,
            fetch: None,
        }
    }

    /// Returns a step for a person to read.
    #[must_use]
    pub fn advice(title: impl Into<String>, why: &[&str]) -> Self {
        let why = why.iter().map(|id| (*id).to_owned()).collect();
        Self { why, ..Self::command(StepKind::Advice, title, Vec::new()) }
    }
}
