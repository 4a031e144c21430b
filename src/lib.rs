//! sysdock: the doctor for systemd in Docker and Podman containers, as a library.
//!
//! Facts before judgement. [`read_text`] turns a pasted log or command line, and [`read_snapshot`] a saved
//! file, into [`Snapshot`]s; [`diagnose`] judges one by the [`RuleSet`] without touching anything;
//! [`prescribe`] says what cures it.
//!
//! ```
//! use sysdock::{EngineKind, Matcher, Reach, Supplied, builtin_rules, diagnose, prescribe, read_text};
//!
//! let rules = builtin_rules()?;
//! let matcher = Matcher::new(&rules);
//! let log = "Failed to mount tmpfs at /run: Operation not permitted\n[!!!!!!] Failed to mount API filesystems.\n";
//! for snapshot in read_text("console", log.as_bytes(), &Supplied::default(), &matcher)? {
//!     let report = diagnose(&snapshot, &rules);
//!     let cause = report.root().ok_or("no cause was found")?;
//!     assert_eq!(cause.id, "run-tmpfs-missing");
//!     let cure = prescribe(&report, &snapshot, &Reach::by_itself(EngineKind::Docker)).ok_or("no cure is known")?;
//!     println!("{}: {}", cause.title, cure.steps[0].title);
//!     assert!(cure.steps[0].title.contains("--tmpfs /run"));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Two features, both on by default: `engine` looks at live containers over the Engine API, `cli` is the
//! command line program. Without them the crate is the pure core: it opens no socket and starts no process.

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[cfg(feature = "engine")]
#[doc(hidden)]
pub mod collect;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod command;
#[cfg(feature = "cli")]
pub(crate) mod completion;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod config;
#[doc(hidden)]
pub mod diagnose;
#[cfg(feature = "engine")]
#[doc(hidden)]
pub mod docker;
#[doc(hidden)]
pub mod exit_code;
#[doc(hidden)]
pub mod facts;
#[cfg(feature = "engine")]
#[doc(hidden)]
pub mod fleet;
#[doc(hidden)]
pub mod intake;
pub(crate) mod json_limit;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod options;
#[doc(hidden)]
pub mod pattern;
#[doc(hidden)]
pub mod playbook;
#[doc(hidden)]
pub mod prescribe;
pub(crate) mod quote;
#[doc(hidden)]
pub mod render;
pub(crate) mod reorder_buffer;
#[doc(hidden)]
pub mod rule;
#[cfg(feature = "engine")]
pub(crate) mod safe_path;
#[doc(hidden)]
pub mod scan;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod schema;
#[doc(hidden)]
pub mod seccomp;
#[doc(hidden)]
pub mod selftest;
#[cfg(feature = "engine")]
#[doc(hidden)]
pub mod sink;
#[doc(hidden)]
pub mod snapshot;
#[doc(hidden)]
pub mod treat;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod triage;
#[doc(hidden)]
pub mod trust;
pub(crate) mod visible;
#[cfg(feature = "engine")]
#[doc(hidden)]
pub mod watch;

pub use diagnose::{Finding, Report, Role, Verdict, diagnose};
pub use intake::{Supplied, snapshots as read_text};
pub use prescribe::{Prescription, Reach, Step, prescribe};
pub use rule::{RuleSet, builtin as builtin_rules, load as load_rules};
pub use scan::Matcher;
pub use snapshot::{EngineKind, Facts, Snapshot};

/// Reads a saved snapshot. Facts that this version derives from the saved documents, and that the recording
/// lacks, are added.
///
/// # Errors
/// [`SnapshotError`](snapshot::saved_file::SnapshotError) when the file cannot be read, is not a snapshot, or
/// was written by a newer version.
pub fn read_snapshot(path: &std::path::Path) -> Result<Snapshot, snapshot::saved_file::SnapshotError> {
    snapshot::saved_file::read(path).map(facts::pipeline::complete)
}
