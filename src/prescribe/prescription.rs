//! What the planner hands out: a prescription and its steps, and how the engine's CLI is called.

use std::collections::BTreeMap;

use crate::prescribe::emit::Launch;
use crate::prescribe::steps::fetch_secrets::Fetch;
use crate::snapshot::EngineKind;

/// How the engine's CLI reaches the engine at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Whose CLI is used.
    pub kind: EngineKind,
    /// Options between the program and its command, such as `--host unix:///…`; empty when the CLI finds the
    /// engine by itself.
    pub options: Vec<String>,
}

impl Reach {
    /// A CLI that finds its engine by itself.
    #[must_use]
    pub fn by_itself(kind: EngineKind) -> Self {
        Self { kind, options: Vec::new() }
    }

    /// The start of a command line: program and connection, then these words.
    #[must_use]
    pub fn argv<W: AsRef<str>>(&self, words: impl IntoIterator<Item = W>) -> Vec<String> {
        let mut argv = vec![self.kind.name().to_owned()];
        argv.extend(self.options.iter().cloned());
        argv.extend(words.into_iter().map(|word| word.as_ref().to_owned()));
        argv
    }
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename_all = "kebab-case"))]
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
    /// The word of the contract.
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
pub struct Step {
    /// What it does, for people.
    pub title: String,
    /// What it does, for programs.
    pub kind: StepKind,
    /// Relative path → text.
    pub files: BTreeMap<String, String>,
    /// Program and arguments; empty when there is nothing to run.
    pub argv: Vec<String>,
    /// Ids of the findings that it cures; empty for what every relaunch needs.
    pub why: Vec<String>,
    /// What must be at hand or be done first.
    pub needs: Option<String>,
    /// What the command takes from a container, for those who can ask the engine themselves.
    pub fetch: Option<Fetch>,
}

impl Step {
    /// A step that runs one command.
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

    /// A step for a person to read.
    #[must_use]
    pub fn advice(title: impl Into<String>, why: &[&str]) -> Self {
        let why = why.iter().map(|id| (*id).to_owned()).collect();
        Self { why, ..Self::command(StepKind::Advice, title, Vec::new()) }
    }
}

/// Something that would help and is not offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotOffered {
    /// The option.
    pub what: String,
    /// Why not.
    pub why: String,
}

/// A container that was put aside, and what it takes to put it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retired {
    /// Its name before, which the new container has now.
    pub name: String,
    /// Its name now.
    pub kept_as: String,
    /// Its restart policy before, where it had one and the engine can change it.
    pub policy: Option<String>,
    /// Whether it ran.
    pub ran: bool,
}

impl Retired {
    /// Commands that remove the new container and put the old one back.
    #[must_use]
    pub fn undo(&self, reach: &Reach) -> Vec<Vec<String>> {
        let mut commands = vec![reach.argv(["rm", "-f", &self.name])];
        commands.extend(self.put_back(reach));
        commands
    }

    /// Commands that put the old container back where its name is free.
    #[must_use]
    pub fn put_back(&self, reach: &Reach) -> Vec<Vec<String>> {
        let mut commands = vec![reach.argv(["rename", &self.kept_as, &self.name])];
        commands.extend(self.resume(reach));
        commands
    }

    /// Commands that bring it back to the state that it had, under its name.
    #[must_use]
    pub fn resume(&self, reach: &Reach) -> Vec<Vec<String>> {
        let policy = self
            .policy
            .as_ref()
            .map(|policy| reach.argv(["update", &format!("--restart={policy}"), &self.name]));
        let start = self.ran.then(|| reach.argv(["start", &self.name]));
        policy.into_iter().chain(start).collect()
    }
}

/// The chosen cure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prescription {
    /// The cure in a sentence.
    pub summary: String,
    /// What the container may do that it could not do before, or `none`.
    pub privilege: String,
    /// What the cure costs: loss of state, time, a wider view.
    pub cost: String,
    /// Whether the steps make this container boot.
    pub curable: bool,
    /// What to do, in order.
    pub steps: Vec<Step>,
    /// What is often advised instead.
    pub not_offered: Vec<NotOffered>,
    /// The container as it is to be, for other forms than steps; `None` where no start cures.
    pub launch: Option<Launch>,
    /// The container that the steps put aside, where they keep it.
    pub retired: Option<Retired>,
}
