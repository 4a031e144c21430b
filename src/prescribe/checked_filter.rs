//! The seccomp filter to check: of a container, of an engine's built-in profile, or of a profile in a file.

use super::inspected::{Origin, filter_of, hierarchy_of, versions_of};
use crate::seccomp::{
    Engine, Hierarchy, InForce, MEASURED, Machine, Maker, Miss, Profile, USUAL_CAPABILITIES, Version,
    built_in,
};
use crate::snapshot::Snapshot;

/// The Docker version whose built-in profile is used when no engine is known: the newest in the table.
const NEWEST: Engine = Engine { maker: Maker::Docker, version: Version(29, 4, 3) };

/// A seccomp filter together with the circumstances in which it is checked.
pub struct CheckedFilter {
    /// Describes the kind of profile.
    pub whose: String,
    /// Where the profile comes from.
    pub origin: Origin,
    /// The profile text as written.
    pub text: String,
    /// The profile as it takes effect on the target machine.
    pub in_force: InForce,
    /// systemd versions to check.
    pub versions: Vec<i64>,
    hierarchy: Option<Hierarchy>,
}

impl CheckedFilter {
    /// Returns the filter of an engine's built-in profile on a machine of an architecture (`x86_64`).
    ///
    /// # Errors
    /// Returns an error message that says what is wrong with the profile.
    pub fn of_built_in(engine: Engine, architecture: &str) -> Result<Self, String> {
        let origin = Origin::BuiltIn(engine);
        Self::of_usual(whose(origin), origin, built_in(engine).to_string(), Some(engine), architecture)
    }

    /// Returns the filter of a profile that belongs to no container, on a machine of an architecture.
    ///
    /// # Errors
    /// Returns an error message that says what is wrong with the profile.
    pub fn of_profile(text: String, engine: Option<Engine>, architecture: &str) -> Result<Self, String> {
        Self::of_usual("a profile in a file".to_owned(), Origin::Own, text, engine, architecture)
    }

    /// Builds the filter under the usual circumstances.
    fn of_usual(
        whose: String,
        origin: Origin,
        text: String,
        engine: Option<Engine>,
        architecture: &str,
    ) -> Result<Self, String> {
        let profile = Profile::parse(&text).map_err(|error| error.to_string())?;
        let capabilities = USUAL_CAPABILITIES.map(str::to_owned).to_vec();
        let machine = Machine::new(capabilities, architecture, "").of(engine);
        let in_force = InForce { profile: Some(profile), machine, source: whose.clone() };
        Ok(Self { whose, origin, text, in_force, versions: MEASURED.to_vec(), hierarchy: None })
    }

    /// Returns the filter of a container.
    ///
    /// # Errors
    /// Returns an error message that says why the filter is not known.
    pub fn of_container(snapshot: &Snapshot) -> Result<Self, String> {
        let found = filter_of(snapshot)?;
        Ok(Self {
            whose: whose(found.origin),
            origin: found.origin,
            text: found.text,
            in_force: found.in_force,
            versions: versions_of(snapshot),
            hierarchy: hierarchy_of(snapshot),
        })
    }

    /// Returns the system calls that systemd needs and the filter denies.
    #[must_use]
    pub fn misses(&self) -> Vec<Miss> {
        self.in_force.misses(&self.versions, self.hierarchy)
    }

    /// Switches to the engine's built-in profile when the container has no filter.
    /// Replaces the profile with the engine's built-in one.
    /// # Errors
    /// Returns an error message that says what is wrong with the profile.
    pub fn take_built_in(&mut self) -> Result<(), String> {
        let engine = self.in_force.machine.engine.unwrap_or(NEWEST);
        self.text = built_in(engine).to_string();
        self.in_force.profile = Some(Profile::parse(&self.text).map_err(|error| error.to_string())?);
        self.whose = whose(Origin::BuiltIn(engine));
        Ok(())
    }
}

fn whose(origin: Origin) -> String {
    match origin {
        Origin::Unconfined => "no filter is in force".to_owned(),
        Origin::BuiltIn(engine) => format!("the built-in profile of {engine}"),
        Origin::Daemon => "the engine's default profile".to_owned(),
        Origin::Own => "the container's own profile".to_owned(),
    }
}
