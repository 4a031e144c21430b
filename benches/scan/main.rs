#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    missing_docs
)]
//! How fast `triage` reads long logs, beside ripgrep, grep, Vectorscan and a loop over the rules, on the same
//! file with the same patterns.
//!
//! `cargo bench --bench scan -- [MIB]` (default 1024) prints a table in Markdown: GB/s, the ratio to ours,
//! and peak memory, each program on one processor but where it says otherwise. What is not installed is named
//! and left out. The times are the best of three; runs take turns, so that whatever else the machine does
//! hits all.

mod others;
mod texts;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use others::Other;
use texts::Kind;

const ROUNDS: usize = 3;
/// Rows of the table: name, faults in a thousand lines, what lies between them.
const ROWS: &[(&str, u64, Kind)] = &[
    ("quiet service logs, 0.1 % faults", 1, Kind::Services),
    ("service logs, 5 % faults", 50, Kind::Services),
    ("service logs, 50 % faults", 500, Kind::Services),
    ("boots on a terminal, 0.1 % faults", 1, Kind::Boots),
];

/// What a run took.
#[derive(Debug, Clone, Copy)]
struct Cost {
    seconds: f64,
    peak_mib: f64,
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [others::EACH, list, log] = words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        return others::each_on_each(list, log);
    }
    let mib = words.iter().find_map(|word| word.parse().ok()).unwrap_or(1024_usize);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let rules = sysdock::rule::builtin().expect("the built-in rules can be read");
    let patterns: Vec<String> = rules
        .rules
        .iter()
        .flat_map(|rule| rule.signatures.iter().map(|one| without_names(one.pattern.source())))
        .collect();
    let list = folder.path().join("patterns");
    std::fs::write(&list, patterns.join("\n") + "\n").expect("the patterns can be written");
    let extended: Vec<String> = patterns.iter().filter_map(|pattern| extended(pattern)).collect();
    std::fs::write(list.with_extension("grep"), extended.join("\n") + "\n")
        .expect("the patterns can be written");
    println!(
        "grep reads extended expressions: it is given the {} patterns that can be written as such.\n",
        extended.len()
    );
    println!("{} patterns, {mib} MiB, best of {ROUNDS}\n", patterns.len());
    for (name, permille, kind) in ROWS {
        let path = folder.path().join("log");
        let bytes = write(&path, mib << 20, *permille, *kind);
        println!("## {name}\n\n| program | GB/s | ours is | peak MiB |\n|---|---|---|---|");
        row(&path, &list, bytes);
        println!();
    }
}

/// Writes a log of at least so many bytes; gives how many.
fn write(path: &Path, bytes: usize, permille: u64, kind: Kind) -> u64 {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path).expect("the log can be made"));
    let written = texts::lines(bytes, permille, kind, |line| {
        out.write_all(line.as_bytes()).expect("the log can be written");
    });
    out.flush().expect("the log can be written");
    written
}

/// A pattern whose groups have no names: all patterns together may use a name twice, and ripgrep makes one
/// expression of them.
fn without_names(pattern: &str) -> String {
    let mut parts = pattern.split("(?P<");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| format!("{text}({}", part.split_once('>').map_or(part, |(_, rest)| rest)))
}

/// A pattern as an extended regular expression of GNU grep, where it has one.
fn extended(pattern: &str) -> Option<String> {
    let plain = pattern.replace("(?:", "(").replace(r"\d", "[0-9]");
    // Flags, lazy repetition and escapes within brackets have another meaning there, or none.
    let other = ["(?", "*?", "+?", "}?"].iter().any(|form| plain.contains(form));
    let in_brackets =
        plain.split('[').skip(1).any(|part| part.split(']').next().is_some_and(|class| class.contains('\\')));
    (!other && !in_brackets && !pattern.contains(r"\d]") && !pattern.contains(r"[\d")).then_some(plain)
}

/// Runs all programs on one file, in turns.
fn row(path: &Path, list: &Path, bytes: u64) {
    let mut runs = others::all(path, list);
    let mut best: Vec<Option<Cost>> = vec![None; runs.len()];
    for _ in 0..ROUNDS {
        for (run, best) in runs.iter_mut().zip(&mut best) {
            let cost = measured(run);
            *best = match (*best, cost) {
                (Some(before), Some(now)) if before.seconds <= now.seconds => Some(before),
                (before, now) => now.or(before),
            };
        }
    }
    let ours = best.first().copied().flatten().map_or(f64::NAN, |cost| cost.seconds);
    for (run, best) in runs.iter().zip(best) {
        let part = run.part;
        match best {
            Some(cost) => println!(
                "| {} | {:.2} | {:.2}× | {:.1} |",
                run.name,
                bytes as f64 * part / cost.seconds / 1e9,
                cost.seconds / part / ours,
                cost.peak_mib
            ),
            None => println!("| {} | not run: {} | | |", run.name, run.missing()),
        }
    }
}

/// Number of a processor that this process may use.
fn last_processor() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    allowed.and_then(|list| list.trim().rsplit([',', '-']).next()).unwrap_or("0").to_owned()
}

/// Runs a program once; `None` when it is not there or fails.
fn measured(run: &mut Other) -> Option<Cost> {
    let mut words = ["-f", "%M"].map(str::to_owned).to_vec();
    if run.alone {
        words.extend(["taskset", "-c", &last_processor()].map(str::to_owned));
    }
    words.push(run.program.clone());
    words.extend(run.arguments.iter().cloned());
    let began = Instant::now();
    let mut command = Command::new("/usr/bin/time");
    // grep ends at the first match where its output is /dev/null.
    command
        .args(&words)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let output = command.output().ok()?;
    let elapsed = began.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&output.stderr);
    // 1 of triage: findings; of grep: no match.
    if !matches!(output.status.code(), Some(0 | 1)) {
        said.lines().next().unwrap_or_default().clone_into(&mut run.said);
        return None;
    }
    let compiling = said.lines().find_map(|line| line.strip_prefix("compiled ")?.parse::<f64>().ok());
    let seconds = elapsed - compiling.unwrap_or_default();
    let peak = said.lines().last().and_then(|line| line.trim().parse::<f64>().ok())?;
    Some(Cost { seconds, peak_mib: peak / 1024.0 })
}
