//! The result of this module: the chosen cure, what is not offered, and how to restore the old container.
//!
//! Values only. Must not choose anything.

use super::engine_cli::Reach;
use super::privilege::Privilege;
use super::recipe::Launch;
use super::step::Step;

/// An option that would help but is not offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotOffered {
    /// The option.
    pub what: String,
    /// Why not.
    pub why: String,
}

/// A container that was put aside, and what is needed to restore it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retired {
    /// Its former name, which the new container now has.
    pub name: String,
    /// Its name now.
    pub kept_as: String,
    /// Its former restart policy, if it had one and the engine can change it.
    pub policy: Option<String>,
    /// Whether it was running.
    pub ran: bool,
}

impl Retired {
    /// Returns the commands that remove the new container and restore the old one.
    #[must_use]
    pub fn undo(&self, reach: &Reach) -> Vec<Vec<String>> {
        let mut commands = vec![reach.argv(["rm", "-f", &self.name])];
        commands.extend(self.put_back(reach));
        commands
    }

    /// Returns the commands that restore the old container if its name is free.
    #[must_use]
    pub fn put_back(&self, reach: &Reach) -> Vec<Vec<String>> {
        let mut commands = vec![reach.argv(["rename", &self.kept_as, &self.name])];
        commands.extend(self.resume(reach));
        commands
    }

    /// Returns the commands that restore the container's former state, once it has its name back.
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
    /// What the cure costs: loss of state, time, or isolation.
    pub cost: String,
    /// Whether the steps make this container boot.
    pub curable: bool,
    /// What to do, in order.
    pub steps: Vec<Step>,
    /// Commonly advised options that are not offered.
    pub not_offered: Vec<NotOffered>,
    /// The set of flags that makes the control group tree usable, in words; `None` if none is needed.
    pub set: Option<String>,
    /// The container to start, for formats other than steps; `None` if no restart cures it.
    pub launch: Option<Launch>,
    /// The container that the steps put aside, if they keep it.
    pub retired: Option<Retired>,
}
