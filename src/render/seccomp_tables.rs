//! Renders what a filter denies to systemd as a table, the difference between two profiles, and what is known
//! about one call.

use std::path::Path;

use serde::Serialize;
use serde_json::{Value, json};
use similar::TextDiff;
use textwrap::core::display_width;

use super::layout::TextPage;
use super::style::Tone;
use super::words::counted;
use super::{Context, json, visible};
use crate::seccomp::{
    Answer, Breakage, BuiltInAnswer, Contradiction, Effect, Hierarchy, Known, MEASURED, Miss, Wanted,
    by_effect, harm,
};

/// A filter and the result of checking it.
#[derive(Debug, Clone, Copy)]
pub struct FilterCheck<'c> {
    /// Name of the container or the file.
    pub name: &'c str,
    /// Describes the kind of profile.
    pub whose: &'c str,
    /// Where it comes from.
    pub source: &'c str,
    /// systemd versions that were checked.
    pub versions: &'c [i64],
    /// Calls that they need and the filter denies.
    pub misses: &'c [Miss],
    /// Calls of systemd that the filter allows or denies depending on their arguments.
    pub conditional: &'c [String],
    /// Rules that contradict each other.
    pub contradictions: &'c [Contradiction],
}

/// Returns the table of calls that systemd needs and the filter denies.
#[must_use]
pub fn checked(checked: &FilterCheck<'_>, context: &Context) -> String {
    let mut page = TextPage::new(context);
    let versions = listed(checked.versions);
    page.flow(
        0,
        &[
            (checked.name, Tone::Strong),
            (&format!("({}), for systemd {versions}", checked.whose), Tone::Plain),
        ],
    );
    page.gap();
    if checked.misses.is_empty() {
        page.flow(0, &[("No call that systemd is known to need is denied.", Tone::Good)]);
    } else {
        table(&mut page, checked.misses);
    }
    remarks(&mut page, checked);
    if !checked.misses.is_empty() {
        page.gap();
        let count = counted(checked.misses.len(), "call", "calls");
        page.flow(0, &[(&format!("{count} denied that systemd needs"), Tone::Bad)]);
        page.flow(
            0,
            &[("next: sysdock seccomp make", Tone::Plain), ("allows exactly these calls", Tone::Plain)],
        );
    }
    page.finish()
}

fn table(page: &mut TextPage<'_>, misses: &[Miss]) {
    let head = ["call", "answer", "effect on systemd", "source"].map(str::to_owned);
    let row = |miss: &Miss| [miss.call.clone(), answer(miss.answer), effects(miss), miss.source.clone()];
    let rows: Vec<[String; 4]> = std::iter::once(head).chain(misses.iter().map(row)).collect();
    let width = |column: usize| {
        rows.iter().map(|row| display_width(&visible(&row[column]))).max().unwrap_or_default()
    };
    let widths = [width(0), width(1), width(2)];
    for (index, row) in rows.iter().enumerate() {
        let padded = |column: usize| {
            let text = visible(&row[column]);
            let missing = widths[column].saturating_sub(display_width(&text));
            format!("{text}{}", " ".repeat(missing))
        };
        let line = format!("{}  {}  {}  ", padded(0), padded(1), padded(2));
        page.wrapped(2, &line, &row[3], if index == 0 { Tone::Dim } else { Tone::Plain });
    }
}

fn remarks(page: &mut TextPage<'_>, checked: &FilterCheck<'_>) {
    for each in checked.contradictions {
        page.gap();
        let counts = each
            .counts
            .map_or_else(|| "the default action applies".to_owned(), |rule| format!("rule {rule} applies"));
        let words = format!(
            "{} is both allowed and denied, by rules {} and {}: {counts}",
            each.call, each.first, each.other
        );
        page.wrapped(0, "contradiction: ", &words, Tone::Warn);
    }
    if !checked.conditional.is_empty() {
        page.gap();
        page.wrapped(0, "with some arguments only: ", &checked.conditional.join(", "), Tone::Plain);
    }
}

fn effects(miss: &Miss) -> String {
    let groups = by_effect(&miss.effects).into_iter().rev();
    groups
        .map(|(effect, versions)| format!("{} {}", listed(&versions), harm(effect)))
        .collect::<Vec<_>>()
        .join("; ")
}

