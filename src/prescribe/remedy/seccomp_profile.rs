//! Extends the seccomp profile in force by the system calls that the guest's systemd needs, and no others.
//!
//! Must not turn filtering off.

use crate::facts::seccomp_filter;
use crate::prescribe::inspected::{Origin, allowing, filter_of, versions_of};
use crate::prescribe::recipe::{ChangePlace, Plan};
use crate::seccomp::{Answer, Effect, InForce, Maker, Version, Wanted, lookup, text};
use crate::snapshot::key;
use crate::snapshot::vocabulary::SeccompMode;

const IDS: &[&str] = &["allow-one-call"];

/// Allows the system calls that the guest's systemd needs and the filter denies.
pub fn allow_system_calls(plan: &mut Plan<'_>) {
    if !plan.asks(IDS) {
        return;
    }
    let calls = plan.facts.list(key::SECCOMP_BLOCKS);
    let found =
        filter_of(plan.snapshot).ok().filter(|found| !calls.is_empty() && found.origin != Origin::Unconfined);
    let made = found.and_then(|found| {
        let wanted = wanted(plan, &found.in_force, &calls);
        Some((allowing(&found.text, &wanted).as_ref().and_then(text)?, found.origin, wanted))
    });
    let Some((text, origin, wanted)) = made else { return by_hand(plan, &calls) };
    let whose = match origin {
        Origin::BuiltIn(engine) => format!("{engine}'s built-in seccomp profile"),
        Origin::Daemon => "the engine's seccomp profile".to_owned(),
        Origin::Own | Origin::Unconfined => "its own seccomp profile".to_owned(),
    };
    if let Origin::BuiltIn(engine) = origin {
        plan.profile_note = newer(engine.maker, engine.version, &calls);
    }
    plan.profile = Some(text);
    let words: Vec<String> = wanted.iter().filter(|each| each.errno.is_some()).map(Wanted::words).collect();
    let opened: Vec<&str> =
        wanted.iter().filter(|each| each.errno.is_none()).map(|each| each.call.as_str()).collect();
    let through = (!opened.is_empty()).then(|| format!("{} allowed", opened.join(", ")));
    let words: Vec<String> = through.into_iter().chain(words).collect();
    let privilege = (!opened.is_empty()).then(|| format!("allows {}", opened.join(", ")));
    plan.record_in_place(
        ChangePlace::SeccompProfile,
        IDS,
        format!("{whose} with {}", words.join(" and ")),
        privilege,
    );
}

/// Lists the calls to allow, or to deny with another error.
fn wanted(plan: &Plan<'_>, filter: &InForce, calls: &[&str]) -> Vec<Wanted> {
    let known =
        filter.wanted(&filter.misses(&versions_of(plan.snapshot), seccomp_filter::hierarchy(plan.facts)));
    let one = |call: &&str| {
        let known = known.iter().find(|wanted| wanted.call == **call).cloned();
        known.unwrap_or_else(|| Wanted {
            call: (*call).to_owned(),
            errno: None,
            why: "systemd needs it".to_owned(),
        })
    };
    calls.iter().map(one).collect()
}

/// Says what makes the profile unnecessary: an engine whose built-in profile allows these calls, or an image
/// whose systemd does not need them.
fn newer(maker: Maker, version: Version, calls: &[&str]) -> String {
    let opened = |call: &&str| {
        let engines = lookup(call)?.engines.into_iter();
        engines
            .filter(|each| each.maker == maker && each.since > version && each.answer == Answer::Allowed)
            .map(|each| each.since)
            .min()
    };
    let since: Option<Vec<Version>> = calls.iter().map(opened).collect();
    let engine = since
        .and_then(|since| since.into_iter().max())
        .map(|since| format!("{} {since} or later", maker.name()));
    let image = image_without(calls).map(|version| format!("an image with systemd {version} or later"));
    let ways: Vec<String> = engine.into_iter().chain(image).collect();
    if ways.is_empty() {
        String::new()
    } else {
        format!(". With {} no such file is needed", ways.join(", or "))
    }
}

/// Returns the first systemd version that boots without these calls.
fn image_without(calls: &[&str]) -> Option<i64> {
    let mut first = None;
    for call in calls {
        let breaks =
            lookup(call)?.breaks.into_iter().filter(|each| each.errno == 1 && each.effect > Effect::Units);
        for each in breaks {
            first = first.max(Some(each.last? + 1));
        }
    }
    first
}

/// Adds advice for cases in which no profile can be written.
fn by_hand(plan: &mut Plan<'_>, calls: &[&str]) {
    let calls = if calls.is_empty() { "the call named in the report".to_owned() } else { calls.join(", ") };
    let words = if plan.facts.get(key::SECCOMP_MODE) == Some(SeccompMode::Default) {
        format!(
            "The engine's built-in filter denies {calls}: update the engine (Docker 24.0 and later allow \
                name_to_handle_at, 18.09 and later statx, 20.10 and later faccessat2, openat2 and \
                close_range), or use an image whose systemd does not need them. If neither is possible, \
                `sysdock seccomp make` writes the engine's profile with the call allowed; pass it with \
                --security-opt seccomp=FILE."
        )
    } else {
        format!(
            "Allow {calls} in the seccomp profile that the container is started with, then recreate the \
                container. (The profile could not be read here; run `sysdock seccomp make FILE` on the \
                machine that has it.)"
        )
    };
    let ids: Vec<String> = plan.roots().filter(|root| root.names(IDS)).map(|root| root.id.clone()).collect();
    plan.advice.extend(ids.into_iter().map(|id| (words.clone(), id)));
}
