//! Reads files of a container, running or stopped, through the archive endpoint: no exec, no change.
//!
//! The engine sends the path as a tar; a symbolic link arrives as a link, not as its target.

use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::Empty;
use hyper::{Request, StatusCode};
use serde_json::Value;

use super::engine::{open, read_up_to};
use super::{Engine, EngineError, api_path};

/// The object at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathStat {
    /// A regular file, with its first bytes up to the requested limit.
    File(Vec<u8>),
    /// A symbolic link, with its target as written.
    Link(String),
    /// A directory.
    Directory,
    /// A device, socket or pipe.
    Special,
}

/// One entry below a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// Path relative to the requested directory.
    pub path: String,
    /// The object at the path.
    pub stat: PathStat,
}

/// A small directory with everything below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// Entries in the order of the archive.
    pub entries: Vec<TreeEntry>,
    /// Whether the archive was cut at the limit.
    pub cut: bool,
}

/// Bits of Go's `fs.FileMode` for directories and links, which the stat header contains.
const GO_DIRECTORY: u64 = 1 << 31;
const GO_SYMLINK: u64 = 1 << 27;
const GO_OTHER: u64 = 1 << 26 | 1 << 25 | 1 << 24 | 1 << 21 | 1 << 19;

impl Engine {
    /// Returns the object at `path` without its content (a HEAD request, which costs the engine far less than
    /// a read); `None` if there is none. The engine may resolve a link's target completely.
    ///
    /// # Errors
    /// Returns any [`EngineError`] except for an unknown path.
    pub async fn stat_path(&self, container: &str, path: &str) -> Result<Option<PathStat>, EngineError> {
        let action = format!("look at {path}");
        self.within(&action, async {
            let broken = |reason: String| EngineError::Broken { action: action.clone(), reason };
            let address = address(container, path);
            let request =
                Request::head(address).body(Empty::<Bytes>::new()).map_err(|e| broken(e.to_string()))?;
            let response = self.transport.send(&action, request).await?;
            match response.status() {
                StatusCode::NOT_FOUND => return Ok(None),
                status if !status.is_success() => {
                    return Err(EngineError::Refused {
                        action: action.clone(),
                        status: status.as_u16(),
                        message: "no reason given".to_owned(),
                    });
                }
                _ => {}
            }
            let header = response
                .headers()
                .get("x-docker-container-path-stat")
                .and_then(|value| stat_of_header(value.as_bytes()));
            header.map(Some).ok_or_else(|| broken("the stat header is missing".to_owned()))
        })
        .await
    }

    /// Reads the object at `path`; returns `None` if there is none.
    ///
    /// # Errors
    /// Returns any [`EngineError`] except for an unknown path; an unknown container is recognised only by the
    /// error's text.
    pub async fn read_path(
        &self,
        container: &str,
        path: &str,
        limit: usize,
    ) -> Result<Option<PathStat>, EngineError> {
        let Some((bytes, _)) = self.download(container, path, limit.saturating_add(2048)).await? else {
            return Ok(None);
        };
        let first = entries(&bytes, limit).into_iter().next();
        first.map(|entry| Some(entry.stat)).ok_or_else(|| EngineError::Broken {
            action: action(path),
            reason: "the archive is empty".to_owned(),
        })
    }

    /// Reads a directory that is known to be small; returns `None` if there is none.
    ///
    /// # Errors
    /// Returns any [`EngineError`] except for an unknown path.
    pub async fn read_tree(
        &self,
        container: &str,
        path: &str,
        limit: usize,
    ) -> Result<Option<Tree>, EngineError> {
        let Some((bytes, cut)) = self.download(container, path, limit).await? else { return Ok(None) };
        let root = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
        let below = |entry: TreeEntry| {
            let path = entry.path.strip_prefix(&root)?.trim_matches('/').to_owned();
            (!path.is_empty()).then_some(TreeEntry { path, stat: entry.stat })
        };
        Ok(Some(Tree { entries: entries(&bytes, 64 * 1024).into_iter().filter_map(below).collect(), cut }))
    }

