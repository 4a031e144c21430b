//! Sifting: a block of whole lines in, the few that have to be read out: those that contain a needle, as they
//! are or once unescaped.

use std::ops::Range;

use super::super::line_cache::LineCache;
use super::prefilter::Prefilter;
use super::unescape::{Rendered, find_odd, render};

/// The result of sifting a block.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sifted {
    /// Lines in it.
    pub lines: u64,
    /// Lines to be read: how many lines precede each, and its range without the newline.
    pub wanted: Vec<(u64, Range<usize>)>,
}

impl Sifted {
    /// Returns the lines to be read, copied out of the block, and the same result with their new ranges.
    #[must_use]
    pub fn apart(self, block: &[u8]) -> (Vec<u8>, Self) {
        let mut apart = Vec::with_capacity(self.wanted.iter().map(|(_, line)| line.len()).sum());
        let mut moved = |(before, line): (u64, Range<usize>)| {
            let start = apart.len();
            apart.extend_from_slice(&block[line]);
            (before, start..apart.len())
        };
        let wanted = self.wanted.into_iter().map(&mut moved).collect();
        (apart, Self { wanted, ..self })
    }
}

/// What is carried over between blocks of one log, for one prefilter.
#[derive(Debug, Default)]
pub struct Memory {
    /// Whether a line has to be read.
    wanted: LineCache<bool>,
    way: SiftBy,
}

/// How a block is sifted. Both ways give the same result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SiftBy {
    /// All lines at once. After this many blocks, or right away for 0, the other way may be tried.
    Whole(u32),
    /// Line by line, with a cache of earlier lines: nearly every line of a boot on a terminal has to be
    /// unescaped, and most of them repeat.
    ByLine,
}

impl Default for SiftBy {
    fn default() -> Self {
        Self::Whole(0)
    }
}

impl SiftBy {
    /// Blocks that are sifted as a whole after the cache was of no use.
    const PATIENCE: u32 = 32;

    /// Returns the way for the next block; `of_these` counts the odd or the cached ones among the `lines` of
    /// this block.
    fn next(self, lines: u64, of_these: u64) -> Self {
        let most = 2 * of_these > lines;
        match self {
            Self::Whole(0) if most => Self::ByLine,
            Self::ByLine if !most => Self::Whole(Self::PATIENCE),
            Self::Whole(left) => Self::Whole(left.saturating_sub(1)),
            Self::ByLine => Self::ByLine,
        }
    }
}

/// Sifts whole lines.
#[must_use]
pub fn sift(prefilter: &Prefilter, block: &[u8], memory: &mut Memory) -> Sifted {
    let (sifted, of_these) = match memory.way {
        SiftBy::Whole(_) => whole(prefilter, block),
        SiftBy::ByLine => by_line(prefilter, block, &mut memory.wanted),
    };
    memory.way = memory.way.next(sifted.lines, of_these);
    sifted
}

/// Sifts all lines at once; returns also how many were odd.
fn whole(prefilter: &Prefilter, block: &[u8]) -> (Sifted, u64) {
    let mut found = lines_with(prefilter, block);
    let odd = rendered(prefilter, block, &mut found);
    found.sort_by_key(|range| range.start);
    found.dedup();
    (number(block, found), odd)
}

/// Sifts line by line; returns also how many were cached.
fn by_line(prefilter: &Prefilter, block: &[u8], cache: &mut LineCache<bool>) -> (Sifted, u64) {
    let (mut sifted, mut remembered) = (Sifted::default(), 0);
    let (mut start, mut odd) = (0, Vec::new());
    while start < block.len() {
        let end = memchr::memchr(b'\n', &block[start..]).map_or(block.len(), |newline| start + newline);
        let line = &block[start..end];
        let known = cache.get(line).copied();
        remembered += u64::from(known.is_some());
        let wanted = known.unwrap_or_else(|| {
            odd.clear();
            let wanted = prefilter.find(line).is_some() || {
                rendered(prefilter, line, &mut odd);
                !odd.is_empty()
            };
            cache.put(line, wanted);
            wanted
        });
        sifted.wanted.extend(wanted.then_some((sifted.lines, start..end)));
        sifted.lines += 1;
        start = end + 1;
    }
    (sifted, remembered)
}

/// Returns the lines that contain a needle.
fn lines_with(prefilter: &Prefilter, text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    prefilter.places(text, |place| {
        let line = around(text, place);
        let behind = line.end + 1;
        found.push(line);
        behind
    });
    found
}

/// Finds lines that contain a needle only once unescaped, or that have to be read to know; returns how many
/// lines were odd.
fn rendered(prefilter: &Prefilter, block: &[u8], found: &mut Vec<Range<usize>>) -> u64 {
    let (mut view, mut views, mut count) = (Vec::new(), Vec::new(), 0);
    let mut from = 0;
    while let Some(odd) = find_odd(block, from) {
        // The carriage return at the end of a line is dropped when it is read.
        if block[odd..].starts_with(b"\r\n") {
            from = odd + 2;
            continue;
        }
        let line = around(block, odd);
        from = line.end + 1;
        count += 1;
        let start = view.len();
        match render(&block[line.clone()], &mut view) {
            Rendered::Plainly => {
                view.push(b'\n');
                views.push((start, line));
            }
            Rendered::NotFollowed => {
                view.truncate(start);
                found.push(line);
            }
        }
    }
    for seen in lines_with(prefilter, &view) {
        let next = views.partition_point(|(start, _)| *start <= seen.start);
        found.extend(views[..next].last().map(|(_, line)| line.clone()));
    }
    count
}

