//! Snapshot files: JSON, compressed with zstd when the name ends in `.zst`.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::{Redactor, SCHEMA_VERSION, Snapshot, TargetKind, zstd_stream};
use crate::json_limit;

/// Largest snapshot that is read, after decompression, in bytes; real ones have about 100 KiB.
pub const READ_LIMIT: u64 = 16 * 1024 * 1024;
/// Most values in a snapshot; real ones have about 2000. One takes up to about 250 bytes in memory.
const VALUES: usize = 100_000;
/// Largest window of a compressed snapshot, as the logarithm of its bytes: that of zstd level 19.
const WINDOW: u32 = 23;
/// First bytes of a zstd frame (RFC 8878).
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A snapshot file that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file cannot be opened or read.
    #[error("cannot read {path}: {source}\n  next: check the path, and that you can read the file")]
    Read {
        /// The file.
        path: PathBuf,
        /// Cause given by the operating system.
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error(
        "cannot write {path}: {source}\n  next: with -o, choose a file in an existing folder that you can \
            write to"
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// Cause given by the operating system.
        source: std::io::Error,
    },
    /// The file is not a snapshot.
    #[error(
        "{path} is not a sysdock snapshot: {reason}\n  next: create one with `sysdock snapshot <container> \
            -o FILE`; for logs and other text use `sysdock triage`"
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column where known.
        reason: String,
    },
    /// The file was written by a newer sysdock.
    #[error(
        "{path} has snapshot schema {found}; this sysdock reads up to {SCHEMA_VERSION}\n  next: update \
            sysdock"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: u64,
    },
}

/// Returns the bytes of a snapshot file, without compression.
///
/// # Errors
/// [`std::io::Error`] if the snapshot cannot be serialised.
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
    let bytes = if compressed { zstd_stream::encoded(&json).map_err(failed)? } else { json };
    let mut file = std::fs::File::create(path).map_err(failed)?;
    file.write_all(&bytes).map_err(failed)
}

/// Reads a snapshot, compressed or not. Secrets that an edited file still contains are redacted.
///
/// # Errors
/// Any [`SnapshotError`] of reading.
pub fn read(path: &Path) -> Result<Snapshot, SnapshotError> {
    let failed = |source| SnapshotError::Read { path: path.to_owned(), source };
    let raw = read_limited(std::fs::File::open(path).map_err(failed)?, path)?;
    let json = if raw.starts_with(&ZSTD_MAGIC) { unpacked(&raw, path)? } else { raw };
    parse(&json, path)
}

fn unpacked(raw: &[u8], path: &Path) -> Result<Vec<u8>, SnapshotError> {
    let failed = |source| SnapshotError::Read { path: path.to_owned(), source };
    read_limited(zstd_stream::decoder(raw, WINDOW).map_err(failed)?, path)
}

/// Returns whether a text begins like a snapshot file.
#[must_use]
pub fn begins_one(head: &[u8]) -> bool {
    let text = head.trim_ascii_start();
    text.starts_with(b"{")
        && text[1..].trim_ascii_start().starts_with(b"\"schema_version\"")
        && memchr::memmem::find(text, b"\"target\"").is_some()
}

/// Returns the snapshot in a text with this name, if it is one.
#[must_use]
pub fn of_text(json: &[u8], name: &Path) -> Option<Snapshot> {
    parse(json, name).ok()
}

fn read_limited(from: impl Read, path: &Path) -> Result<Vec<u8>, SnapshotError> {
    let mut bytes = Vec::new();
    from.take(READ_LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| SnapshotError::Read { path: path.to_owned(), source })?;
    if bytes.len() as u64 > READ_LIMIT {
        return Err(SnapshotError::Format {
            path: path.to_owned(),
            reason: format!("it is larger than {} MiB", READ_LIMIT >> 20),
        });
    }
    Ok(bytes)
}

/// The part of a snapshot that shows whether the rest can be read.
#[derive(serde::Deserialize)]
struct Head {
    schema_version: u64,
}

fn parse(json: &[u8], path: &Path) -> Result<Snapshot, SnapshotError> {
    let format = |reason: String| SnapshotError::Format { path: path.to_owned(), reason };
    let read = |error: json_limit::JsonRefused| format(error.to_string());
    let head: Head = json_limit::read(json, VALUES).map_err(read)?;
    if head.schema_version > u64::from(SCHEMA_VERSION) {
        return Err(SnapshotError::Newer { path: path.to_owned(), found: head.schema_version });
    }
    let mut snapshot: Snapshot = json_limit::read(json, VALUES).map_err(read)?;
    snapshot.facts.drop_retired();
    if let Some(misfit) = snapshot.facts.misfits().into_iter().next() {
        return Err(format(misfit));
    }
    snapshot.target.kind = TargetKind::Snapshot;
    Ok(Redactor::of_redacted().redacted(snapshot))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(bytes: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.json.zst");
        std::fs::write(&path, bytes).unwrap();
        read(&path).unwrap_err().to_string()
    }

    fn packed(json: &str) -> Vec<u8> {
        zstd::encode_all(json.as_bytes(), 3).unwrap()
    }

    #[test]
    fn a_small_file_of_many_values_is_refused_by_its_limit() {
        let wide =
            format!("{{\"schema_version\":1,\"documents\":{{\"a\":[{}]}}}}", vec!["[0]"; 200_000].join(","));
        let lines = format!(
            "{{\"schema_version\":1,\"gaps\":[{}]}}",
            vec!["{\"fact\":\"\",\"reason\":\"\"}"; 60_000].join(",")
        );
        let keys = (0..150_000).map(|n| format!("\"{n}\":{{}}")).collect::<Vec<_>>().join(",");
        for json in [wide, lines, format!("{{\"schema_version\":1,\"facts\":{{{keys}}}}}")] {
            assert!(said(&packed(&json)).contains("more than 100000 values"), "{}", said(&packed(&json)));
            assert!(said(json.as_bytes()).contains("more than 100000 values"));
        }
        assert!(said(&packed(&" ".repeat(20 << 20))).contains("larger than 16 MiB"));
        assert!(said(&packed(&"[".repeat(1 << 20))).contains("recursion limit"));
    }

    #[test]
    fn a_window_that_takes_much_memory_is_refused() {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(27).unwrap();
        encoder.write_all(&vec![b' '; 12 << 20]).unwrap();
        let text = said(&encoder.finish().unwrap());
        assert!(text.contains("cannot read") && text.contains("memory"), "{text}");
    }
}
