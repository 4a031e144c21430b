//! Rows of the atlas: appended to a file while they are measured, kept compressed in `data/`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::lane::Engine;
use super::space::Launch;
use super::trial::Outcome;
use crate::engine::{self, project};

/// Rows that development looks at, and those that it does not.
pub const OPEN: &str = "data/atlas.jsonl.zst";
/// A fifth of all rows, by the first byte of their IDs.
pub const HELD_OUT: &str = "data/atlas-held-out.jsonl.zst";

/// Most bytes of both files together.
const LARGEST: usize = 4 << 20;

/// One launch of one guest on one lane, and what came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// First 16 hex digits of the hash of lane, guest and launch.
    pub id: String,
    /// The lane.
    pub lane: String,
    /// Its engine.
    pub engine: Engine,
    /// Whether the tree was mounted with `nsdelegate`; absent on v1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nsdelegate: Option<bool>,
    /// The guest.
    pub guest: String,
    /// Its version of systemd.
    pub systemd: i64,
    /// Whether it was drawn; others are changes of those that were.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub drawn: bool,
    /// The launch: each dimension that is not as the engine does it by itself.
    pub launch: Launch,
    /// The command line, with NAME for the container's name.
    pub line: Vec<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// Changes that make it boot and stop in order: all single ones, or one set that needs each of its changes;
    /// empty where none does. Absent where it is fine or was not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causes: Option<Vec<Vec<String>>>,
    /// What the doctor said, where it was asked: before the stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doctor: Option<Said>,
    /// What it said after the stop, where that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Said>,
    /// What became of the printed cure, where it was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// The doctor's snapshot before the stop, of stored rows that were drawn.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub snapshot: Value,
    /// Its snapshot after a stop that failed.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub stopped_snapshot: Value,
}

/// What the doctor said of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Its verdict.
    pub verdict: String,
    /// IDs of the root causes, in order.
    pub roots: Vec<String>,
    /// IDs of the risks.
    pub risks: Vec<String>,
    /// Whether it offers a cure.
    pub curable: bool,
    /// Whether the cure adds `--privileged`.
    pub privileged: bool,
}

/// What became of a cure that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Whether it worked.
    pub works: bool,
    /// The state that was seen, or why it was not tried.
    pub state: String,
    /// Units that failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<String>,
}

/// The ID of a row.
pub fn id(lane: &str, guest: &str, launch: &Launch) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{lane}\n{guest}\n"));
    for (name, value) in launch {
        hash.update(format!("{name}={value}\n"));
    }
    hash.finalize().iter().take(8).fold(String::new(), |mut id, byte| {
        let _ = write!(id, "{byte:02x}");
        id
    })
}

/// Whether a row is held out.
fn is_held_out(id: &str) -> bool {
    u8::from_str_radix(&id[..2], 16).is_ok_and(|first| first % 5 == 0)
}

fn parse(text: impl BufRead, rows: &mut BTreeMap<String, Row>) -> Result<()> {
    for line in text.lines() {
        // The last line of a run that was interrupted may be cut.
        if let Ok(row) = serde_json::from_str::<Row>(&line?) {
            rows.insert(row.id.clone(), row);
        }
    }
    Ok(())
}

/// Reads rows that were appended to a file; the last one of an ID counts. No file, no rows.
pub fn read(path: &Path) -> Result<BTreeMap<String, Row>> {
    let mut rows = BTreeMap::new();
    if path.exists() {
        let file = File::open(path).with_context(|| path.display().to_string())?;
        if path.extension().is_some_and(|extension| extension == "zst") {
            let mut text = Vec::new();
            zstd::stream::read::Decoder::new(file)?.read_to_end(&mut text)?;
            parse(text.as_slice(), &mut rows)?;
        } else {
            parse(BufReader::new(file), &mut rows)?;
        }
    }
    Ok(rows)
}

/// Appends a row.
pub fn append(path: &Path, row: &Row) -> Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all((serde_json::to_string(row)? + "\n").as_bytes())?;
    Ok(())
}

/// Rows that are stored; with those that are held out where asked for.
pub fn stored(held_out: bool) -> Result<BTreeMap<String, Row>> {
    let mut rows = read(&project(OPEN))?;
    if held_out {
        rows.extend(read(&project(HELD_OUT))?);
    }
    Ok(rows)
}

/// Takes in the snapshots beside a file of rows, and takes out what names this machine.
pub fn complete(rows: &mut BTreeMap<String, Row>, from: &Path) -> Result<()> {
    let (folder, home) = (super::doctor::snapshots(from), engine::home()?);
    let read = |name: String| -> Result<Value> {
        let path = folder.join(name);
        if !path.exists() {
            return Ok(Value::Null);
        }
        let mut snapshot: Value = serde_json::from_str(&std::fs::read_to_string(&path)?)
            .with_context(|| path.display().to_string())?;
        if let Some(name) = snapshot.pointer_mut("/documents/engine/Name") {
            *name = Value::String("lab".to_owned());
        }
        Ok(snapshot)
    };
    let name = Regex::new(r"satlas\d+x\d+")?;
    for row in rows.values_mut().filter(|row| row.doctor.is_some()) {
        row.snapshot = read(format!("{}.json", row.id))?;
        row.stopped_snapshot = read(format!("{}.stopped.json", row.id))?;
    }
    for row in rows.values_mut() {
        let text = serde_json::to_string(row)?.replace(&home, "/lab");
        *row = serde_json::from_str(&name.replace_all(&text, "web"))?;
    }
    Ok(())
}

/// Adds measured rows to the stored ones, in the order of their IDs.
pub fn merge(new: BTreeMap<String, Row>) -> Result<()> {
    let mut rows = stored(true)?;
    rows.extend(new);
    let (held, open): (Vec<Row>, Vec<Row>) = rows.into_values().partition(|row| is_held_out(&row.id));
    let size = write(&project(OPEN), &open)? + write(&project(HELD_OUT), &held)?;
    println!("{} rows, and {} that are held out, in {} KiB", open.len(), held.len(), size / 1024);
    ensure!(size <= LARGEST, "the atlas is larger than {} KiB", LARGEST / 1024);
    Ok(())
}

fn write(path: &Path, rows: &[Row]) -> Result<usize> {
    let mut text = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut text, row)?;
        text.push(b'\n');
    }
    let packed = zstd::encode_all(text.as_slice(), 19)?;
    std::fs::write(path, &packed).with_context(|| path.display().to_string())?;
    Ok(packed.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_one_id_and_a_fifth_is_held_out() {
        let launch = |number: usize| Launch::from([("run".to_owned(), number.to_string())]);
        let ids: Vec<String> = (0..2000).map(|number| id("lane", "guest", &launch(number))).collect();
        assert_eq!(ids[7], id("lane", "guest", &launch(7)));
        assert_ne!(ids[7], id("lane2", "guest", &launch(7)));
        let held = ids.iter().filter(|id| is_held_out(id)).count();
        assert!((330..470).contains(&held), "{held}");
    }
}
