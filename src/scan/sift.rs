//! A block of whole lines in, the few that have to be read out: those that hold a needle, as they are or as they will read.

use std::ops::Range;

use super::Memo;
use super::gate::Gate;
use super::view::{Rendered, find_odd, render};

/// What a block holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sifted {
    /// Lines in it.
    pub lines: u64,
    /// Lines that have to be read: how many lines are before each, and where it lies, without its newline.
    pub wanted: Vec<(u64, Range<usize>)>,
}

/// Sifts whole lines. Whether a line that reads otherwise than it is written has to be read is remembered for the same gate.
#[must_use]
pub fn sift(gate: &Gate, block: &[u8], wanted: &mut Memo<bool>) -> Sifted {
    let mut found = lines_with(gate, block);
    found.extend(rendered(gate, block, wanted));
    found.sort_by_key(|range| range.start);
    found.dedup();
    number(block, found)
}

/// Lines that hold a needle.
fn lines_with(gate: &Gate, text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(place) = gate.find(text, from) {
        let line = around(text, place);
        from = line.end + 1;
        found.push(line);
    }
    found
}

/// Lines that hold a needle only as they will read, or that have to be read to know.
fn rendered(gate: &Gate, block: &[u8], wanted: &mut Memo<bool>) -> Vec<Range<usize>> {
    let (mut found, mut view, mut views) = (Vec::new(), Vec::new(), Vec::new());
    let mut from = 0;
    while let Some(odd) = find_odd(block, from) {
        // What stands before a line's end is not read at all.
        if block[odd..].starts_with(b"\r\n") {
            from = odd + 2;
            continue;
        }
        let line = around(block, odd);
        from = line.end + 1;
        if let Some(known) = wanted.get(&block[line.clone()]) {
            found.extend(known.then_some(line));
            continue;
        }
        let start = view.len();
        match render(&block[line.clone()], &mut view) {
            Rendered::Plainly => {
                view.push(b'\n');
                views.push((start, line));
            }
            Rendered::NotFollowed => {
                view.truncate(start);
                wanted.put(&block[line.clone()], true);
                found.push(line);
            }
        }
    }
    let mut seen = lines_with(gate, &view).into_iter().map(|seen| seen.start).peekable();
    for (start, line) in views {
        let holds = seen.next_if_eq(&start).is_some();
        wanted.put(&block[line.clone()], holds);
        found.extend(holds.then_some(line));
    }
    found
}

/// The line that holds a place.
fn around(text: &[u8], place: usize) -> Range<usize> {
    let start = memchr::memrchr(b'\n', &text[..place]).map_or(0, |newline| newline + 1);
    let end = memchr::memchr(b'\n', &text[place..]).map_or(text.len(), |newline| place + newline);
    start..end
}

/// Counts the lines, and those before each of the found ones.
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
        let gate = Gate::new(["no such device", "freezing execution"], b"").unwrap();
        let sifted = sift(&gate, block, &mut Memo::default());
        (sifted.lines, sifted.wanted.into_iter().map(|(before, line)| (before, clean(&block[line]))).collect())
    }

    #[test]
    fn lines_are_found_with_their_numbers() {
        let block = b"a\nFreezing \x1b[1mexecution\x1b[0m.\nb\nNo such device\r\nNo \x1b(Bsuch\n\n";
        let lines = vec![(1, "Freezing execution.".to_owned()), (3, "No such device".to_owned()), (4, "No such".to_owned())];
        assert_eq!(wanted(block), (6, lines));
        assert_eq!(wanted(b"x\nno such device"), (2, vec![(1, "no such device".to_owned())]));
        assert_eq!(wanted(b""), (0, Vec::new()));
    }

    proptest! {
        /// A line that holds a needle once it is read is never left out, whatever it holds besides.
        #[test]
        fn nothing_that_reads_as_a_needle_is_missed(parts in proptest::collection::vec(prop_oneof![
            Just(b"No such".to_vec()), Just(b" device".to_vec()), Just(b"\x1b[0;1;39m".to_vec()), Just(b"\x1b]8;;x\x1b\\".to_vec()),
            Just(b"\n".to_vec()), Just(b"\r".to_vec()), Just(b"\x00".to_vec()), Just(b"\xff".to_vec()), Just("\u{200b}".as_bytes().to_vec()),
            Just(b"\\".to_vec()), Just(b"\x1b".to_vec()), proptest::collection::vec(any::<u8>(), 0..4)], 0..24)) {
            let block = parts.concat();
            let gate = Gate::new(["no such device"], b"").unwrap();
            let mut memo = Memo::default();
            let sifted = sift(&gate, &block, &mut memo);
            prop_assert_eq!(&sift(&gate, &block, &mut memo), &sifted);
            prop_assert_eq!(&sift(&gate, &block, &mut memo), &sifted);
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
