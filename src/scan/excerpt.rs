//! What is kept of a log: its beginning, its end, and samples of every signature's hits.

use std::collections::{BTreeMap, VecDeque};

use super::{LineSplitter, Matcher, SignatureId, clean};
use crate::snapshot::{KeptLine, LogExcerpt, Source};

/// Lines kept from the beginning and from the end of each source.
const EDGE: u64 = 120;
/// First hits of a signature that are kept; the last one is kept too.
const SAMPLES: u32 = 3;

/// Builds an excerpt while a log streams past.
#[derive(Debug)]
pub struct Excerpter<'r> {
    matcher: &'r Matcher<'r>,
    sources: BTreeMap<Source, SourceState>,
    bytes_read: u64,
}

#[derive(Debug, Default)]
struct SourceState {
    splitter: LineSplitter,
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
    /// Starts with nothing read.
    #[must_use]
    pub fn new(matcher: &'r Matcher<'r>) -> Self {
        Self { matcher, sources: BTreeMap::new(), bytes_read: 0 }
    }

    /// Takes the next bytes of a source; returns the clean lines that matched a signature, for those who follow along.
    pub fn push(&mut self, source: Source, bytes: &[u8]) {
        self.bytes_read += bytes.len() as u64;
        let state = self.sources.entry(source).or_default();
        let SourceState { splitter, kept } = state;
        splitter.push(bytes, |number, line| {
            kept.take(self.matcher, (number, 0), &clean(line));
        });
    }

    /// Ends all sources and gives the excerpt.
    #[must_use]
    pub fn finish(mut self) -> LogExcerpt {
        for state in self.sources.values_mut() {
            let SourceState { splitter, kept } = state;
            splitter.finish(|number, line| {
                kept.take(self.matcher, (number, 0), &clean(line));
            });
        }
        self.excerpt()
    }

    /// The excerpt of what came so far, without a last line that has no newline yet.
    #[must_use]
    pub fn excerpt(&self) -> LogExcerpt {
        let mut excerpt = LogExcerpt { bytes_read: self.bytes_read, ..LogExcerpt::default() };
        for (source, state) in &self.sources {
            excerpt.lines_read += state.splitter.count();
            excerpt.lines_cut += state.splitter.cut;
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
