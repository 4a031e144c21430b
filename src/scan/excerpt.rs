//! What is kept of a log: its beginning, its end, and samples of every signature's hits.

use std::collections::{BTreeMap, VecDeque};

use super::{LogStream, Matcher, SignatureId, Whole, clean};
use crate::snapshot::{KeptLine, LogExcerpt, Source};

/// Lines kept from the beginning and from the end of each source.
const EDGE: u64 = 120;
/// The edges in bytes: enough for that many long lines.
const EDGE_BYTES: usize = 512 * 1024;
/// First hits of a signature that are kept; the last one is kept too.
const SAMPLES: u32 = 3;

/// Builds an excerpt while a log streams past.
#[derive(Debug)]
pub struct Excerpter<'r> {
    matcher: &'r Matcher<'r>,
    whole: Whole,
    sources: BTreeMap<Source, SourceState<'r>>,
    bytes_read: u64,
}

#[derive(Debug)]
struct SourceState<'r> {
    stream: LogStream<'r>,
    kept: Kept,
}

/// Number of a line, and of a part where one line quotes several.
pub type Place = (u64, u32);

/// Lines of one source that are kept.
#[derive(Debug, Default)]
pub struct Kept {
    first: BTreeMap<Place, String>,
    tail: VecDeque<(Place, String)>,
    seen: BTreeMap<SignatureId, u32>,
    last: BTreeMap<SignatureId, (Place, String)>,
}

impl<'r> Excerpter<'r> {
    /// Starts with nothing read. Of the middle of a long log only the lines that may match are read.
    #[must_use]
    pub fn new(matcher: &'r Matcher<'r>) -> Self {
        Self {
            matcher,
            whole: Whole { head: EDGE_BYTES, tail: EDGE_BYTES, short: 2 * EDGE_BYTES },
            sources: BTreeMap::new(),
            bytes_read: 0,
        }
    }

    /// For those who look at the excerpt again and again while it grows: every line is read at once.
    #[must_use]
    pub fn following(matcher: &'r Matcher<'r>) -> Self {
        Self { whole: Whole::ALL, ..Self::new(matcher) }
    }

    /// Takes the next bytes of a source.
    pub fn push(&mut self, source: Source, bytes: &[u8]) {
        self.bytes_read += bytes.len() as u64;
        let (matcher, whole) = (self.matcher, self.whole);
        let fresh = || SourceState { stream: LogStream::new(matcher, whole), kept: Kept::default() };
        let SourceState { stream, kept } = self.sources.entry(source).or_insert_with(fresh);
        stream.push(bytes, |line| {
            kept.take(matcher, (line.number, 0), &clean(line.bytes));
        });
    }

    /// Ends all sources and gives the excerpt.
    #[must_use]
    pub fn finish(mut self) -> LogExcerpt {
        for state in self.sources.values_mut() {
            let SourceState { stream, kept } = state;
            stream.finish(|line| {
                kept.take(self.matcher, (line.number, 0), &clean(line.bytes));
            });
        }
        self.excerpt()
    }

    /// The excerpt of what came so far, without a last line that has no newline yet.
    #[must_use]
    pub fn excerpt(&self) -> LogExcerpt {
        let mut excerpt = LogExcerpt { bytes_read: self.bytes_read, ..LogExcerpt::default() };
        for (source, state) in &self.sources {
            excerpt.lines_read += state.stream.count();
            excerpt.lines_cut += state.stream.cut();
            excerpt.lines.extend(state.kept.lines().into_iter().map(|((line, _), text)| KeptLine { line, source: *source, text }));
        }
        excerpt
    }
}

impl Kept {
    /// Decides whether a clean line is kept; tells whether a signature knows it.
    pub fn take(&mut self, matcher: &Matcher<'_>, place: Place, text: &str) -> bool {
        let ids = matcher.matches(text);
        for id in &ids {
            let count = self.seen.entry(*id).or_default();
            *count += 1;
            if *count <= SAMPLES {
                self.first.insert(place, text.to_owned());
            } else {
                self.last.insert(*id, (place, text.to_owned()));
            }
        }
        if place.0 <= EDGE {
            self.first.insert(place, text.to_owned());
        } else {
            self.tail.push_back((place, text.to_owned()));
            if self.tail.len() as u64 > EDGE {
                self.tail.pop_front();
            }
        }
        !ids.is_empty()
    }

    /// All of them, by number.
    #[must_use]
    pub fn lines(&self) -> BTreeMap<Place, String> {
        let mut lines = self.first.clone();
        lines.extend(self.tail.iter().cloned());
        lines.extend(self.last.values().cloned());
        lines
    }
}
