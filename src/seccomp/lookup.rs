//! Everything known about one call: the versions of systemd that its denial breaks, and what the engines'
//! built-in profiles answer. Pure.

use std::collections::BTreeMap;

use super::default_profiles::{USUAL_CAPABILITIES, built_in, capabilities_for, versions};
use super::systemd_needs::runtime_change;
use super::version::{Engine, Maker, Version};
use super::{
    Answer, Blocked, Effect, Hierarchy, MEASURED, Machine, Profile, Surroundings, blocked_in, evaluate,
    needed_calls,
};

/// Oldest version in the table.
const OLDEST: i64 = 219;

/// The effect of denying a call on a range of versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breakage {
    /// Errno of the denial.
    pub errno: i32,
    /// Only on this kind of control group tree.
    pub hierarchy: Option<Hierarchy>,
    /// Only from this major version of Docker on, whose runtime makes the call.
    pub docker: Option<i64>,
    /// First version.
    pub first: i64,
    /// Last version; `None` if it still applies to the newest that was measured.
    pub last: Option<i64>,
    /// What happens.
    pub effect: Effect,
    /// Lines that were seen in the log then.
    pub words: Vec<String>,
}

/// The answer of built-in profiles to a call, over a range of an engine's versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltInAnswer {
    /// Who makes the engine.
    pub maker: Maker,
    /// First version.
    pub since: Version,
    /// First version to which it no longer applies.
    pub until: Option<Version>,
    /// Answer for a container with the usual capabilities.
    pub answer: Answer,
    /// Capabilities any of which allows it.
    pub opened_by: Vec<String>,
}

/// Everything known about a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub call: String,
    /// What its denial breaks.
    pub breaks: Vec<Breakage>,
    /// Calls whose denial together with this one breaks more than either alone, with the effect.
    pub together: Vec<(String, Effect)>,
    /// What the engines answer.
    pub engines: Vec<BuiltInAnswer>,
}

/// Looks a call up; `None` if neither systemd's needs nor any built-in profile name it.
#[must_use]
pub fn lookup(call: &str) -> Option<Known> {
    let needed = needed_calls();
    if !needed.contains(call) && !super::named_calls().contains(call) {
        return None;
    }
    let others = needed.iter().map(String::as_str).filter(|other| *other != call);
    let together =
        others.filter_map(|other| Some((other.to_owned(), worse_together(call, other)?))).collect();
    let engines = [Maker::Docker, Maker::Podman].into_iter().flat_map(|maker| answers(call, maker)).collect();
    Some(Known { call: call.to_owned(), breaks: breaks(call), together, engines })
}

/// Returns the worst effect of denying exactly these calls.
fn worst(version: i64, place: Surroundings, errno: i32, calls: &[&str]) -> Option<Blocked> {
    let answer = |name: &str| if calls.contains(&name) { Answer::Errno(errno) } else { Answer::Allowed };
    blocked_in(version, place, answer).into_iter().next()
}

fn worse_together(call: &str, other: &str) -> Option<Effect> {
    let place = Surroundings { hierarchy: None, docker: Some(0) };
    let worst = |version: i64, calls: &[&str]| worst(version, place, 1, calls).map(|blocked| blocked.effect);
    let one = |version: i64| {
        let both = worst(version, &[call, other])?;
        let alone = [call, other].into_iter().filter_map(|each| worst(version, &[each])).max();
        (alone.is_none_or(|alone| both > alone)).then_some(both)
    };
    MEASURED.into_iter().filter_map(one).max()
}

fn breaks(call: &str) -> Vec<Breakage> {
    let mut found = Vec::new();
    let same = |a: &Breakage, b: &Breakage| (a.first, a.last, a.effect) == (b.first, b.last, b.effect);
    for errno in [1, 38] {
        let on = |hierarchy| ranges(errno, Surroundings { hierarchy, docker: Some(0) }, call);
        let (v1, v2) = (on(Some(Hierarchy::V1)), on(Some(Hierarchy::V2)));
        let (both, only_v1): (Vec<_>, Vec<_>) =
            v1.into_iter().partition(|one| v2.iter().any(|other| same(one, other)));
        let only_v2: Vec<_> =
            v2.into_iter().filter(|one| !both.iter().any(|other| same(one, other))).collect();
        found.extend(both.into_iter().map(|one| Breakage { hierarchy: None, ..one }));
        found.extend(only_v1.into_iter().chain(only_v2));
        let changed = runtime_change(call);
        let later =
            changed.map(|major| ranges(errno, Surroundings { hierarchy: None, docker: Some(major) }, call));
        let news = later
            .into_iter()
            .flatten()
            .filter(|one| !found.iter().any(|other| other.errno == errno && same(one, other)));
        let news: Vec<_> = news.map(|one| Breakage { docker: changed, ..one }).collect();
        found.extend(news);
    }
    found.sort_by_key(|each| (each.errno, each.first));
    found
}

