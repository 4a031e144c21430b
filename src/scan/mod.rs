//! Scanning: raw bytes of a log in, clean lines and the signatures that match them out.
//!
//! Streaming and bounded: whatever the length of the input, only an excerpt is kept. What lies between the
//! beginning and the end of a long log goes through `fast`, which finds the few lines that may match; only
//! those are read. Must not judge.
//!
//! Why there are two stages: trying hundreds of patterns on each line costs microseconds a line, and a log
//! has millions of lines of which a handful match. Each pattern has needles, literals of which one occurs in
//! every line that it matches; searching for them is as fast as reading memory (docs/scan.md). The first
//! stage may pass a line that matches nothing, which costs a little time; it must never drop one that
//! matches, which is tested against every pattern on every line. The second stage, the patterns themselves,
//! alone decides.
//!
//! Why the beginning and the end are read in full: that is where a boot begins and fails, and people want to
//! see these lines even if no rule knows them. They are few, so that a short log never starts the first
//! stage.

mod excerpt;
mod fast;
mod line_cache;
mod lines;
mod matcher;

pub use excerpt::{Excerpter, KeptLines, LineNumber, LinePart};
pub use fast::{LogStream, Prefilter, RandomAccess, Seen, Whole, threads};
pub use line_cache::LineCache;
pub use lines::{LINE_LIMIT, LineSplitter, clean};
pub use matcher::{Hit, Matcher, SignatureId};
