//! Text: raw bytes of a log in, clean lines and the signatures that they match out.
//!
//! Streaming and bounded: whatever the length of the input, only an excerpt is kept. What lies between the
//! beginning and the end of a long log goes through `fast`, which finds the few lines that may match; only
//! those are read. Must not judge.

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
