//! Diagnoses saved snapshots: takes files, returns reports with their cures.

use std::path::PathBuf;

use super::Judge;
use crate::diagnose::Report;
use crate::docker::EngineKind;
use crate::facts::pipeline::complete;
use crate::prescribe::{Prescription, Reach};
use crate::snapshot::EngineId;
use crate::snapshot::saved_file::{self, SnapshotError};

/// The result for one saved snapshot.
pub type Judged = Result<(Report, Option<Prescription>), SnapshotError>;

/// Diagnoses snapshot files in order.
pub fn judge_saved(files: &[PathBuf], judge: &Judge<'_>) -> impl Iterator<Item = Judged> {
    files.iter().map(|path| {
        let snapshot = saved_file::read(path).map(complete)?;
        // A snapshot that does not say is taken for Docker's.
        let engine = snapshot.target.engine.as_ref().map_or(EngineKind::Docker, EngineId::kind);
        Ok(judge.answer(&snapshot, &Reach::by_itself(engine)))
    })
}
