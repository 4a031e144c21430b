//! `docs/seccomp-sweep.md`: how often the doctor was right, every cell in which it was not, and what each
//! call does.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};

use crate::boot::Rest;
use crate::effects;
use crate::engine::project;
use crate::judge::{Judged, Verdict};

const PLACE: &str = "docs/seccomp-sweep.md";

const HEAD: &str = "\
# What systemd needs of a seccomp filter, and what the doctor says

Written by `cargo xtask sweep judge` from boots of the test lab's guests (Debian's builds of systemd); \
    nothing in it is written by hand.

How it was made: each guest was booted once under strace, which gave the calls of its boot, those of the \
    services in the image among
them (journald, logind, dbus, getty); the calls that the engine's runtime makes were added. Then each guest \
    was booted with the flags of the lab
under a profile that lets everything through but one of these calls, once with EPERM and once with ENOSYS. A \
    boot counts as ended when
PID 1 is gone, when it waits in pause(2), when systemctl says so, or when nothing in the container uses the \
    processor any more; or it does not
end within 45 s. A boot that is stuck may go on once a start timeout of 90 s is over; that was not waited for.
A call is harmless when the manager comes up as it usually does, no unit fails that does not fail in three \
    usual boots, and the boot did not
pass its basic targets with less than half of what every usual boot starts (a manager that cannot read which \
    units a target wants is content
with none of them).

What the figures mean and what not: the table `src/seccomp/systemd_needs.toml`, which the doctor looks into, was \
    written from the same boots. The
doctor was thus not put to a test on unknown calls here; what is tested is that it reads the profile, finds \
    guest and engine, weighs
the state in which it met the container, and is not led astray by what else the denial breaks. It judged \
    snapshots that were taken at the end of each
boot. The rules of `rules/seccomp` were widened after a first judgement of these boots (785 named, 10 not \
    named, 2 loud) and once more when the last rule of harm was added (readlinkat with 262,
lstat with 247), and cells that looked
wrong then were booted again, those that looked right were not: the figures are not those of boots that \
    nobody had seen.
`tests/suite/live/sweep.rs` boots a sample of these cells anew and asks the doctor live; each run of the \
    tests may draw another one.

Named: the call is the first root cause, certain or likely. Quiet: nothing above a note that usual boots do \
    not get too.

";

/// Writes the page.
pub fn write(judged: &[Judged]) -> Result<()> {
    let mut text = String::from(HEAD);
    text.push_str(&confusion(judged));
    text.push_str(&stuck(judged));
    text.push_str(&wrong(judged));
    for engine in engines(judged) {
        text.push_str(&matrix(judged, engine));
    }
    let path = project(PLACE);
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    let count = |verdict| judged.iter().filter(|cell| cell.verdict == verdict).count();
    let (named, missed, quiet, loud) =
        (count(Verdict::Named), count(Verdict::Missed), count(Verdict::Quiet), count(Verdict::Loud));
    println!("{}: named {named}, missed {missed}, quiet {quiet}, loud {loud}", path.display());
    Ok(())
}

fn engines(judged: &[Judged]) -> BTreeSet<&str> {
    judged.iter().map(|cell| cell.record.engine.as_str()).collect()
}

fn errno(number: i32) -> String {
    match number {
        1 => "EPERM".to_owned(),
        38 => "ENOSYS".to_owned(),
        other => other.to_string(),
    }
}

