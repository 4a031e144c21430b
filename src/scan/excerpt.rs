//! The excerpt of a log: its beginning, its end, and samples of the hits of every signature.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::fast::{LogStream, Seen, Whole};
use super::line_cache::LineCache;
use super::lines::clean;
use super::matcher::{Matcher, SignatureId};
use crate::snapshot::{KeptLine, LogExcerpt, Source};

/// Lines kept at the beginning and at the end of each source.
const EDGE: u64 = 120;
/// The same limit in bytes: enough for that many long lines.
const EDGE_BYTES: usize = 512 * 1024;
/// First hits of a signature that are kept; the last one is kept too.
const SAMPLES: u64 = 3;

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
    read: LineCache<LinePart>,
    kept: KeptLines,
}

/// A text within a line, and the signatures that match it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinePart {
    /// The clean text.
    pub text: Arc<str>,
    /// The signatures, in order.
    pub ids: Arc<[SignatureId]>,
}

impl LinePart {
    /// Looks for signatures in a clean text.
    #[must_use]
    pub fn new(matcher: &Matcher<'_>, text: Arc<str>) -> Self {
        let ids = matcher.matches(&text);
        // Nothing is allocated for the many texts that match nothing.
        Self { ids: if ids.is_empty() { Arc::default() } else { ids.into() }, text }
    }
}

/// Number of a line, and of a part if the line quotes several.
pub type LineNumber = (u64, u32);

/// The lines of one source that are kept.
#[derive(Debug, Default)]
pub struct KeptLines {
    first: BTreeMap<LineNumber, Arc<str>>,
    tail: VecDeque<(LineNumber, Arc<str>)>,
    seen: BTreeMap<SignatureId, Hits>,
}

/// The lines that match one signature.
#[derive(Debug, Default)]
struct Hits {
    count: u64,
    /// The last hit, once there are more than the samples.
    last: Option<(LineNumber, Arc<str>)>,
}

impl<'r> Excerpter<'r> {
    /// Starts with nothing read. In the middle of a long log only lines that may match are read.
    #[must_use]
    pub fn new(matcher: &'r Matcher<'r>) -> Self {
        Self {
            matcher,
            whole: Whole { head: EDGE_BYTES, tail: EDGE_BYTES, short: 2 * EDGE_BYTES },
            sources: BTreeMap::new(),
            bytes_read: 0,
        }
    }

    /// Starts an excerpt that is looked at repeatedly while it grows: every line is read at once.
    #[must_use]
    pub fn following(matcher: &'r Matcher<'r>) -> Self {
        Self { whole: Whole::ALL, ..Self::new(matcher) }
    }

    /// Takes the next bytes of a source.
    pub fn push(&mut self, source: Source, bytes: &[u8]) {
        self.bytes_read += bytes.len() as u64;
        let (matcher, whole) = (self.matcher, self.whole);
        let fresh = || SourceState {
            stream: LogStream::new(matcher, whole),
            read: LineCache::default(),
            kept: KeptLines::default(),
        };
        let SourceState { stream, read, kept } = self.sources.entry(source).or_insert_with(fresh);
        stream.push(bytes, |line| take(matcher, line, read, kept));
    }

    /// Ends all sources and returns the excerpt.
    #[must_use]
    pub fn finish(mut self) -> LogExcerpt {
        for state in self.sources.values_mut() {
            let SourceState { stream, read, kept } = state;
            stream.finish(|line| take(self.matcher, line, read, kept));
        }
        self.excerpt()
    }

    /// Returns the excerpt so far, without a last line that has no newline yet.
    #[must_use]
    pub fn excerpt(&self) -> LogExcerpt {
        let mut excerpt = LogExcerpt { bytes_read: self.bytes_read, ..LogExcerpt::default() };
        for (source, state) in &self.sources {
            excerpt.lines_read += state.stream.count();
            excerpt.lines_cut += state.stream.cut();
            excerpt.lines.extend(state.kept.lines().into_iter().map(|((line, _), text)| KeptLine {
                line,
                source: *source,
                text: text.to_string(),
            }));
        }
        excerpt
    }
}

/// Reads a line and keeps it if it matters.
fn take(matcher: &Matcher<'_>, line: Seen<'_>, read: &mut LineCache<LinePart>, kept: &mut KeptLines) {
    let part = read.get_or(line.bytes, || LinePart::new(matcher, clean(line.bytes).into()));
    kept.take((line.number, 0), line.picked, &part);
}

impl KeptLines {
    /// Decides whether a text is kept; returns whether it is among the first samples of a signature. Of lines
    /// picked from the middle of a log, only samples and last hits are kept.
    pub fn take(&mut self, place: LineNumber, picked: bool, part: &LinePart) -> bool {
        let mut is_sample = false;
        for id in part.ids.iter() {
            let hits = self.seen.entry(*id).or_default();
            hits.count += 1;
            if hits.count <= SAMPLES {
                is_sample = true;
            } else {
                hits.last = Some((place, Arc::clone(&part.text)));
            }
        }
        if is_sample || place.0 <= EDGE && !picked {
            self.first.insert(place, Arc::clone(&part.text));
        }
        if place.0 > EDGE && !picked {
            self.tail.push_back((place, Arc::clone(&part.text)));
            if self.tail.len() as u64 > EDGE {
                self.tail.pop_front();
            }
        }
        is_sample
    }

