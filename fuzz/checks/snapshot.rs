//! Any file that is given as a snapshot is read or refused; what is read is judged and printed.

use std::io::Write;
use std::path::Path;
use std::sync::LazyLock;

use serde_json::{Value, json};
use sysdock::snapshot::{Snapshot, saved_file};

use super::{files, judged};

/// Recorded snapshots.
static FIXTURES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let files = files::with_ending("fixtures", "json");
    files.iter().map(|bytes| serde_json::from_slice(bytes).expect("a fixture is JSON")).collect()
});
/// What a hostile snapshot may hold where a recorded one holds a name.
const WORDS: [&str; 14] = [
    "",
    "\n",
    "x; touch pwned; #",
    "$(id)",
    "\u{1b}[2J\u{9b}31m",
    "\u{202e}txt.exe",
    "\0",
    "END\nRUN rm -rf /\n",
    "../../etc/passwd",
    "--privileged",
    "::error::x",
    "/sbin/init",
    "a\"b'c`d\\",
    "<script>alert(1)</script>",
];

/// Reads the bytes as a snapshot, and the snapshot that they make of a recorded one.
///
/// # Panics
/// When what is read does not survive its file, or what is said of it is not fit for a terminal.
pub fn check(bytes: &[u8]) {
    read(bytes).iter().for_each(judged::check);
    let [fixture, how, rest @ ..] = bytes else { return };
    let mut document = FIXTURES[usize::from(*fixture) % FIXTURES.len()].clone();
    rest.chunks(6).for_each(|change| change_at(&mut document, change));
    let mut bytes = document.to_string().into_bytes();
    if how % 4 == 1 {
        bytes = zstd::encode_all(bytes.as_slice(), 0).expect("memory can be written");
    }
    if how % 8 == 7 {
        bytes.truncate(bytes.len() * usize::from(*how) / 256);
    }
    read(&bytes).iter().for_each(judged::check);
}

fn read(bytes: &[u8]) -> Option<Snapshot> {
    let mut written = tempfile::NamedTempFile::new().expect("a file can be made");
    written.write_all(bytes).expect("a file can be written");
    let snapshot = saved_file::read(written.path()).ok()?;
    let mut again = tempfile::NamedTempFile::new().expect("a file can be made");
    again
        .write_all(&saved_file::to_json(&snapshot).expect("a snapshot can be written"))
        .expect("a file can be written");
    assert_eq!(reread(again.path()), snapshot, "a snapshot survives its file");
    Some(snapshot)
}

fn reread(path: &Path) -> Snapshot {
    saved_file::read(path).expect("a snapshot that was written can be read")
}

/// Changes one value: the first bytes lead to it, the others say what becomes of it.
fn change_at(document: &mut Value, change: &[u8]) {
    let (way, what) = change.split_at(change.len().saturating_sub(2));
    if let Some([how, number]) = what.first_chunk() {
        change_behind(document, way, *how, *number);
    }
}

fn change_behind(value: &mut Value, way: &[u8], how: u8, number: u8) {
    let Some((step, rest)) = way.split_first() else { return changed(value, how, number) };
    let step = usize::from(*step);
    match value {
        Value::Object(map) if !map.is_empty() => {
            let at = step % map.len();
            map.values_mut().skip(at).take(1).for_each(|inner| change_behind(inner, rest, how, number));
        }
        Value::Array(list) if !list.is_empty() => {
            let at = step % list.len();
            change_behind(&mut list[at], rest, how, number);
        }
        value => changed(value, how, number),
    }
}

fn changed(value: &mut Value, how: u8, number: u8) {
    let word = WORDS[usize::from(number) % WORDS.len()];
    *value = match (how % 8, &*value) {
        (0 | 1, _) => json!(word),
        (2, Value::String(text)) => json!(format!("{text}{word}")),
        (3, Value::String(text)) => json!(format!("{word}{text}")),
        (4, Value::Array(list)) => {
            list.iter().cycle().take(list.len() * usize::from(number)).cloned().collect()
        }
        (4, Value::Object(map)) => {
            Value::Object(map.iter().map(|(key, value)| (format!("{key}{word}"), value.clone())).collect())
        }
        (5, _) => json!(i64::from(number) - 128),
        (6, inner) => (0..number / 4).fold(inner.clone(), |inner, _| json!([inner])),
        (7, _) => json!(number.is_multiple_of(2)),
        _ => Value::Null,
    };
}
