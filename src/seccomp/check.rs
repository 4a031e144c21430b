//! A filter and versions of systemd in, the calls that each version would miss and the fewest to allow out.
//! Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::evaluate::judge;
use super::{
    Answer, Effect, Engine, Hierarchy, Machine, Maker, Profile, Surroundings, Wanted, blocked, blocked_in,
};

/// Versions of systemd that were measured; others are taken to need what the nearest one does.
pub const MEASURED: [i64; 5] = [229, 247, 252, 257, 262];

const CLONE3: &str = "clone3";
const ENOSYS: i32 = 38;

/// A filter in force: a profile and the circumstances in which it is evaluated.
#[derive(Debug, Clone)]
pub struct InForce {
    /// The profile; `None` if every call is allowed.
    pub profile: Option<Profile>,
    /// The circumstances.
    pub machine: Machine,
    /// Where the profile comes from, in words.
    pub source: String,
}

/// A call that systemd makes and the filter denies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    /// The call.
    pub call: String,
    /// What the filter answers.
    pub answer: Answer,
    /// Which part of the profile decides.
    pub source: String,
    /// The effect on each version that is harmed.
    pub effects: BTreeMap<i64, Effect>,
}

impl InForce {
    /// Returns the answer to a call.
    #[must_use]
    pub fn answer(&self, call: &str) -> Answer {
        self.profile.as_ref().map_or(Answer::Allowed, |profile| judge(profile, call, &self.machine).answer)
    }

    /// Returns where the filter is in force, as far as known.
    fn place(&self, hierarchy: Option<Hierarchy>) -> Surroundings {
        let docker = self
            .machine
            .engine
            .map(|engine| if engine.maker == Maker::Docker { i64::from(engine.version.0) } else { 0 });
        Surroundings { hierarchy, docker }
    }

    /// Returns which part of the profile decides a call.
    fn decided_by(&self, call: &str) -> String {
        match self.profile.as_ref().map(|profile| judge(profile, call, &self.machine).rule) {
            Some(Some(rule)) => format!("rule {rule}"),
            Some(None) => "no rule names it: defaultAction".to_owned(),
            None => self.source.clone(),
        }
    }

    /// Returns the calls that these versions miss, the most serious first.
    #[must_use]
    pub fn misses(&self, versions: &[i64], hierarchy: Option<Hierarchy>) -> Vec<Miss> {
        let mut found: BTreeMap<String, BTreeMap<i64, Effect>> = BTreeMap::new();
        for version in versions {
            for each in blocked_in(*version, self.place(hierarchy), |call| self.answer(call)) {
                found.entry(each.call).or_default().insert(*version, each.effect);
            }
        }
        let miss = |(call, effects): (String, BTreeMap<i64, Effect>)| Miss {
            answer: self.answer(&call),
            source: self.decided_by(&call),
            call,
            effects,
        };
        let mut misses: Vec<Miss> = found.into_iter().map(miss).collect();
        misses.sort_by_key(|miss| std::cmp::Reverse(miss.effects.values().max().copied()));
        misses
    }

    /// Returns what has to be allowed so that nothing is missed.
    #[must_use]
    pub fn wanted(&self, misses: &[Miss]) -> Vec<Wanted> {
        misses
            .iter()
            .map(|miss| Wanted { call: miss.call.clone(), errno: self.narrower(miss), why: miss.reason() })
            .collect()
    }

    /// Returns ENOSYS for clone3 if the filter checks the flags of clone: clone3 takes its flags in memory,
    /// where no filter sees them, and a caller that gets ENOSYS uses clone instead. Engines do the same
    /// (moby, `profiles/seccomp/default.json`, since 20.10.10).
    fn narrower(&self, miss: &Miss) -> Option<i32> {
        let told = self.machine.engine.is_none_or(Engine::knows_errno);
        let answer = |call: &str| if call == CLONE3 { Answer::Errno(ENOSYS) } else { Answer::Allowed };
        let serves = || miss.effects.keys().all(|version| blocked(*version, None, answer).is_empty());
        (miss.call == CLONE3 && told && self.answer("clone") == Answer::Conditional && serves())
            .then_some(ENOSYS)
    }

    /// Returns the calls that systemd uses and that the filter decides by their arguments.
    #[must_use]
    pub fn conditional(&self) -> Vec<String> {
        needed_calls().into_iter().filter(|call| self.answer(call) == Answer::Conditional).collect()
    }
}

impl Miss {
    /// Returns which versions need the call, and for what.
    fn reason(&self) -> String {
        let groups = by_effect(&self.effects).into_iter().rev();
        groups.map(|(effect, versions)| reason(effect, &versions)).collect::<Vec<_>>().join("; ")
    }
}