    /// Returns all kept lines by number.
    #[must_use]
    pub fn lines(&self) -> BTreeMap<LineNumber, Arc<str>> {
        let mut lines = self.first.clone();
        lines.extend(self.tail.iter().cloned());
        lines.extend(self.seen.values().filter_map(|hits| hits.last.clone()));
        lines
    }
}

#[cfg(test)]
mod tests {
    //! What the prefilter lets through against every pattern tried on every line.

    use proptest::prelude::*;

    use super::*;
    use crate::rule::{RuleSet, builtin};

    type Counts = BTreeMap<SignatureId, u64>;

    /// Tries every pattern on every line, one after the other.
    fn naive(rules: &RuleSet, log: &[u8]) -> Counts {
        let (mut counts, mut known) = (Counts::new(), BTreeMap::new());
        for line in log.split(|byte| *byte == b'\n') {
            let ids = known.entry(line).or_insert_with(|| matching(rules, &clean(line)));
            ids.iter().for_each(|id| *counts.entry(*id).or_default() += 1);
        }
        counts
    }

    fn matching(rules: &RuleSet, line: &str) -> Vec<SignatureId> {
        if rules.harmless.iter().any(|harmless| harmless.pattern.is_match(line)) {
            return Vec::new();
        }
        let all = rules.rules.iter().enumerate().flat_map(|(rule, entry)| {
            entry
                .signatures
                .iter()
                .enumerate()
                .map(move |(signature, entry)| (SignatureId { rule, signature }, entry))
        });
        all.filter(|(_, entry)| entry.pattern.is_match(line)).map(|(id, _)| id).collect()
    }

    /// Counts as a log is read in chunks of this size.
    fn sifted(rules: &RuleSet, log: &[u8], chunk: usize) -> Counts {
        let matcher = Matcher::new(rules);
        let whole = Whole { head: 2_000, tail: 2_000, short: 4_000 };
        let mut excerpter = Excerpter { whole, ..Excerpter::new(&matcher) };
        log.chunks(chunk).for_each(|part| excerpter.push(Source::Console, part));
        let state = excerpter.sources.get_mut(&Source::Console).unwrap();
        let SourceState { stream, read, kept } = state;
        stream.finish(|line| take(&matcher, line, read, kept));
        assert!(stream.is_sifted(), "the log is too short to be sifted");
        kept.seen.iter().map(|(id, hits)| (*id, hits.count)).collect()
    }

    /// Returns a way in which a line reaches a log.
    fn dressed(line: &str, dress: u8) -> Vec<u8> {
        let middle = line.char_indices().nth(line.chars().count() / 2).map_or(0, |(at, _)| at);
        let (before, behind) = line.split_at(middle);
        match dress {
            0 => line.as_bytes().to_vec(),
            1 => format!("\x1b[0;1;31m{line}\x1b[0m\r").into_bytes(),
            2 => format!("[  \x1b[32mOK\x1b[0m  ] {before}\x1b[0;1;39m{behind}\x1b[0m").into_bytes(),
            3 => format!("\x1b]3008;start=0a;x=y\x1b\\{before}\x00{behind}").into_bytes(),
            4 => [line.as_bytes(), b" \xff\xfe"].concat(),
            5 => format!("{before}\u{200b}{behind}").into_bytes(),
            6 => format!("working 1 %\rworking 2 %\r{line}").into_bytes(),
            _ => line.to_uppercase().into_bytes(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 8, ..ProptestConfig::default() })]

        /// No hit is dropped or made up, whatever wraps a line and wherever the chunks end.
        #[test]
        fn the_prefilter_drops_no_hit(picks in proptest::collection::vec((any::<prop::sample::Index>(), 0u8..8, 0usize..40), 60..120), chunk in 1usize..400_000) {
            let rules = builtin().unwrap();
            let examples: Vec<&String> = rules.rules.iter().flat_map(|rule| rule.examples.iter()).flat_map(|example| &example.lines).collect();
            let mut log = Vec::new();
            for (number, (pick, dress, quiet)) in picks.iter().cycle().take(4_000).enumerate() {
                log.extend(dressed(examples[pick.index(examples.len())], (dress + u8::try_from(number / picks.len() % 8).unwrap()) % 8));
                log.push(b'\n');
                for line in 0..*quiet {
                    log.extend(format!("Nov 03 03:04:{:02} host app[7]: user={line} action=list \
                        took={quiet}ms\n", line % 60).bytes());
                }
            }
            prop_assert_eq!(sifted(&rules, &log, chunk), naive(&rules, &log));
        }
    }
}
