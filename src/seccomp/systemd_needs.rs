//! The effect of a denied call on a version of systemd, from the measured table `needs.toml`.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::Answer;

/// The effect of a denied call on a boot, from mild to fatal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The manager comes up, units fail or are never started.
    Units,
    /// The manager runs but systemctl cannot reach it.
    Unreachable,
    /// The manager never finishes booting.
    Stuck,
    /// PID 1 gives up or freezes.
    Fatal,
    /// The engine's runtime makes the call itself and cannot start the program.
    Create,
}

impl Effect {
    /// Returns the word used in facts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Units => "units",
            Self::Unreachable => "unreachable",
            Self::Stuck => "stuck",
            Self::Fatal => "fatal",
            Self::Create => "create",
        }
    }
}

/// Control group version that the guest sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hierarchy {
    /// Control groups v1, alone or hybrid.
    V1,
    /// The unified hierarchy.
    V2,
}

/// One row of the table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    call: String,
    /// First and last systemd version, both included.
    systemd: (i64, i64),
    effect: Effect,
    /// Only on this version of the tree.
    hierarchy: Option<Hierarchy>,
    /// Only if this call is denied too.
    also: Option<String>,
    /// Only with these errnos; any if absent.
    errno: Option<Vec<i32>>,
    /// Only with these major versions of Docker, both included: its runtime decides.
    docker: Option<(i64, i64)>,
    /// Lines in the log then.
    #[serde(default)]
    words: Vec<String>,
    /// Units that fail then.
    #[serde(default)]
    units: Vec<String>,
}

#[derive(Deserialize)]
struct Table {
    row: Vec<Row>,
}

static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    toml::from_str::<Table>(include_str!("systemd_needs.toml")).map(|table| table.row).unwrap_or_default()
});

/// A denied call and its effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// Name of the call.
    pub call: String,
    /// The effect of denying it.
    pub effect: Effect,
    /// Lines that were seen in the log then; not all of them.
    pub words: &'static [String],
    /// Units that were seen to fail then.
    pub units: &'static [String],
}

/// Where the guest runs, as far as known; unknown values match all rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Kind of control group tree.
    pub hierarchy: Option<Hierarchy>,
    /// Major version of Docker; 0 for an engine that is not Docker.
    pub docker: Option<i64>,
}

/// ENOSYS, which programs take as a sign of an old kernel; any other errno counts as EPERM.
const ENOSYS: i32 = 38;
const EPERM: i32 = 1;

impl Row {
    /// Returns whether the row applies to this answer to its call.
    fn covers(&self, answer: Answer) -> bool {
        let Answer::Errno(errno) = answer else { return answer.is_denial() };
        let measured = if errno == ENOSYS { ENOSYS } else { EPERM };
        self.errno.as_ref().is_none_or(|wanted| wanted.contains(&measured))
    }

    /// Returns whether the row applies there.
    fn fits(&self, place: Surroundings) -> bool {
        let tree = self.hierarchy.is_none_or(|kind| place.hierarchy.is_none_or(|seen| seen == kind));
        tree && self
            .docker
            .is_none_or(|(first, last)| place.docker.is_none_or(|major| (first..=last).contains(&major)))
    }
}

/// Returns the calls that this systemd makes while booting and that `answer` denies, the most serious first.
///
/// An unknown `hierarchy` matches rows for either.
pub fn blocked(systemd: i64, hierarchy: Option<Hierarchy>, answer: impl Fn(&str) -> Answer) -> Vec<Blocked> {
    blocked_in(systemd, Surroundings { hierarchy, docker: None }, answer)
}

/// Does the same if more than the tree is known.
pub fn blocked_in(systemd: i64, place: Surroundings, answer: impl Fn(&str) -> Answer) -> Vec<Blocked> {
    let holds = |row: &&Row| {
        row.covers(answer(&row.call))
            && (row.systemd.0..=row.systemd.1).contains(&systemd)
            && row.fits(place)
            && row.also.as_deref().is_none_or(|other| answer(other).is_denial())
    };
    let of = |row: &'static Row| Blocked {
        call: row.call.clone(),
        effect: row.effect,
        words: &row.words,
        units: &row.units,
    };
    let mut found: Vec<Blocked> = TABLE.iter().filter(holds).map(of).collect();
    found.sort_by_key(|blocked| std::cmp::Reverse(blocked.effect));
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|blocked| seen.insert(blocked.call.clone()));
    found
}

/// Returns the major version of Docker from which its runtime reacts differently to the denial of a call.
pub(super) fn runtime_change(call: &str) -> Option<i64> {
    TABLE
        .iter()
        .filter(|row| row.call == call)
        .filter_map(|row| row.docker)
        .map(|(first, _)| first)
        .max()
        .filter(|first| *first > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(systemd: i64, denied: &[&str]) -> Option<Blocked> {
        let answer = |call: &str| if denied.contains(&call) { Answer::Errno(1) } else { Answer::Allowed };
        blocked_in(systemd, Surroundings { hierarchy: Some(Hierarchy::V2), docker: Some(20) }, answer)
            .into_iter()
            .next()
    }

    #[test]
    fn the_table_can_be_read() {
        assert!(
            toml::from_str::<Table>(include_str!("systemd_needs.toml"))
                .is_ok_and(|table| table.row.len() > 20)
        );
    }

    #[test]
    fn one_call_stops_one_version_and_not_another() {
        assert_eq!(first(262, &["statx"]).map(|b| b.effect), Some(Effect::Fatal));
        assert_eq!(first(252, &["statx"]), None);
        assert_eq!(first(229, &["name_to_handle_at"]).map(|b| b.effect), Some(Effect::Fatal));
        assert_eq!(first(247, &["name_to_handle_at"]), None);
    }

    #[test]
    fn a_newer_docker_runtime_makes_additional_calls() {
        let answer = |call: &str| if call == "statx" { Answer::Errno(1) } else { Answer::Allowed };
        let at = |docker| blocked_in(252, Surroundings { hierarchy: None, docker: Some(docker) }, answer);
        assert_eq!((at(20).len(), at(28).first().map(|blocked| blocked.effect)), (0, Some(Effect::Create)));
        assert_eq!((runtime_change("statx"), runtime_change("close_range")), (Some(28), None));
    }

    #[test]
    fn the_gravest_comes_first() {
        assert_eq!(first(262, &["close_range", "statx"]).map(|b| b.call).as_deref(), Some("statx"));
    }
}