/// Groups versions by effect.
#[must_use]
pub fn by_effect(effects: &BTreeMap<i64, Effect>) -> BTreeMap<Effect, Vec<i64>> {
    let mut groups: BTreeMap<Effect, Vec<i64>> = BTreeMap::new();
    for (version, effect) in effects {
        groups.entry(*effect).or_default().push(*version);
    }
    groups
}

fn reason(effect: Effect, versions: &[i64]) -> String {
    let list: Vec<String> = versions.iter().map(i64::to_string).collect();
    format!("systemd {}: {} without it", list.join(", "), harm(effect))
}

/// Returns what the denial of a call does, as a sentence without its subject.
#[must_use]
pub fn harm(effect: Effect) -> &'static str {
    match effect {
        Effect::Units => "boots, but units fail",
        Effect::Unreachable => "boots, but systemctl cannot reach it",
        Effect::Stuck => "never finishes booting",
        Effect::Fatal => "gives up",
        Effect::Create => "cannot be started by the engine",
    }
}

/// Returns every call whose denial harms some version of systemd, alone or together with another.
#[must_use]
pub fn needed_calls() -> BTreeSet<String> {
    let versions = 200..=MEASURED.iter().copied().max().unwrap_or(262);
    let with = |errno: i32| {
        versions.clone().flat_map(move |version| blocked(version, None, |_| Answer::Errno(errno)))
    };
    [1, 38].into_iter().flat_map(with).map(|blocked| blocked.call).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seccomp::{USUAL_CAPABILITIES, allow, built_in};

    fn in_force(json: &str, engine: Option<Engine>) -> InForce {
        let caps = USUAL_CAPABILITIES.map(str::to_owned).to_vec();
        let machine = Machine::new(caps, "x86_64", "6.1").of(engine);
        InForce { profile: Some(Profile::parse(json).unwrap()), machine, source: "a test".to_owned() }
    }

    fn of_engine(name: &str) -> InForce {
        let engine = Engine::parse(name).unwrap();
        in_force(&built_in(engine).to_string(), Some(engine))
    }

    #[test]
    fn current_engines_deny_nothing_that_systemd_needs() {
        for name in ["docker-24.0", "docker-28.5.2", "docker-29.4.3", "podman"] {
            assert_eq!(of_engine(name).misses(&MEASURED, None), [], "{name}");
        }
        let calls = |name: &str, version: i64| {
            of_engine(name).misses(&[version], None).into_iter().map(|m| m.call).collect::<Vec<_>>()
        };
        assert_eq!(calls("docker-20.10.24", 229), ["name_to_handle_at"]);
        assert!(calls("docker-20.10.24", 262).is_empty());
        assert!(calls("docker-17.03", 262).contains(&"statx".to_owned()));
        assert!(calls("docker-19.03", 262).contains(&"faccessat2".to_owned()));
    }

    #[test]
    fn a_denied_call_says_who_needs_it_and_where_it_is_denied() {
        let profile = r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["statx"],"action":"SCMP_ACT_ERRNO"}]}"#;
        let filter = in_force(profile, Engine::parse("docker-20.10.24"));
        let misses = filter.misses(&MEASURED, None);
        assert_eq!(misses.len(), 1);
        assert_eq!((misses[0].answer, misses[0].source.as_str()), (Answer::Errno(1), "rule 1"));
        assert_eq!(filter.wanted(&misses)[0].why, "systemd 262: gives up without it");
    }

    #[test]
    fn what_is_missed_is_let_through_and_then_nothing_is_missed() {
        for name in [
            "docker-17.03",
            "docker-18.09",
            "docker-19.03",
            "docker-20.10.9",
            "docker-20.10.24",
            "docker-23.0",
        ] {
            let engine = Engine::parse(name).unwrap();
            let filter = of_engine(name);
            let wanted = filter.wanted(&filter.misses(&MEASURED, None));
            let made = allow(&built_in(engine), &wanted).unwrap();
            assert_eq!(in_force(&made.to_string(), Some(engine)).misses(&MEASURED, None), [], "{name}");
            assert!(!wanted.is_empty(), "{name}");
        }
    }

    #[test]
    fn clone3_is_not_opened_where_the_flags_of_clone_are_looked_at() {
        let profile = r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["clone3"],"action":"SCMP_ACT_ERRNO"}CLONE]}"#;
        let errno = |clone: &str, engine: &str| {
            let filter = in_force(&profile.replace("CLONE", clone), Engine::parse(engine));
            filter.wanted(&filter.misses(&[262], None))[0].errno
        };
        let masked = r#",{"names":["clone"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":1,"op":"SCMP_CMP_MASKED_EQ"}]}"#;
        assert_eq!(
            (errno(masked, "docker-28.5"), errno(masked, "docker-19.03"), errno("", "docker-28.5")),
            (Some(38), None, None)
        );
    }

    #[test]
    fn the_calls_of_the_table_are_known() {
        let calls = needed_calls();
        assert!(calls.contains("statx") && calls.contains("clone3") && calls.len() > 20, "{calls:?}");
    }
}