    /// Downloads the raw tar of a path, cut at `limit`; also returns whether it was cut.
    async fn download(
        &self,
        container: &str,
        path: &str,
        limit: usize,
    ) -> Result<Option<(Vec<u8>, bool)>, EngineError> {
        self.within(&action(path), async {
            let address = address(container, path);
            match open(&self.transport, &action(path), &address).await {
                Ok(response) => read_up_to(response, &action(path), limit).await.map(Some),
                Err(error) if error.is_unknown() => Ok(None),
                Err(error) => Err(error),
            }
        })
        .await
    }
}

/// Decodes the stat header: base64 of JSON with Go's mode bits.
fn stat_of_header(header: &[u8]) -> Option<PathStat> {
    let stat: Value = serde_json::from_slice(&STANDARD.decode(header).ok()?).ok()?;
    let mode = stat.get("mode")?.as_u64()?;
    if mode & GO_SYMLINK != 0 {
        return Some(PathStat::Link(stat.get("linkTarget")?.as_str()?.to_owned()));
    }
    Some(match mode {
        mode if mode & GO_DIRECTORY != 0 => PathStat::Directory,
        mode if mode & GO_OTHER != 0 => PathStat::Special,
        _ => PathStat::File(Vec::new()),
    })
}

fn address(container: &str, path: &str) -> String {
    format!("{}?path={}", api_path::container(container, "archive"), api_path::encoded(path))
}

fn action(path: &str) -> String {
    format!("read {path}")
}

/// Returns the entries of a tar that may be cut off anywhere; file contents are limited to `limit` bytes
/// each.
fn entries(bytes: &[u8], limit: usize) -> Vec<TreeEntry> {
    let mut archive = tar::Archive::new(bytes);
    let Ok(list) = archive.entries() else { return Vec::new() };
    list.map_while(Result::ok).filter_map(|mut entry| read_entry(&mut entry, limit)).collect()
}

fn read_entry(entry: &mut tar::Entry<'_, &[u8]>, limit: usize) -> Option<TreeEntry> {
    let path = entry.path().ok()?.to_string_lossy().into_owned();
    let kind = entry.header().entry_type();
    let stat = if kind.is_symlink() {
        PathStat::Link(entry.link_name().ok()??.to_string_lossy().into_owned())
    } else if kind.is_dir() {
        PathStat::Directory
    } else if kind.is_file() || kind.is_hard_link() {
        let mut content = Vec::new();
        // A truncated tar still contains the file's first bytes.
        let _ = entry.take(limit as u64).read_to_end(&mut content);
        PathStat::File(content)
    } else {
        PathStat::Special
    };
    Some(TreeEntry { path, stat })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive() -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(5);
        header.set_mode(0o644);
        builder.append_data(&mut header, "system/app.service", &b"hello"[..]).unwrap();
        let mut link = tar::Header::new_gnu();
        link.set_entry_type(tar::EntryType::Symlink);
        link.set_size(0);
        builder.append_link(&mut link, "system/default.target", "/lib/x.target").unwrap();
        builder.into_inner().unwrap()
    }

    #[test]
    fn the_stat_header_tells_links_from_files() {
        let stat = |json: &str| stat_of_header(STANDARD.encode(json).as_bytes());
        let link = stat(
            r#"{"name":"init","size":20,"mode":134218239,"mtime":"x","linkTarget":"/lib/systemd/systemd"}"#,
        );
        assert_eq!(link, Some(PathStat::Link("/lib/systemd/systemd".to_owned())));
        assert_eq!(
            stat(r#"{"name":"x","size":3,"mode":420,"linkTarget":""}"#),
            Some(PathStat::File(Vec::new()))
        );
        assert_eq!(
            stat(r#"{"name":"x","size":3,"mode":2147484141,"linkTarget":""}"#),
            Some(PathStat::Directory)
        );
        assert_eq!(stat_of_header(b"!"), None);
    }

    #[test]
    fn links_stay_links_and_files_are_limited() {
        let found = entries(&archive(), 3);
        assert_eq!(found[0].stat, PathStat::File(b"hel".to_vec()));
        assert_eq!(found[1].stat, PathStat::Link("/lib/x.target".to_owned()));
    }

    #[test]
    fn a_cut_archive_gives_what_came() {
        let bytes = archive();
        assert_eq!(entries(&bytes[..514], 100)[0].stat, PathStat::File(b"he".to_vec()));
        assert!(entries(&bytes[..100], 100).is_empty());
    }
}
