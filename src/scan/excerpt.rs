//! What is kept of a log: its beginning, its end, and samples of every signature's hits.

use std::collections::{BTreeMap, VecDeque};

use super::{LineSplitter, Matcher, SignatureId, clean};
use crate::snapshot::{KeptLine, LogExcerpt, Source};

/// Lines kept from the beginning and from the end of each source.
const EDGE: usize = 120;
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
    kept: BTreeMap<u64, String>,
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
        let SourceState { splitter, kept, tail, seen, last } = state;
        splitter.push(bytes, |number, line| keep(self.matcher, number, line, kept, tail, seen, last));
    }

    /// Ends all sources and gives the excerpt.
    #[must_use]
    pub fn finish(mut self) -> LogExcerpt {
        for state in self.sources.values_mut() {
            let SourceState { splitter, kept, tail, seen, last } = state;
            splitter.finish(|number, line| keep(self.matcher, number, line, kept, tail, seen, last));
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
            let mut lines = state.kept.clone();
            lines.extend(state.tail.iter().cloned());
            lines.extend(state.last.values().cloned());
            excerpt.lines.extend(lines.into_iter().map(|(line, text)| KeptLine { line, source: *source, text }));
        }
        excerpt
    }
}

/// Decides whether a line is kept.
fn keep(
    matcher: &Matcher<'_>,
    number: u64,
    line: &[u8],
    kept: &mut BTreeMap<u64, String>,
    tail: &mut VecDeque<(u64, String)>,
    seen: &mut BTreeMap<SignatureId, u32>,
    last: &mut BTreeMap<SignatureId, (u64, String)>,
) {
    let text = clean(line);
    for id in matcher.matches(&text) {
        let count = seen.entry(id).or_default();
        *count += 1;
        if *count <= SAMPLES {
            kept.insert(number, text.clone());
        } else {
            last.insert(id, (number, text.clone()));
        }
    }
    if number <= EDGE as u64 {
        kept.insert(number, text);
    } else {
        tail.push_back((number, text));
        if tail.len() > EDGE {
            tail.pop_front();
        }
    }
}