fn confusion(judged: &[Judged]) -> String {
    let mut rows: BTreeMap<(&str, i64, i32), [usize; 4]> = BTreeMap::new();
    let mut sum = [0; 4];
    for cell in judged {
        let counts =
            rows.entry((&cell.record.engine, cell.record.systemd, cell.record.cell.errno)).or_default();
        counts[cell.verdict as usize] += 1;
        sum[cell.verdict as usize] += 1;
    }
    let line = |head: String, [named, missed, quiet, loud]: [usize; 4]| {
        format!(
            "| {head} | {} | {named} | {missed} | {} | {quiet} | {loud} |\n",
            named + missed,
            quiet + loud
        )
    };
    let mut text = String::from(
        "| engine | systemd | errno | calls that do harm | named | not named | harmless calls | quiet | loud \
            |\n",
    );
    text.push_str("|---|---|---|---|---|---|---|---|---|\n");
    for ((engine, systemd, number), counts) in rows {
        text.push_str(&line(format!("{engine} | {systemd} | {}", errno(number)), counts));
    }
    text.push_str(&line("all | | ".to_owned(), sum));
    text
}

/// How many of the boots that came out stuck were looked at twice.
fn stuck(judged: &[Judged]) -> String {
    let all: Vec<&Judged> = judged.iter().filter(|cell| cell.record.seen.rest == Rest::Stuck).collect();
    let twice = all.iter().filter(|cell| cell.record.alone).count();
    format!(
        "\nOf {} boots that came out stuck {twice} were booted a second time, with fewer beside them and 90 \
            s, and came out stuck again.\n",
        all.len()
    )
}

fn wrong(judged: &[Judged]) -> String {
    let mut text = String::from("\n## Wrong cells\n\n");
    let wrong: Vec<&Judged> =
        judged.iter().filter(|cell| matches!(cell.verdict, Verdict::Missed | Verdict::Loud)).collect();
    if wrong.is_empty() {
        text.push_str("None.\n");
    }
    for cell in wrong {
        let record = &cell.record;
        let call = record.cell.call.as_deref().unwrap_or_default();
        let did = effects::name(cell.effect);
        text.push_str(&format!(
            "- {}, systemd {}, {call} {}: {did}; said: {}\n",
            record.engine,
            record.systemd,
            errno(record.cell.errno),
            cell.said
        ));
    }
    text
}

/// Effects of the calls that do harm anywhere on one engine: with EPERM, then with ENOSYS.
fn matrix(judged: &[Judged], engine: &str) -> String {
    let cells: Vec<&Judged> = judged.iter().filter(|cell| cell.record.engine == engine).collect();
    let versions: BTreeSet<i64> = cells.iter().map(|cell| cell.record.systemd).collect();
    let denied: BTreeSet<&str> = cells.iter().filter_map(|cell| cell.record.cell.call.as_deref()).collect();
    let of = |call: &str, version: i64, number: i32| {
        let fits = |cell: &&&Judged| {
            let record = &cell.record;
            record.systemd == version
                && record.cell.errno == number
                && record.cell.call.as_deref() == Some(call)
        };
        cells.iter().find(fits).map_or("not made", |cell| effects::name(cell.effect))
    };
    let columns: Vec<String> = versions.iter().map(|version| format!("systemd {version}")).collect();
    let mut text = format!("\n## {engine}\n\nWith EPERM / with ENOSYS; one word where both do the same.\n\n");
    text.push_str(&format!("| denied | {} |\n|---|{}\n", columns.join(" | "), "---|".repeat(versions.len())));
    let mut harmless = Vec::new();
    for call in denied {
        let words: Vec<(&str, &str)> =
            versions.iter().map(|version| (of(call, *version, 1), of(call, *version, 38))).collect();
        let calm = |word: &str| word == "harmless" || word == "not made";
        if words.iter().all(|(one, other)| calm(one) && calm(other)) {
            harmless.push(format!("`{call}`"));
            continue;
        }
        let both = words
            .iter()
            .map(|(one, other)| if one == other { (*one).to_owned() } else { format!("{one} / {other}") });
        text.push_str(&format!("| `{call}` | {} |\n", both.collect::<Vec<_>>().join(" | ")));
    }
    if !harmless.is_empty() {
        text.push_str(&format!("\nHarmless in every boot: {}.\n", harmless.join(" ")));
    }
    text
}