fn ranges(errno: i32, place: Surroundings, call: &str) -> Vec<Breakage> {
    let newest = MEASURED.into_iter().max().unwrap_or(OLDEST);
    let mut found: Vec<Breakage> = Vec::new();
    for version in OLDEST..=newest {
        let Some(Blocked { effect, words, .. }) = worst(version, place, errno, &[call]) else { continue };
        match found.last_mut().filter(|open| open.last == Some(version - 1) && open.effect == effect) {
            Some(open) => open.last = Some(version),
            None => found.push(Breakage {
                errno,
                hierarchy: place.hierarchy,
                docker: None,
                first: version,
                last: Some(version),
                effect,
                words: words.to_vec(),
            }),
        }
    }
    found.iter_mut().filter(|each| each.last == Some(newest)).for_each(|each| each.last = None);
    found
}

fn answers(call: &str, maker: Maker) -> Vec<BuiltInAnswer> {
    let steps = versions(maker);
    let mut found: Vec<BuiltInAnswer> = Vec::new();
    for (step, until) in steps.iter().zip(steps.iter().skip(1).map(|next| Some(*next)).chain([None])) {
        let one = at(call, Engine { maker, version: *step }, until);
        match found.last_mut().filter(|last| last.answer == one.answer && last.opened_by == one.opened_by) {
            Some(last) => last.until = until,
            None => found.push(one),
        }
    }
    found
}

fn at(call: &str, engine: Engine, until: Option<Version>) -> BuiltInAnswer {
    let profile = Profile::parse(&built_in(engine).to_string()).ok();
    let with = |more: &[&str]| {
        let caps = USUAL_CAPABILITIES.iter().chain(more).map(|cap| (*cap).to_owned()).collect();
        let machine = Machine::new(caps, "amd64", "").of(Some(engine));
        profile.as_ref().map_or(Answer::Allowed, |profile| evaluate(profile, call, &machine))
    };
    let answer = with(&[]);
    let opened = |cap: &&'static str| answer != Answer::Allowed && with(&[cap]) == Answer::Allowed;
    let opened_by = capabilities_for(call).into_iter().filter(opened).map(str::to_owned).collect();
    BuiltInAnswer { maker: engine.maker, since: engine.version, until, answer, opened_by }
}

/// Returns the call with the most similar name.
#[must_use]
pub fn nearest_call(call: &str) -> Option<String> {
    let known: BTreeMap<String, f64> = needed_calls()
        .into_iter()
        .chain(super::named_calls().into_iter().map(str::to_owned))
        .map(|name| {
            let score = strsim::jaro_winkler(&name, call);
            (name, score)
        })
        .collect();
    known
        .into_iter()
        .filter(|(_, score)| *score > 0.8)
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engines(call: &str) -> Vec<(String, Option<String>, Answer, Vec<String>)> {
        let known = lookup(call).unwrap().engines.into_iter();
        known
            .map(|e| {
                (
                    format!("{} {}", e.maker.name(), e.since),
                    e.until.map(|v| v.to_string()),
                    e.answer,
                    e.opened_by,
                )
            })
            .collect()
    }

    #[test]
    fn engines_are_told_by_ranges_of_versions() {
        let caps = vec!["CAP_SYS_ADMIN".to_owned()];
        assert_eq!(
            engines("name_to_handle_at"),
            [
                ("Docker 17.03".to_owned(), Some("24.0".to_owned()), Answer::Errno(1), caps),
                ("Docker 24.0".to_owned(), None, Answer::Allowed, vec![]),
                ("Podman 4.0".to_owned(), None, Answer::Allowed, vec![]),
            ]
        );
        assert_eq!(engines("statx")[0].1.as_deref(), Some("18.09"));
    }

    #[test]
    fn versions_are_told_by_ranges() {
        let known = lookup("name_to_handle_at").unwrap();
        assert_eq!(
            (known.breaks[0].first, known.breaks[0].last, known.breaks[0].effect),
            (219, Some(232), Effect::Fatal)
        );
        assert!(
            lookup("statx")
                .unwrap()
                .breaks
                .iter()
                .any(|each| each.last.is_none() && each.effect == Effect::Fatal)
        );
        assert!(lookup("acct").unwrap().breaks.is_empty());
    }

    #[test]
    fn a_mistyped_call_has_a_neighbour() {
        assert_eq!(lookup("statxx"), None);
        assert_eq!(nearest_call("statxx").as_deref(), Some("statx"));
        assert_eq!(nearest_call("qqqqqqqq"), None);
    }
}
