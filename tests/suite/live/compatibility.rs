//! The compatibility table: what each guest needs on each lane, found by leaving out each part of the cure in
//! turn.
//!
//! `SYSDOCK_RECORD=1` writes `docs/compatibility.md`; without it the recorded cells of the same engine and
//! guest must say what the run says. No cell is filled from anything but a run. `SYSDOCK_LIVE_ONLY` holds the
//! lanes that are wanted; the cells of the others are then kept.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::lab::{Lane, lab, turn};
use super::program::{Run, announce, clock, project};
use super::tally;

const PLACE: &str = "docs/compatibility.md";

const NO_FLAG: &str =
    "**no flag helps**: cgroup-v2-host-old-systemd (a cure of the host without a reboot is in its page)";

/// What was recorded with builds of RHEL 7's and RHEL 8's systemd, which the lab does not have: version,
/// engine, needs. No run here compares them.
const ELSEWHERE: [(u32, &str, &str); 8] = [
    (
        219,
        "Docker 20.10.24, cgroup v1",
        "`--tmpfs /run` `-v …:/sys/fs/cgroup/systemd` `--stop-signal SIGRTMIN+3` `-e container=…`, and \
            `sys-fs-fuse-connections.mount` masked in the image (else `degraded`)",
    ),
    (219, "Docker 20.10.24, cgroup v2", NO_FLAG),
    (219, "Docker 28.5.2, cgroup v2", NO_FLAG),
    (219, "Podman 4.3.1, cgroup v2", NO_FLAG),
    (
        239,
        "Docker 20.10.24, cgroup v1",
        "`--tmpfs /run` `-v …:/sys/fs/cgroup/systemd` `--stop-signal SIGRTMIN+3` `-e container=…`",
    ),
    (
        239,
        "Docker 20.10.24, cgroup v2",
        "`--tmpfs /run` `-v …:/sys/fs/cgroup/NAME` `--cgroupns host` `--cgroup-parent /NAME` \
            `--stop-signal SIGRTMIN+3` `-e container=…`",
    ),
    (
        239,
        "Docker 28.5.2, cgroup v2",
        "`--tmpfs /run` `--security-opt writable-cgroups=true` `--stop-signal SIGRTMIN+3` `-e container=…`",
    ),
    (239, "Podman 4.3.1, cgroup v2", "nothing"),
];

/// Why the lab cannot show rows of the planner's table, by the beginning of their words.
const UNSHOWN: [(&str, &str); 4] = [
    ("systemd before 230", "the lab has no guest that old; 219 was recorded elsewhere, see the table"),
    ("a rootless engine cannot use cgroup v1", "hosts of the lab have cgroup v2 only"),
    ("a rootless engine with the cgroup driver none", "its user's systemd is there on all hosts of the lab"),
    ("the host's cgroup tree, writable", "engines of the lab have one of these two drivers"),
];

/// What people have beside this, and why the lab does not have it.
const ELSEWHERE_ONLY: [(&str, &str); 9] = [
    (
        "Docker 29",
        "no Debian release has it; its image store is that of the lab's Docker 28.5 with driver systemd",
    ),
    ("Podman 6", "no Debian release has it"),
    ("gVisor", "no engine of the lab has its runtime, which Debian's package runsc would bring"),
    ("Kata Containers, Sysbox", "Debian has no package of them, and Kata needs virtual machines"),
    ("SELinux and AppArmor", "the kernel of the lab's machine has no security module"),
    ("WSL, Docker Desktop, Podman Machine", "they are virtual machines with kernels of their own"),
    ("Kubernetes' runtimes", "the planner writes for Docker and Podman"),
    ("hybrid trees with the driver systemd", "the systemd of the lab's hosts mounts cgroup v2 only"),
    ("delegated controllers on cgroup v2", "the machine's version 1 tree keeps them"),
];

/// One lane with one guest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Cell {
    /// Engine and control groups, such as `Docker 28.5.2, cgroup v2`.
    engine: String,
    /// systemd's version.
    systemd: u32,
    /// What came of it: flags, or why none helps.
    needs: String,
}

/// What `prove` says of an image. A proof that goes wrong is tried once more and named: a machine under load
/// boots and stops guests late.
fn proven(lane: &Lane, image: &str) -> Run {
    let call = || lane.sysdock(&["prove", image, "--minimal", "--format", "json"]).run();
    let run = call();
    let trial = run.report(0)["trial"].clone();
    if trial.is_null() || trial["works"] == true {
        return run;
    }
    announce(&format!("live: {image} on {}: tried again after {trial}", lane.name));
    call()
}

