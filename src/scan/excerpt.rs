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

/// Lines of one source that are kept.
#[derive(Debug, Default)]
struct Kept {
    first: BTreeMap<u64, String>,
    tail: VecDeque<(u64, String)>,
    seen: BTreeMap<SignatureId, u32>,
    last: BTreeMap<SignatureId, (u64, String)>,
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
        splitter.push(bytes, |number, line| kept.take(self.matcher, number, line));
    }

    /// Ends all sources and gives the excerpt.
    #[must_use]
    pub fn finish(mut self) -> LogExcerpt {
        for state in self.sources.values_mut() {
            let SourceState { splitter, kept } = state;
            splitter.finish(|number, line| kept.take(self.matcher, number, line));
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
            excerpt.lines.extend(state.kept.lines().into_iter().map(|(line, text)| KeptLine { line, source: *source, text }));
        }
        excerpt
    }
}

impl Kept {
    /// Decides whether a line is kept.
    fn take(&mut self, matcher: &Matcher<'_>, number: u64, line: &[u8]) {
        let text = clean(line);
        for id in matcher.matches(&text) {
            let count = self.seen.entry(id).or_default();
            *count += 1;
            if *count <= SAMPLES {
                self.first.insert(number, text.clone());
            } else {
                self.last.insert(id, (number, text.clone()));
            }
        }
        if number <= EDGE {
            self.first.insert(number, text);
        } else {
            self.tail.push_back((number, text));
            if self.tail.len() as u64 > EDGE {
                self.tail.pop_front();
            }
        }
    }

    /// All of them, by number.
    fn lines(&self) -> BTreeMap<u64, String> {
        let mut lines = self.first.clone();
        lines.extend(self.tail.iter().cloned());
        lines.extend(self.last.values().cloned());
        lines
    }
}