/// Returns the line that contains a place.
fn around(text: &[u8], place: usize) -> Range<usize> {
    let start = memchr::memrchr(b'\n', &text[..place]).map_or(0, |newline| newline + 1);
    let end = memchr::memchr(b'\n', &text[place..]).map_or(text.len(), |newline| place + newline);
    start..end
}

/// Counts the lines of a block, and those before each of the found ones.
fn number(block: &[u8], found: Vec<Range<usize>>) -> Sifted {
    let newlines = |part: &[u8]| memchr::memchr_iter(b'\n', part).count() as u64;
    let (mut at, mut lines) = (0, 0);
    let mut wanted = Vec::with_capacity(found.len());
    for line in found {
        lines += newlines(&block[at..line.start]);
        at = line.start;
        wanted.push((lines, line));
    }
    lines += newlines(&block[at..]);
    let unended = block.last().is_some_and(|last| *last != b'\n');
    Sifted { lines: lines + u64::from(unended), wanted }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scan::clean;

    fn wanted(block: &[u8]) -> (u64, Vec<(u64, String)>) {
        let prefilter = Prefilter::new(["no such device", "freezing execution"], b"").unwrap();
        let sifted = sift(&prefilter, block, &mut Memory::default());
        (
            sifted.lines,
            sifted
                .wanted
                .into_iter()
                .map(|(before, line)| (before, clean(&block[line]).into_owned()))
                .collect(),
        )
    }

    #[test]
    fn lines_are_found_with_their_numbers() {
        let block = b"a\nFreezing \x1b[1mexecution\x1b[0m.\nb\nNo such device\r\nNo \x1b(Bsuch\n\n";
        let lines = vec![
            (1, "Freezing execution.".to_owned()),
            (3, "No such device".to_owned()),
            (4, "No such".to_owned()),
        ];
        assert_eq!(wanted(block), (6, lines));
        assert_eq!(wanted(b"x\nno such device"), (2, vec![(1, "no such device".to_owned())]));
        assert_eq!(wanted(b""), (0, Vec::new()));
    }

    #[test]
    fn wanted_lines_can_be_taken_out() {
        let prefilter = Prefilter::new(["no such device"], b"").unwrap();
        let block = b"a\nNo such device 1\nb\nno such device 2";
        let (lines, sifted) = sift(&prefilter, block, &mut Memory::default()).apart(block);
        let told: Vec<_> = sifted.wanted.into_iter().map(|(before, line)| (before, &lines[line])).collect();
        assert_eq!(
            (sifted.lines, told),
            (4, vec![(1, &b"No such device 1"[..]), (3, &b"no such device 2"[..])])
        );
    }

    #[test]
    fn lines_that_come_again_are_remembered_and_others_are_not_looked_up_for_long() {
        let prefilter = Prefilter::new(["no such device"], b"").unwrap();
        let mut memory = Memory::default();
        let boots = b"[  \x1b[0;32m  OK  \x1b[0m] Started a.\r\n[  \x1b[0;32m  OK  \x1b[0m] Started b.\r\n"
            .repeat(30);
        let mut way_after = |block: &[u8]| {
            assert!(sift(&prefilter, block, &mut memory).lines > 0);
            memory.way
        };
        assert_eq!([0; 3].map(|_| way_after(&boots)), [SiftBy::ByLine; 3]);
        assert_eq!(way_after(b"\x1b[1mone\nanother\n"), SiftBy::Whole(SiftBy::PATIENCE));
        assert_eq!(way_after(&boots), SiftBy::Whole(SiftBy::PATIENCE - 1));
    }

    proptest! {
        /// A line that contains a needle once it is read is never left out, whatever else it contains.
        #[test]
        fn nothing_that_reads_as_a_needle_is_missed(parts in proptest::collection::vec(prop_oneof![
            Just(b"No such".to_vec()), Just(b" device".to_vec()), Just(b"\x1b[0;1;39m".to_vec()), Just(b"\x1b]8;;x\x1b\\".to_vec()),
            Just(b"\n".to_vec()), Just(b"\r".to_vec()), Just(b"\x00".to_vec()), Just(b"\xff".to_vec()), Just("\u{200b}".as_bytes().to_vec()),
            Just(b"\\".to_vec()), Just(b"\x1b".to_vec()), proptest::collection::vec(any::<u8>(), 0..4)], 0..24)) {
            let block = parts.concat();
            let prefilter = Prefilter::new(["no such device"], b"").unwrap();
            let sifted = sift(&prefilter, &block, &mut Memory::default());
            let mut memory = Memory { way: SiftBy::ByLine, ..Memory::default() };
            for _ in 0..3 {
                memory.way = SiftBy::ByLine;
                prop_assert_eq!(&sift(&prefilter, &block, &mut memory), &sifted);
            }
            let mut start = 0;
            for line in block.split(|byte| *byte == b'\n') {
                if clean(line).to_ascii_lowercase().contains("no such device") {
                    prop_assert!(sifted.wanted.iter().any(|(_, range)| range.start == start), "{}", line.escape_ascii());
                }
                start += line.len() + 1;
            }
        }
    }
}
