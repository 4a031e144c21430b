//! A sample of the seccomp sweep, booted anew: what `docs/seccomp-sweep.md` says of a denied call is what the
//! doctor finds live.
//!
//! The sample is drawn by a seed, `SYSDOCK_SWEEP_SEED`, so that a failure can be repeated; the seed is named
//! with the result.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::lab::{Container, Lane, lane, turn};
use super::program::{announce, project};

const PLACE: &str = "docs/seccomp-sweep.md";
/// The engine on which every call was denied.
const LANE: &str = "docker28-v2";
/// Its section of the page.
const SECTION: &str = "## Docker 28";
/// Calls whose denial stops some of the boots: one look at them says nothing. Go's runtime, of which runc is
/// made, returns from signals whenever it likes; systemd 252 was seen to boot and to abort without sysinfo.
const CHANCE: [&str; 2] = ["rt_sigreturn", "sysinfo"];
/// Cells of each kind in a sample.
const EACH: usize = 6;
/// How long the doctor may take to be right about a boot that still goes on.
const PATIENCE: Duration = Duration::from_secs(100);

/// One guest with one call denied.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cell {
    systemd: u32,
    call: String,
    errno: i32,
    /// What the denial does; `harmless` for nothing.
    effect: String,
}

impl Cell {
    fn is_harmless(&self) -> bool {
        self.effect == "harmless"
    }
}

/// The cells of an engine that the page holds, without those that it names as wrong.
fn cells_of(page: &str, section: &str) -> Vec<Cell> {
    let lines: Vec<&str> = page
        .lines()
        .skip_while(|line| !line.starts_with(section))
        .skip(1)
        .take_while(|line| !line.starts_with("## "))
        .collect();
    let engine = page.lines().find_map(|line| {
        line.strip_prefix("## ").filter(|name| section.ends_with(name.split('.').next().unwrap_or(name)))
    });
    let wrong = |cell: &Cell| {
        let errno = if cell.errno == 1 { "EPERM" } else { "ENOSYS" };
        let head =
            format!("- {}, systemd {}, {} {errno}:", engine.unwrap_or_default(), cell.systemd, cell.call);
        page.lines().any(|line| line.starts_with(&head))
    };
    let mut rows = lines
        .iter()
        .filter(|line| line.starts_with("| "))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>());
    let versions: Vec<u32> = rows
        .next()
        .unwrap_or_default()
        .iter()
        .filter_map(|head| head.strip_prefix("systemd ")?.parse().ok())
        .collect();
    let mut cells = Vec::new();
    for row in rows {
        let call = row[0].trim_matches('`');
        for (systemd, words) in versions.iter().zip(&row[1..]) {
            let (one, other) = words.split_once(" / ").unwrap_or((words, words));
            cells.extend([(1, one), (38, other)].map(|(errno, effect)| cell(*systemd, call, errno, effect)));
        }
    }
    let calm =
        lines.iter().find_map(|line| line.strip_prefix("Harmless in every boot: ")).unwrap_or_default();
    for call in calm.trim_end_matches('.').split_whitespace().map(|call| call.trim_matches('`')) {
        cells.extend(
            versions.iter().flat_map(|systemd| [1, 38].map(|errno| cell(*systemd, call, errno, "harmless"))),
        );
    }
    cells.retain(|cell| cell.effect != "not made" && !CHANCE.contains(&cell.call.as_str()) && !wrong(cell));
    cells
}

fn cell(systemd: u32, call: &str, errno: i32, effect: &str) -> Cell {
    Cell { systemd, call: call.to_owned(), errno, effect: effect.to_owned() }
}

/// Draws without putting back, by a linear congruential generator (Knuth's MMIX constants).
fn draw(mut from: Vec<Cell>, number: usize, seed: u64) -> Vec<Cell> {
    let mut state = seed;
    let mut drawn = Vec::new();
    while drawn.len() < number && !from.is_empty() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let place = usize::try_from(state >> 33).unwrap_or(0) % from.len();
        drawn.push(from.swap_remove(place));
    }
    drawn
}

fn version(lane: &Lane, guest: &str) -> Option<u32> {
    let image = format!("deb-systemd:{guest}");
    let said = lane.client(&["run", "--rm", "--network", "none", &image, "systemctl", "--version"]).stdout;
    said.split_whitespace().nth(1)?.parse().ok()
}

/// What is wrong with the doctor's report about a cell; nothing when it is right.
fn complaint(report: &Value, cell: &Cell) -> Option<String> {
    let findings = report["findings"].as_array().cloned().unwrap_or_default();
    let loud: Vec<String> = findings
        .iter()
        .filter(|finding| finding["role"] != "note")
        .map(|finding| format!("{} ({})", finding["id"], finding["role"]))
        .collect();
    if cell.is_harmless() {
        return (!loud.is_empty()).then(|| format!("should be quiet: {loud:?}"));
    }
    let first = findings.first().cloned().unwrap_or_default();
    let named = |evidence: &Value| {
        evidence["path"] == "seccomp.first_blocked" && evidence["value"] == cell.call.as_str()
    };
    let right = first["role"] == "root-cause"
        && first["id"].as_str().is_some_and(|id| id.starts_with("seccomp-blocks-"))
        && first["confidence"] != "possible"
        && first["evidence"].as_array().is_some_and(|all| all.iter().any(named));
    (!right).then(|| format!("should be named first: {loud:?}; {}", report["state"]))
}

