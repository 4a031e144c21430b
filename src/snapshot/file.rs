//! Snapshot files: JSON, compressed with zstd when the name ends in `.zst`.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::{Redactor, SCHEMA_VERSION, Snapshot, TargetKind};

/// Largest snapshot that is read, after decompression.
const READ_LIMIT: u64 = 64 * 1024 * 1024;
/// First bytes of a zstd frame (RFC 8878).
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A snapshot file that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file cannot be opened or read.
    #[error("cannot read {path}: {source}\n  next: check the path, and that it is a file that you may read")]
    Read {
        /// The file.
        path: PathBuf,
        /// Cause given by the operating system.
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write {path}: {source}\n  next: name a file with -o in a folder that is there and that you may write to")]
    Write {
        /// The file.
        path: PathBuf,
        /// Cause given by the operating system.
        source: std::io::Error,
    },
    /// The file is no snapshot.
    #[error(
        "{path} is not a sysdock snapshot: {reason}\n  next: make one with `sysdock snapshot <container> -o FILE`; for logs and other text use `sysdock triage`"
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column where known.
        reason: String,
    },
    /// The file was made by a newer sysdock.
    #[error("{path} has snapshot schema {found}, this sysdock reads up to {SCHEMA_VERSION}\n  next: update sysdock")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: u64,
    },
}

/// The bytes of a snapshot file, without compression.
///
/// # Errors
/// [`std::io::Error`] when the snapshot cannot be serialised.
pub fn to_json(snapshot: &Snapshot) -> std::io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(snapshot)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Writes a snapshot to a file.
///
/// # Errors
/// [`SnapshotError::Write`].
pub fn write(snapshot: &Snapshot, path: &Path) -> Result<(), SnapshotError> {
    let failed = |source| SnapshotError::Write { path: path.to_owned(), source };
    let json = to_json(snapshot).map_err(failed)?;
    let compressed = path.extension().is_some_and(|ext| ext == "zst");
    let bytes = if compressed { zstd::encode_all(json.as_slice(), 0).map_err(failed)? } else { json };
    let mut file = std::fs::File::create(path).map_err(failed)?;
    file.write_all(&bytes).map_err(failed)
}

/// Reads a snapshot, compressed or not. Secrets that another hand left in it are taken out.
///
/// # Errors
/// Any [`SnapshotError`] of reading.
pub fn read(path: &Path) -> Result<Snapshot, SnapshotError> {
    let failed = |source| SnapshotError::Read { path: path.to_owned(), source };
    let raw = read_limited(std::fs::File::open(path).map_err(failed)?, path)?;
    let json = if raw.starts_with(&ZSTD_MAGIC) { read_limited(zstd::Decoder::new(raw.as_slice()).map_err(failed)?, path)? } else { raw };
    parse(&json, path)
}

fn read_limited(from: impl Read, path: &Path) -> Result<Vec<u8>, SnapshotError> {
    let mut bytes = Vec::new();
    from.take(READ_LIMIT + 1).read_to_end(&mut bytes).map_err(|source| SnapshotError::Read { path: path.to_owned(), source })?;
    if bytes.len() as u64 > READ_LIMIT {
        return Err(SnapshotError::Format { path: path.to_owned(), reason: format!("it is larger than {} MiB", READ_LIMIT >> 20) });
    }
    Ok(bytes)
}

/// The part of a snapshot that tells whether the rest can be read.
#[derive(serde::Deserialize)]
struct Head {
    schema_version: u64,
}

fn parse(json: &[u8], path: &Path) -> Result<Snapshot, SnapshotError> {
    let format = |reason: String| SnapshotError::Format { path: path.to_owned(), reason };
    let head: Head = serde_json::from_slice(json).map_err(|e| format(e.to_string()))?;
    if head.schema_version > u64::from(SCHEMA_VERSION) {
        return Err(SnapshotError::Newer { path: path.to_owned(), found: head.schema_version });
    }
    let mut snapshot: Snapshot = serde_json::from_slice(json).map_err(|e| format(e.to_string()))?;
    if let Some(misfit) = snapshot.facts.misfits().into_iter().next() {
        return Err(format(misfit));
    }
    snapshot.target.kind = TargetKind::Snapshot;
    Ok(Redactor::again().redacted(snapshot))
}
