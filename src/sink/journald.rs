//! Reports as records of the journal: fields in, one datagram of journald's native protocol out.
//!
//! Written here instead of using the crate `libsystemd`, which supports a single socket only and brings a
//! hash, a parser and uuids. The protocol: <https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>. A record is kept
//! small enough not to need a file of its own.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

use crate::diagnose::{Report, Subject, Verdict};
use crate::render::watch_line::{Occasion, happened};
use crate::rule::Severity;

/// All records of reports have this id: `journalctl MESSAGE_ID=…` finds them.
pub const MESSAGE_ID: &str = "7d1f0a0c6a7e4d6c9b6f8a50f5f9c2b1";
/// Longest value of a field, in bytes.
const VALUE_LIMIT: usize = 4096;

/// The socket of a journal.
pub struct Journal {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Journal {
    /// Opens a socket; journald may start later.
    ///
    /// # Errors
    /// [`io::Error`] if no socket can be created.
    pub fn new(path: PathBuf) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        // A journal that does not read must not hold up the watch.
        socket.set_nonblocking(true)?;
        Ok(Self { socket, path })
    }

    /// Writes one record.
    ///
    /// # Errors
    /// [`io::Error`] if journald does not accept it.
    pub fn write(&self, report: &Report, occasion: &Occasion<'_>) -> io::Result<()> {
        self.socket.send_to(&record(report, occasion), &self.path).map(drop)
    }
}

fn record(report: &Report, occasion: &Occasion<'_>) -> Vec<u8> {
    let target = &report.target;
    let verdict = verdict(report);
    let root = report.root();
    let said = root.map_or_else(|| report.state.clone(), |root| format!("{} [{}]", root.title, root.id));
    let mut bytes = Vec::new();
    let mut field = |name: &str, value: &str| put(&mut bytes, name, value);
    field("MESSAGE", &format!("{} {}: {verdict}: {said}", target.name, happened(occasion)));
    field("MESSAGE_ID", MESSAGE_ID);
    field("PRIORITY", priority(report));
    field("SYSLOG_IDENTIFIER", "sysdock");
    field("CONTAINER_NAME", &target.name);
    field("CONTAINER_ID_FULL", target.id.as_deref().unwrap_or_default());
    field("IMAGE_NAME", occasion.image);
    field("SYSDOCK_EVENT", occasion.kind);
    field("SYSDOCK_TIME", &occasion.time);
    field("SYSDOCK_VERDICT", verdict);
    field("SYSDOCK_DEATHS", &occasion.deaths.to_string());
    if let Some(code) = occasion.exit_code {
        field("SYSDOCK_EXIT_CODE", &code.to_string());
    }
    if let Some(root) = root {
        field("SYSDOCK_CAUSE", &root.id);
    }
    bytes
}

/// Appends a field: `NAME=value`, or name, length and value if it contains line breaks.
fn put(bytes: &mut Vec<u8>, name: &str, value: &str) {
    let end = (0..=value.len().min(VALUE_LIMIT)).rev().find(|end| value.is_char_boundary(*end)).unwrap_or(0);
    let value = &value[..end];
    bytes.extend_from_slice(name.as_bytes());
    if value.contains('\n') {
        bytes.push(b'\n');
        bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
    } else {
        bytes.push(b'=');
    }
    bytes.extend_from_slice(value.as_bytes());
    bytes.push(b'\n');
}

const fn verdict(report: &Report) -> &'static str {
    match (report.subject, report.verdict) {
        (Subject::NotSystemd, _) => "not-systemd",
        (_, Verdict::Healthy) => "healthy",
        (_, Verdict::Degraded) => "degraded",
        (_, Verdict::Failed) => "failed",
        (_, Verdict::Undetermined) => "undetermined",
    }
}

/// Returns the priority in syslog's numbering: crit, err, warning, info.
fn priority(report: &Report) -> &'static str {
    match (report.worst(), report.verdict) {
        (Some(Severity::Critical), _) => "2",
        (Some(Severity::Error), _) => "3",
        (Some(Severity::Warning), _) | (None, Verdict::Failed | Verdict::Degraded) => "4",
        _ => "6",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_with_line_breaks_carry_their_length_and_long_ones_are_cut() {
        let mut bytes = Vec::new();
        put(&mut bytes, "A", "plain");
        put(&mut bytes, "B", "x\nFORGED=1");
        assert_eq!(bytes, b"A=plain\nB\n\x0a\0\0\0\0\0\0\0x\nFORGED=1\n");
        let mut bytes = Vec::new();
        put(&mut bytes, "C", &"ü".repeat(VALUE_LIMIT));
        assert_eq!(bytes.len(), VALUE_LIMIT + 3);
    }
}