/// Tries a guest on a lane.
fn tried(lane: &Lane, guest: &str) -> Cell {
    let _turn = turn();
    let image = format!("deb-systemd:{guest}");
    let said = lane
        .client(&[
            "run",
            "--rm",
            "--network",
            "none",
            "-e",
            "SYSTEMD_COLORS=0",
            &image,
            "systemctl",
            "--version",
        ])
        .stdout;
    let systemd = said.split_whitespace().nth(1).and_then(|word| word.parse().ok());
    let systemd = systemd.unwrap_or_else(|| panic!("{} {guest}: no version in {said}", lane.name));
    let run = proven(lane, &image);
    let report = run.report(0);
    let engine = &report["target"]["engine"];
    let version = engine["version"]
        .as_str()
        .unwrap_or_default()
        .split(['+', '~', '-'])
        .next()
        .unwrap_or_default()
        .to_owned();
    let name = if engine["name"] == "podman" { "Podman" } else { "Docker" };
    let kind = [
        (lane.info.driver == "systemd", ", driver systemd"),
        (lane.is_rootless(), ", rootless"),
        (lane.maps_users(), ", userns-remap"),
    ];
    let kind: String = kind.iter().filter(|(is, _)| *is).map(|(_, words)| *words).collect();
    let engine = format!("{name} {version}, cgroup {}{kind}", lane.cgroup);
    let trial = &report["trial"];
    if trial.is_null() {
        assert_eq!(run.code, 1, "{} {guest}: {report:#}", lane.name);
        return Cell { engine, systemd, needs: impossible(&report) };
    }
    assert!(run.code == 0 && trial["works"] == true, "{} {guest}: {report:#}", lane.name);
    assert_eq!(
        trial["minimal"]["not_needed"],
        serde_json::json!([]),
        "{} {guest}: a part too many",
        lane.name
    );
    let needed: Vec<&str> =
        trial["minimal"]["needed"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let words: Vec<String> = needed.iter().map(|flag| format!("`{}`", general(flag))).collect();
    assert!(
        !words.iter().any(|word| word.contains("privileged") || word.contains("unconfined")),
        "{words:?}"
    );
    Cell { engine, systemd, needs: if words.is_empty() { "nothing".to_owned() } else { words.join(" ") } }
}

/// A flag without the name of the container that it was tried with.
fn general(flag: &str) -> String {
    let word = |word: &str| match word.split_once("sysdock-") {
        Some((before, name)) if name.contains(".slice") => format!("{before}NAME.slice"),
        Some((before, _)) => format!("{before}NAME"),
        None => word.to_owned(),
    };
    flag.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// The root cause that no flag cures.
fn impossible(report: &Value) -> String {
    let findings = report["findings"].as_array().cloned().unwrap_or_default();
    let roots = findings.iter().filter(|finding| finding["role"] == "root-cause");
    let ids: Vec<&str> =
        roots.filter_map(|finding| finding["id"].as_str()).filter(|id| id.starts_with("cgroup-v")).collect();
    assert!(!ids.is_empty(), "{report:#}");
    format!("**no flag helps**: {}", ids.join(", "))
}

/// Rows of the planner's table that no lane of this lab can show.
fn not_run() -> Vec<String> {
    #[derive(Deserialize)]
    struct Row {
        engine: Option<String>,
        #[serde(default)]
        since: i64,
        until: Option<i64>,
        mode: Option<String>,
        driver: Option<String>,
        rootless: Option<bool>,
        userns: Option<bool>,
        guest: Option<(i64, i64)>,
        words: String,
        #[serde(default)]
        measured: bool,
    }
    #[derive(Deserialize)]
    struct Table {
        row: Vec<Row>,
    }
    let text = std::fs::read_to_string(project("src/prescribe/remedy/least_cgroup_set.toml"))
        .expect("the planner's table can be read");
    let table: Table = toml::from_str(&text).expect("it is a table");
    let one = |row: &Row| {
        let mut place = vec![row.engine.clone().unwrap_or_else(|| "any engine".to_owned())];
        place.extend((row.since > 0).then(|| format!("{} and later", row.since)));
        place.extend(row.until.map(|last| format!("{last} and earlier")));
        place.extend(row.rootless.filter(|is| *is).map(|_| "rootless".to_owned()));
        place.extend(row.userns.filter(|is| *is).map(|_| "userns-remap".to_owned()));
        place.extend(row.mode.as_ref().map(|mode| format!("cgroup {mode}")));
        let general = row.engine.is_some() && row.rootless != Some(true) && row.userns.is_none();
        let driver = row.driver.as_ref().map(|driver| format!("driver {driver}"));
        place.extend(
            driver.or_else(|| general.then(|| "any cgroup driver but cgroupfs and systemd".to_owned())),
        );
        place.extend(row.guest.map(|(_, last)| format!("systemd {last} and earlier")));
        let why = UNSHOWN.iter().find(|(begin, _)| row.words.starts_with(begin));
        let (_, why) = why.unwrap_or_else(|| panic!("no reason why `{}` is not run", row.words));
        format!("- {}: {} — not run: {why}", place.join(", "), row.words)
    };
    table.row.iter().filter(|row| !row.measured).map(one).collect()
}

fn page(cells: &[Cell]) -> String {
    let mut versions: Vec<u32> = cells.iter().map(|cell| cell.systemd).collect();
    versions.sort_unstable();
    versions.dedup();
    let mut sets: BTreeMap<&str, usize> = BTreeMap::new();
    for cell in cells {
        let next = sets.len() + 1;
        sets.entry(&cell.needs).or_insert(next);
    }
    for (.., needs) in ELSEWHERE {
        let next = sets.len() + 1;
        sets.entry(needs).or_insert(next);
    }
    let mut text = String::from(
        "# What systemd needs in a container\n\n\
         Made by the test `the_compatibility_table_is_what_runs_show` from runs on real engines with real \
            guests (Debian's builds of\n\
         systemd); nothing in it is written by hand. Each set is minimal: without any one of its flags the \
            guest does not boot to\n\
         `running`, or does not stop in order. None of it is `--privileged`, and no seccomp filter is \
            switched off.\n\n\
         The sets apply to an image without labels and without an entrypoint. An image made by \
            `sysdock build` sets its stop signal;\n\
         `sysdock run` adds the rest.\n\n\
         Columns marked * were recorded elsewhere, with builds of RHEL 7's and RHEL 8's systemd that are no \
            part of the lab.\n\n",
    );
    let mut old: Vec<u32> = ELSEWHERE.iter().map(|(version, ..)| *version).collect();
    old.dedup();
    let mut columns: Vec<String> = old.iter().map(|version| format!("systemd {version} *")).collect();
    columns.extend(versions.iter().map(|version| format!("systemd {version}")));
    text.push_str(&format!("| engine | {} |\n|---|{}\n", columns.join(" | "), "---|".repeat(columns.len())));
    let mut engines: Vec<&str> = cells.iter().map(|cell| cell.engine.as_str()).collect();
    engines.dedup();
    for engine in engines {
        let of = |version: &u32| cells.iter().find(|cell| cell.engine == engine && cell.systemd == *version);
        let recorded = |version: &u32| {
            ELSEWHERE.iter().find(|(of, on, _)| of == version && *on == engine).map(|(.., needs)| *needs)
        };
        let run = versions.iter().map(|version| of(version).map(|cell| cell.needs.as_str()));
        let words: Vec<String> = old
            .iter()
            .map(recorded)
            .chain(run)
            .map(|needs| needs.map_or("not run".to_owned(), |needs| format!("set {}", sets[needs])))
            .collect();
        text.push_str(&format!("| {engine} | {} |\n", words.join(" | ")));
    }
    let mut listed: Vec<(&str, usize)> = sets.into_iter().collect();
    listed.sort_by_key(|(_, number)| *number);
    text.push_str("\n## The sets\n\n");
    listed.iter().for_each(|(needs, number)| text.push_str(&format!("{number}. {needs}\n")));
    text.push_str("\n## Not run\n\nThe planner knows these too, from documentation; its cures say so.\n\n");
    not_run().iter().for_each(|line| text.push_str(&format!("{line}\n")));
    text.push_str("\nNo lane of the lab has these:\n\n");
    ELSEWHERE_ONLY.iter().for_each(|(what, why)| text.push_str(&format!("- {what} — not run: {why}\n")));
    text.push_str("\nCells of the table that were not run: ");
    text.push_str("systemd 219 and 239 were recorded on the engines that the place of recording had.\n");
    text
}

/// Cells that were recorded before, with new ones in the place of theirs or behind those of their engine.
fn merged(mut cells: Vec<Cell>, new: &[Cell]) -> Vec<Cell> {
    for cell in new {
        cells.retain(|old| old.engine != cell.engine || old.systemd != cell.systemd);
        let last = cells.iter().rposition(|old| old.engine == cell.engine);
        cells.insert(last.map_or(cells.len(), |last| last + 1), cell.clone());
    }
    cells
}

/// The cells that a page holds.
fn cells_of(page: &str) -> Vec<Cell> {
    let numbered = |line: &str| {
        line.split_once(". ")
            .and_then(|(number, needs)| Some((number.parse::<usize>().ok()?, needs.to_owned())))
    };
    let sets: BTreeMap<usize, String> = page.lines().filter_map(numbered).collect();
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| "))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let Some((head, rows)) = rows.split_first() else { return Vec::new() };
    let version = |column: usize| head[column].trim_start_matches("systemd ").parse::<u32>().ok();
    let mut cells = Vec::new();
    for row in rows {
        for column in 1..row.len() {
            let needs = row[column].strip_prefix("set ").and_then(|number| sets.get(&number.parse().ok()?));
            if let (Some(systemd), Some(needs)) = (version(column), needs) {
                cells.push(Cell { engine: row[0].to_owned(), systemd, needs: needs.clone() });
            }
        }
    }
    cells
}

#[test]
fn the_compatibility_table_is_what_runs_show() {
    clock();
    let (lanes, others): (Vec<&Lane>, Vec<&Lane>) = lab().lanes.iter().partition(|lane| lane.is_own());
    others.iter().for_each(|lane| tally::left_out(lane, "the table has engines of the lab only"));
    let only = std::env::var("SYSDOCK_LIVE_ONLY").unwrap_or_default();
    let wanted = |lane: &&Lane| only.is_empty() || only.split_whitespace().any(|word| lane.name == word);
    let lanes: Vec<&Lane> = lanes.into_iter().filter(wanted).collect();
    let guests = lanes.iter().flat_map(|lane| lane.guests.iter().map(|guest| (*lane, guest)));
    let cells: Vec<Cell> = std::thread::scope(|scope| {
        let running: Vec<_> = guests.map(|(lane, guest)| scope.spawn(move || tried(lane, guest))).collect();
        running.into_iter().map(|cell| cell.join().expect("a cell is tried to its end")).collect()
    });
    for lane in &lanes {
        tally::ran(lane, lane.guests.len());
    }
    if std::env::var("SYSDOCK_RECORD").is_ok_and(|value| value == "1") {
        std::fs::create_dir_all(project("docs")).expect("docs/ can be made");
        let old = std::fs::read_to_string(project(PLACE)).unwrap_or_default();
        let kept = if only.is_empty() { Vec::new() } else { cells_of(&old) };
        std::fs::write(project(PLACE), page(&merged(kept, &cells))).expect("the table can be written");
    }
    let recorded = cells_of(&std::fs::read_to_string(project(PLACE)).expect("the table can be read"));
    let mut unknown = 0;
    for cell in &cells {
        match recorded.iter().find(|other| other.engine == cell.engine && other.systemd == cell.systemd) {
            Some(other) => assert_eq!(
                cell, other,
                "docs/compatibility.md is out of date: record it with SYSDOCK_RECORD=1"
            ),
            None => unknown += 1,
        }
    }
    announce(&format!(
        "live: compatibility of {} cells compared, {unknown} of them with versions that docs/ does not know",
        cells.len()
    ));
}

#[test]
fn the_table_is_read_as_it_is_written() {
    let cell = |engine: &str, systemd, needs: &str| Cell {
        engine: engine.to_owned(),
        systemd,
        needs: needs.to_owned(),
    };
    let cells = vec![
        cell("Docker 1, cgroup v1", 247, "`-a` `-b`"),
        cell("Docker 1, cgroup v1", 262, "**no flag helps**: x"),
        cell("Podman 4", 262, "nothing"),
    ];
    let new = cell("Docker 1, cgroup v1", 247, "`-c`");
    let one = merged(cells.clone(), std::slice::from_ref(&new));
    assert_eq!(one, [cells[1].clone(), new, cells[2].clone()]);
    let page = page(&cells);
    assert_eq!(cells_of(&page), cells);
    assert!(
        page.contains("| Podman 4 | not run | not run | not run | set ") && page.contains("— not run: "),
        "{page}"
    );
}
