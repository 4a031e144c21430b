//! Containers of saved snapshots: files in, reports with their cures out.

use std::path::PathBuf;

use super::Judge;
use crate::diagnose::Report;
use crate::docker::EngineKind;
use crate::facts::pipeline::complete;
use crate::prescribe::{Prescription, Reach};
use crate::snapshot::saved_file::{self, SnapshotError};
use crate::snapshot::{EngineId, Snapshot};

/// What came of a saved snapshot.
pub type Judged = Result<(Report, Option<Prescription>), SnapshotError>;

/// Judges the snapshots of files, in their order.
pub fn judge_saved(files: &[PathBuf], judge: &Judge<'_>) -> impl Iterator<Item = Judged> {
    files.iter().map(|path| {
        let snapshot = saved_file::read(path).map(complete)?;
        Ok(judge.answer(&snapshot, &Reach::by_itself(engine_of(&snapshot))))
    })
}

/// Returns the engine that a snapshot was taken from; Docker where it does not tell.
fn engine_of(snapshot: &Snapshot) -> EngineKind {
    let is = |engine: &EngineId| engine.name == EngineKind::Podman.name();
    if snapshot.target.engine.as_ref().is_some_and(is) { EngineKind::Podman } else { EngineKind::Docker }
}
