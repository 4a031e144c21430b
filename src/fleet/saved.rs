//! Diagnoses saved snapshots: takes files, returns reports with their cures.

use std::path::PathBuf;

use super::Judge;
use crate::diagnose::Report;
use crate::docker::EngineKind;
use crate::facts::pipeline::complete;
use crate::prescribe::{Prescription, Reach};
use crate::snapshot::saved_file::{self, SnapshotError};
use crate::snapshot::{EngineId, Snapshot};

/// The result for one saved snapshot.
pub type Judged = Result<(Report, Option<Prescription>), SnapshotError>;

/// Diagnoses snapshot files in order.
pub fn judge_saved(files: &[PathBuf], judge: &Judge<'_>) -> impl Iterator<Item = Judged> {
    files.iter().map(|path| {
        let snapshot = saved_file::read(path).map(complete)?;
        Ok(judge.answer(&snapshot, &Reach::by_itself(engine_of(&snapshot))))
    })
}

/// Returns the engine that a snapshot was taken from; Docker if it does not say.
fn engine_of(snapshot: &Snapshot) -> EngineKind {
    let is = |engine: &EngineId| engine.name == EngineKind::Podman.name();
    if snapshot.target.engine.as_ref().is_some_and(is) { EngineKind::Podman } else { EngineKind::Docker }
}
