//! The records of a sweep: one line of JSON for each boot, only ever appended to, so that an interrupted
//! sweep goes on.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::boot::Seen;

/// What is booted: one guest of one lane with one call denied, or with none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cell {
    /// The lane's name.
    pub lane: String,
    /// The guest.
    pub guest: String,
    /// The denied call; none for a boot that shows what is usual.
    pub call: Option<String>,
    /// The errno of the denial, or the number of the usual boot.
    pub errno: i32,
}

/// A cell and what became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// What was booted.
    #[serde(flatten)]
    pub cell: Cell,
    /// The engine in words.
    pub engine: String,
    /// Control groups, `v1` or `v2`.
    pub cgroup: String,
    /// Version of systemd.
    pub systemd: i64,
    /// What was seen.
    #[serde(flatten)]
    pub seen: Seen,
    /// Whether this was a second boot, with few others beside it.
    pub alone: bool,
    /// How long it took, in seconds.
    pub took: f64,
}

impl Cell {
    /// What it is called in messages and in names of files.
    pub fn label(&self) -> String {
        let call = self.call.as_deref().unwrap_or("usual");
        format!("{}-{}-{call}-{}", self.lane, self.guest, self.errno)
    }

    /// The snapshot of its boot.
    pub fn snapshot(&self, state: &Path) -> PathBuf {
        state.join("snapshots").join(format!("{}.json.zst", self.label()))
    }
}

fn file(state: &Path) -> PathBuf {
    state.join("boots.jsonl")
}

/// All records, the last one of each cell; a line that was cut off counts as never written.
pub fn read(state: &Path) -> BTreeMap<Cell, Record> {
    let text = std::fs::read_to_string(file(state)).unwrap_or_default();
    let records = text.lines().filter_map(|line| serde_json::from_str::<Record>(line).ok());
    records.map(|record| (record.cell.clone(), record)).collect()
}

/// Appends a record.
pub fn append(state: &Path, record: &Record) -> Result<()> {
    let mut line = serde_json::to_string(record)?;
    line.push('\n');
    let path = file(state);
    let mut file = std::fs::File::options()
        .create(true)
        .append(true)
        .open(&path)
        .with_context(|| format!("cannot open {}", path.display()))?;
    file.write_all(line.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}