fn listed(versions: &[i64]) -> String {
    versions.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

/// Returns a filter's answer as a word.
fn answer(answer: Answer) -> String {
    match answer {
        Answer::Allowed => "allowed".to_owned(),
        Answer::Errno(number) => errno(number),
        Answer::Killed => "killed".to_owned(),
        Answer::Logged => "allowed and logged".to_owned(),
        Answer::HandedOver => "passed to user space".to_owned(),
        Answer::Conditional => "with some arguments".to_owned(),
    }
}

/// Returns the name of an errno that filters use, otherwise its number.
fn errno(number: i32) -> String {
    let name = match number {
        1 => "EPERM",
        2 => "ENOENT",
        13 => "EACCES",
        22 => "EINVAL",
        38 => "ENOSYS",
        49 => "EUNATCH",
        95 => "EOPNOTSUPP",
        _ => return format!("errno {number}"),
    };
    name.to_owned()
}

fn word(answer: Answer) -> (&'static str, Option<i32>) {
    match answer {
        Answer::Allowed => ("allowed", None),
        Answer::Errno(number) => ("errno", Some(number)),
        Answer::Killed => ("killed", None),
        Answer::Logged => ("logged", None),
        Answer::HandedOver => ("handed-over", None),
        Answer::Conditional => ("conditional", None),
    }
}

/// Returns the same as JSON.
///
/// # Errors
/// Returns [`serde_json::Error`] if a value cannot be written as JSON.
pub fn checked_json(checked: &FilterCheck<'_>) -> serde_json::Result<String> {
    let miss = |miss: &Miss| {
        let effects: Vec<Value> = miss
            .effects
            .iter()
            .map(|(version, effect)| json!({"systemd": version, "effect": effect.name()}))
            .collect();
        let (word, errno) = word(miss.answer);
        json!({"call": miss.call, "answer": word, "errno": errno, "effects": effects, "source": miss.source})
    };
    let contradiction = |each: &Contradiction| json!({"call": each.call, "rules": [each.first, each.other], "counts": each.counts});
    document(&json!({
        "subject": {"name": checked.name, "profile": checked.whose, "source": checked.source},
        "systemd": checked.versions,
        "misses": checked.misses.iter().map(miss).collect::<Vec<_>>(),
        "conditional": checked.conditional,
        "contradictions": checked.contradictions.iter().map(contradiction).collect::<Vec<_>>(),
    }))
}

#[derive(Serialize)]
struct SeccompDocument<'d> {
    schema_version: u32,
    #[serde(flatten)]
    body: &'d Value,
}

pub(super) fn document(body: &Value) -> serde_json::Result<String> {
    json::text(&SeccompDocument { schema_version: 1, body })
}

/// Returns the difference between two profiles, for people.
#[must_use]
pub fn difference(before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(2)
        .header("in force", "with what systemd needs")
        .to_string();
    diff.lines().map(|line| visible(line) + "\n").collect()
}

/// Describes the new profile, and how to pass it to the engine.
#[must_use]
pub fn made(name: &str, whose: &str, wanted: &[Wanted], unconfined: bool, file: Option<&Path>) -> String {
    let calls: Vec<String> = wanted.iter().map(Wanted::words).collect();
    let added = if calls.is_empty() {
        "unchanged: no call that systemd needs is denied".to_owned()
    } else {
        format!("with {}", calls.join(", "))
    };
    let meaning = if unconfined {
        format!(
            "{name} runs without a filter, so nothing is denied and no profile is needed. If you want one: \
                {whose}, {added}"
        )
    } else {
        format!("{name}: {whose}, {added}")
    };
    let next = match file.filter(|file| *file != Path::new("-")) {
        Some(file) => format!("recreate the container with --security-opt seccomp={}", file.display()),
        None if file.is_some() => "pass the file with --security-opt seccomp=FILE".to_owned(),
        None => "-o FILE writes the whole profile, for --security-opt seccomp=FILE".to_owned(),
    };
    format!("{meaning}\n  next: {next}")
}

/// Returns the page of one call.
#[must_use]
pub fn known(known: &Known, context: &Context) -> String {
    let mut page = TextPage::new(context);
    page.flow(0, &[(&known.call, Tone::Strong)]);
    heading(&mut page, "Effect on systemd when denied");
    if known.breaks.is_empty() {
        page.wrapped(2, "", "Denying only this call is not known to harm any measured version.", Tone::Plain);
    }
    known
        .breaks
        .iter()
        .for_each(|each| page.wrapped(2, &format!("{}: ", errno(each.errno)), &breakage(each), Tone::Plain));
    for (other, effect) in &known.together {
        let words = format!("systemd {}", harm(*effect));
        page.wrapped(2, &format!("together with {}: ", visible(other)), &words, Tone::Plain);
    }
    heading(&mut page, "Built-in profiles of the engines");
    known
        .engines
        .iter()
        .for_each(|each| page.wrapped(2, &format!("{}: ", versions(each)), &built_in(each), Tone::Plain));
    heading(&mut page, "How to allow only this call");
    ways(known)
        .iter()
        .enumerate()
        .for_each(|(index, way)| page.wrapped(2, &format!("{}. ", index + 1), way, Tone::Plain));
    page.finish()
}