/// Boots a cell and asks the doctor until it is right or patience ends.
fn tried(lane: &Lane, guest: &str, cell: &Cell) -> Option<String> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let profile = folder.path().join("profile.json");
    let rule = json!({"names": [cell.call], "action": "SCMP_ACT_ERRNO", "errnoRet": cell.errno});
    let text = json!({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]}).to_string();
    std::fs::write(&profile, text).expect("the profile can be written");
    let container = Container::named(lane, "sweep");
    let mut words: Vec<String> =
        ["run", "-d", "-t", "--network", "none", "--name", &container.name].map(str::to_owned).to_vec();
    words.extend(lane.flags(&container.name));
    let option = format!("seccomp={}", profile.display());
    words.extend(
        ["--security-opt", &option, &format!("deb-systemd:{guest}"), "/sbin/init"].map(str::to_owned),
    );
    let said = lane.client(&words);
    assert!(said.good || !cell.is_harmless(), "{cell:?}: {}", said.stderr);
    if cell.is_harmless() {
        container.await_boot();
    }
    let end = Instant::now() + PATIENCE;
    loop {
        let run = lane.sysdock(&["doctor", &container.name, "--format", "json"]).run();
        let wrong = complaint(&run.report(0), cell);
        // A harmless cell must be quiet at once; harm may show only when the boot has come to its end.
        if wrong.is_none() || cell.is_harmless() || Instant::now() > end {
            return wrong.map(|wrong| format!("{cell:?}: {wrong}"));
        }
        std::thread::sleep(Duration::from_secs(3));
    }
}

#[test]
fn a_sample_of_denied_calls_is_diagnosed_as_in_the_sweep() {
    let _turn = turn();
    let Some(lane) = lane("the sample of the seccomp sweep", LANE) else { return };
    let seed = std::env::var("SYSDOCK_SWEEP_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(5);
    let guests: BTreeMap<u32, &String> =
        lane.guests.iter().filter_map(|guest| Some((version(lane, guest)?, guest))).collect();
    let page = std::fs::read_to_string(project(PLACE)).expect("the page can be read");
    let known = cells_of(&page, SECTION).into_iter().filter(|cell| guests.contains_key(&cell.systemd));
    let (calm, harmful): (Vec<Cell>, Vec<Cell>) = known.partition(Cell::is_harmless);
    assert!(
        calm.len() > EACH && harmful.len() > EACH,
        "{PLACE} knows none of the versions {:?}: repeat the sweep",
        guests.keys()
    );
    let sample: Vec<Cell> = draw(harmful, EACH, seed).into_iter().chain(draw(calm, EACH, seed)).collect();
    let wrong: Vec<String> =
        sample.iter().filter_map(|cell| tried(lane, guests[&cell.systemd], cell)).collect();
    announce(&format!(
        "live: {} cells of the seccomp sweep, seed {seed}, {} wrong",
        sample.len(),
        wrong.len()
    ));
    assert!(wrong.is_empty(), "seed {seed}:\n{}", wrong.join("\n"));
}

#[test]
fn the_page_of_the_sweep_is_read_as_it_is_written() {
    let page = "## Wrong cells\n\n- Docker 28.5.2, runc 1, systemd 252, bind EPERM: fatal; said: \
        nothing\n\n## Docker 28.5.2, runc 1\n\n\
        | denied | systemd 247 | systemd 252 |\n|---|---|---|\n| `bind` | fatal / harmless | fatal \
        |\n\nHarmless in every boot: `alarm`.\n\n## Docker 9\n";
    let cells = cells_of(page, SECTION);
    let expected =
        [cell(247, "bind", 1, "fatal"), cell(247, "bind", 38, "harmless"), cell(252, "bind", 38, "fatal")];
    assert_eq!(cells[..3], expected);
    assert_eq!(cells.len(), 7);
}

#[test]
fn a_real_page_holds_cells_of_both_kinds() {
    let page = std::fs::read_to_string(project(PLACE)).expect("the page can be read");
    let cells = cells_of(&page, SECTION);
    let harmless = cells.iter().filter(|cell| cell.is_harmless()).count();
    assert!(harmless > 100 && cells.len() - harmless > 100, "{harmless} of {}", cells.len());
}

#[test]
fn a_seed_draws_the_same_cells_each_time() {
    let cells: Vec<Cell> = (0..40).map(|number| cell(number, "bind", 1, "fatal")).collect();
    assert_eq!(draw(cells.clone(), 6, 7), draw(cells.clone(), 6, 7));
    assert_ne!(draw(cells.clone(), 6, 7), draw(cells, 6, 8));
}
