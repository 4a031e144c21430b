//! What this room hands out: the chosen cure, what is not offered, and how the old container is put back.
//!
//! Values only. Must not choose anything.

use super::engine_cli::Reach;
use super::privilege::Privilege;
use super::recipe::Launch;
use super::step::Step;

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
    /// Returns the commands that remove the new container and put the old one back.
    #[must_use]
    pub fn undo(&self, reach: &Reach) -> Vec<Vec<String>> {
        let mut commands = vec![reach.argv(["rm", "-f", &self.name])];
        commands.extend(self.put_back(reach));
        commands
    }

    /// Returns the commands that put the old container back where its name is free.
    #[must_use]
    pub fn put_back(&self, reach: &Reach) -> Vec<Vec<String>> {
        let mut commands = vec![reach.argv(["rename", &self.kept_as, &self.name])];
        commands.extend(self.resume(reach));
        commands
    }

    /// Returns the commands that bring it back to the state that it had, under its name.
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
#[non_exhaustive]
pub struct Prescription {
    /// The cure in a sentence.
    pub summary: String,
    /// What the container may do that it could not do before.
    pub privilege: Privilege,
    /// What the cure costs: loss of state, time, a wider view.
    pub cost: String,
    /// Whether the steps make this container boot.
    pub curable: bool,
    /// What to do, in order.
    pub steps: Vec<Step>,
    /// What is often advised instead.
    pub not_offered: Vec<NotOffered>,
    /// The container as it is to be, for other formats than steps; `None` where no start cures.
    pub launch: Option<Launch>,
    /// The container that the steps put aside, where they keep it.
    pub retired: Option<Retired>,
}