fn heading(page: &mut TextPage<'_>, title: &str) {
    page.gap();
    page.flow(0, &[(title, Tone::Strong)]);
}

fn breakage(each: &Breakage) -> String {
    let last = each.last.map_or_else(|| "and later".to_owned(), |last| format!("to {last}"));
    let tree = match each.hierarchy {
        Some(Hierarchy::V1) => " on cgroup v1",
        Some(Hierarchy::V2) => " on cgroup v2",
        None => "",
    };
    let range =
        if each.last == Some(each.first) { each.first.to_string() } else { format!("{} {last}", each.first) };
    let docker = each.docker.map(|major| format!(" on Docker {major} and later")).unwrap_or_default();
    let fitting =
        each.words.iter().find(|line| each.errno == 1 || !line.to_lowercase().contains("not permitted"));
    let said = fitting.map(|line| format!(" (“{}”)", visible(line))).unwrap_or_default();
    format!("systemd {range}{tree}{docker} {}{said}", harm(each.effect))
}

fn versions(each: &BuiltInAnswer) -> String {
    let name = each.maker.name();
    match each.until {
        Some(until) => format!("{name} {} up to, not including, {until}", each.since),
        None => format!("{name} {} and later", each.since),
    }
}

fn built_in(each: &BuiltInAnswer) -> String {
    let opened = if each.opened_by.is_empty() {
        String::new()
    } else {
        format!("; allowed with {}", each.opened_by.join(" or "))
    };
    format!("{}{opened}", answer(each.answer))
}

/// Returns the ways to allow a denied call, the best first.
fn ways(known: &Known) -> Vec<String> {
    let free = |each: &&BuiltInAnswer| {
        each.answer == Answer::Allowed && known.engines.iter().any(|other| other.until == Some(each.since))
    };
    let newer = known.engines.iter().find(free).map(|each| {
        format!(
            "Use an engine whose built-in profile allows it: {} {} or later.",
            each.maker.name(),
            each.since
        )
    });
    let image = known
        .breaks
        .iter()
        .filter(|each| each.effect > Effect::Units)
        .map(|each| each.last)
        .collect::<Option<Vec<i64>>>();
    let image = image
        .and_then(|last| last.into_iter().max())
        .map(|last| format!("Use an image with systemd {} or later.", last + 1));
    let one = format!(
        "`sysdock seccomp make CONTAINER -o FILE`, then --security-opt seccomp=FILE. By hand: add \
            {{\"names\": [\"{}\"], \"action\": \"SCMP_ACT_ALLOW\"}} to `syscalls` of the profile in use, and \
            remove the name from rules that deny it.",
        visible(&known.call)
    );
    let last = "seccomp=unconfined allows every other call too: use it only to find out whether the filter \
        is the cause."
        .to_owned();
    newer.into_iter().chain(image).chain([one, last]).collect()
}

/// Returns the same as JSON.
///
/// # Errors
/// Returns [`serde_json::Error`] if a value cannot be written as JSON.
pub fn known_json(known: &Known) -> serde_json::Result<String> {
    let hierarchy = |each: &Breakage| {
        each.hierarchy.map(|hierarchy| if hierarchy == Hierarchy::V1 { "v1" } else { "v2" })
    };
    let breaks = |each: &Breakage| json!({"errno": each.errno, "systemd": {"first": each.first, "last": each.last}, "cgroup": hierarchy(each), "docker": each.docker, "effect": each.effect.name(), "words": each.words});
    let engine = |each: &BuiltInAnswer| {
        let (word, errno) = word(each.answer);
        let until = each.until.map(|until| until.to_string());
        json!({"engine": each.maker.name().to_lowercase(), "since": each.since.to_string(), "until": until, "answer": word, "errno": errno,
            "allowed_with": each.opened_by})
    };
    let together: Vec<Value> =
        known.together.iter().map(|(call, effect)| json!({"call": call, "effect": effect.name()})).collect();
    document(&json!({
        "call": known.call,
        "measured": MEASURED,
        "breaks": known.breaks.iter().map(breaks).collect::<Vec<_>>(),
        "together": together,
        "engines": known.engines.iter().map(engine).collect::<Vec<_>>(),
        "remedies": ways(known),
    }))
}
