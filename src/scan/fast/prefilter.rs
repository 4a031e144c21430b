//! The prefilter: which places of a text may contain a needle. A few bytes are probed, and only where a probe
//! hits are bytes compared.
//!
//! Why not one automaton of all needles, as Aho-Corasick builds it: it visits every byte and takes a step
//! that depends on the one before, so that it can neither skip bytes nor examine several places at once.
//! Whether the bit map (`gram_map`) has a gram does not depend on anything read before. Only where it has
//! one, at few places of a log, are bytes compared.
//!
//! Every needle puts the grams of one window of its bytes into the bit map. A text is probed at every
//! `step`-th byte, where `step` is the number of grams in a window: no occurrence can lie between two probes.
//! The window of a short needle extends one byte beyond it on either side, which may be any byte, so that a
//! few short needles do not reduce the step for all. Must not know what a needle stands for.

use std::ops::RangeInclusive;

use super::gram_map::{self, GramMap, Pace, REACH, READ, gram, hash};

/// Buckets of grams.
const BUCKETS: usize = 1 << 13;

/// A place in a needle at which a probe may hit.
#[derive(Debug, Clone, Copy)]
struct Spot {
    gram: u64,
    /// The first bytes of the needle, compared before the rest.
    head: u64,
    needle: u32,
    /// Offset of the gram from the beginning of the needle; negative if the gram begins before it.
    offset: i16,
    /// How many bytes of the head belong to the needle.
    known: u16,
}

/// A prefilter for texts.
#[derive(Debug)]
pub struct Prefilter {
    map: GramMap,
    /// The spots, sorted by bucket.
    spots: Vec<Spot>,
    /// Where each bucket begins in `spots`, and the end of the last.
    buckets: Vec<u32>,
    needles: Vec<Vec<u8>>,
    /// Needles whose windows extend beyond their ends.
    reaching: Vec<usize>,
}

impl Prefilter {
    /// Shortest needle that a prefilter can search for, in bytes.
    pub const SHORTEST: usize = gram_map::SHORTEST;

    /// Prepares needles in lower case for long texts: their windows are those that are rarest in the sample.
    /// `None` if there are no needles or one is too short.
    #[must_use]
    pub fn new<'n>(needles: impl IntoIterator<Item = &'n str>, sample: &[u8]) -> Option<Self> {
        let mut counts = None;
        Self::with(needles, |needle, places, pace| {
            rarest(needle, places, pace, counts.get_or_insert_with(|| GramCounts::of(sample, pace)))
        })
    }

    /// Prepares needles in lower case for single lines: quicker to prepare, but more places are compared.
    #[must_use]
    pub fn for_lines<'n>(needles: impl IntoIterator<Item = &'n str>) -> Option<Self> {
        Self::with(needles, |_, places, _| Some(*places.end()))
    }

    /// Prepares needles, each with the window that is chosen among its possible places.
    fn with<'n>(
        needles: impl IntoIterator<Item = &'n str>,
        mut choose: impl FnMut(&[u8], RangeInclusive<isize>, Pace) -> Option<isize>,
    ) -> Option<Self> {
        let needles: Vec<Vec<u8>> = needles.into_iter().map(|needle| needle.as_bytes().to_vec()).collect();
        let shortest = needles.iter().map(Vec::len).min()?;
        let pace = Pace::of(shortest)?;
        let (mut spots, mut reaching) = (Vec::with_capacity(2 * needles.len() * pace.step), Vec::new());
        for (number, needle) in needles.iter().enumerate() {
            let start = choose(needle, places(needle, pace)?, pace)?;
            if start.checked_add_unsigned(pace.window())? > isize::try_from(needle.len()).ok()? {
                reaching.push(number);
            }
            let known = READ.min(needle.len());
            let (number, head) = (u32::try_from(number).ok()?, gram(needle, known));
            let first = Spot { gram: 0, head, needle: number, offset: 0, known: u16::try_from(known).ok()? };
            for offset in (start..).take(pace.step) {
                let spot = Spot { offset: i16::try_from(offset).ok()?, ..first };
                grams(needle, offset, pace.gram, |gram| spots.push(Spot { gram, ..spot }));
            }
        }
        let map = GramMap::new(pace, spots.iter().map(|spot| spot.gram))?;
        let (spots, buckets) = sorted(&spots);
        Some(Self { map, spots, buckets, needles, reaching })
    }

    /// Returns whether all needles are long enough for the rarest grams and the largest step.
    #[must_use]
    pub fn is_fast(&self) -> bool {
        self.map.pace().is_fastest()
    }

    /// Returns the first place that lies within an occurrence of a needle.
    #[must_use]
    pub fn find(&self, text: &[u8]) -> Option<usize> {
        let begun = self.map.walk(text, |place| Some(self.around(text, place).next()?.1.max(place)));
        begun.or_else(|| self.at_the_end(text, 0).next().map(|(_, start)| start))
    }

    /// Passes the places of needles to `each`, in order; `each` returns where the next one may begin.
    pub fn places(&self, text: &[u8], mut each: impl FnMut(usize) -> usize) {
        let mut from = 0;
        // The closure never ends the walk early.
        let _: Option<()> = self.map.walk(text, |probe| {
            // A window may begin before its needle.
            if probe.saturating_add_signed(REACH) >= from
                && let Some((_, start)) = self.around(text, probe).find(|(_, start)| *start >= from)
            {
                from = each(start);
            }
            None
        });
        if let Some((_, start)) = self.at_the_end(text, from).next() {
            each(start);
        }
    }

    /// Passes the needles that occur in a text to `each`, by number; some may come twice.
    pub fn needles_in(&self, text: &[u8], mut each: impl FnMut(usize)) {
        // The closure never ends the walk early.
        let _: Option<()> = self.map.walk(text, |place| {
            self.around(text, place).for_each(|(needle, _)| each(needle));
            None
        });
        self.at_the_end(text, 0).for_each(|(needle, _)| each(needle));
    }

    /// Returns the needles that end at the end of the text, so that their windows would extend beyond it,
    /// each with its beginning.
    fn at_the_end(&self, text: &[u8], from: usize) -> impl Iterator<Item = (usize, usize)> {
        self.reaching.iter().filter_map(move |number| {
            let needle = &self.needles[*number];
            let start = text.len().checked_sub(needle.len()).filter(|start| *start >= from)?;
            text[start..].eq_ignore_ascii_case(needle).then_some((*number, start))
        })
    }

    /// Returns the needles around a probe, each with its beginning.
    fn around(&self, text: &[u8], at: usize) -> impl Iterator<Item = (usize, usize)> {
        let met = gram(&text[at..], self.map.pace().gram);
        let bucket = bucket(met);
        let range = self.buckets[bucket] as usize..self.buckets[bucket + 1] as usize;
        self.spots[range].iter().filter(move |spot| spot.gram == met).filter_map(move |spot| {
            let start = at.checked_add_signed(-isize::from(spot.offset))?;
            let behind = text.get(start..)?;
            if gram(behind, usize::from(spot.known)) != spot.head {
                return None;
            }
            let needle = &self.needles[spot.needle as usize];
            behind.get(..needle.len())?.eq_ignore_ascii_case(needle).then_some((spot.needle as usize, start))
        })
    }
}

/// Returns the bucket of a gram.
fn bucket(gram: u64) -> usize {
    top(hash(gram), BUCKETS.trailing_zeros())
}

/// Returns the highest `bits` bits of a hash.
fn top(hash: u32, bits: u32) -> usize {
    (hash >> (u32::BITS - bits)) as usize
}

/// Sorts spots by bucket; returns them, and where each bucket begins, with the end of the last.
fn sorted(spots: &[Spot]) -> (Vec<Spot>, Vec<u32>) {
    let mut begins = vec![0_u32; BUCKETS + 1];
    spots.iter().for_each(|spot| begins[bucket(spot.gram) + 1] += 1);
    for number in 0..BUCKETS {
        begins[number + 1] += begins[number];
    }
    let mut next = begins.clone();
    let mut sorted = spots.to_vec();
    for spot in spots {
        let place = &mut next[bucket(spot.gram)];
        sorted[*place as usize] = *spot;
        *place += 1;
    }
    (sorted, begins)
}

/// Passes the grams that may occur `offset` bytes after the beginning of a needle to `each`: one, or one for
/// each possible byte beside the needle.
fn grams(needle: &[u8], offset: isize, length: usize, mut each: impl FnMut(u64)) {
    if let Some(bytes) = usize::try_from(offset).ok().and_then(|start| needle.get(start..start + length)) {
        return each(gram(bytes, length));
    }
    // A window extends so little beyond its needle that at most one byte of a gram is unknown.
    let mut known = [0; READ];
    let mut unknown = None;
    for (place, byte) in known.iter_mut().take(length).enumerate() {
        match offset
            .checked_add_unsigned(place)
            .and_then(|at| usize::try_from(at).ok())
            .and_then(|at| needle.get(at))
        {
            Some(inside) => *byte = *inside,
            None => unknown = Some(place),
        }
    }
    // Folding makes half of the bytes equal to the other half.
    for byte in (0..=u8::MAX).filter(|byte| byte & 0x20 != 0) {
        unknown.iter().for_each(|place| known[*place] = byte);
        each(gram(&known, length));
    }
}

/// Returns where the window of a needle may begin: within the needle, or so that it extends beyond a needle
/// that is too short for it.
fn places(needle: &[u8], pace: Pace) -> Option<RangeInclusive<isize>> {
    let room = isize::try_from(needle.len()).ok()?.checked_sub_unsigned(pace.window())?;
    Some(if room >= 0 { 0..=room } else { room.max(-REACH)..=(room + REACH).min(0) })
}

/// Returns the place of the window whose grams are rarest.
fn rarest(needle: &[u8], places: RangeInclusive<isize>, pace: Pace, counts: &GramCounts) -> Option<isize> {
    // Each gram counts once, however many windows contain it.
    let mut met = Vec::with_capacity(needle.len());
    for offset in *places.start()..*places.end() + isize::try_from(pace.step).ok()? {
        let mut sum = 0;
        grams(needle, offset, pace.gram, |gram| sum += u64::from(counts.of_gram(gram)));
        met.push(sum);
    }
    let sums = met.windows(pace.step).map(|window| window.iter().sum::<u64>());
    places.zip(sums).min_by_key(|(_, sum)| *sum).map(|(start, _)| start)
}

/// How often a sample hits each bit of a map: grams that share a bit are let through together.
struct GramCounts {
    met: Vec<u16>,
    pace: Pace,
}

impl GramCounts {
    fn of(sample: &[u8], pace: Pace) -> Self {
        let mut met = vec![0_u16; gram_map::BITS];
        for bytes in sample.windows(READ) {
            let count = &mut met[pace.bit(gram(bytes, pace.gram))];
            *count = count.saturating_add(1);
        }
        Self { met, pace }
    }

    fn of_gram(&self, gram: u64) -> u16 {
        self.met[self.pace.bit(gram)]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn needles_are_found_in_either_case_and_at_every_place() {
        let prefilter =
            Prefilter::new(["no such device", "freezing"], b"some text of no such importance").unwrap();
        for before in 0..40 {
            let text = [&vec![b'x'; before][..], b"No SUCH device here"].concat();
            let at = prefilter.find(&text).unwrap();
            assert!((before..before + 14).contains(&at), "{before}: {at}");
            assert_eq!(prefilter.find(&text[before + 14..]), None);
        }
    }

    #[test]
    fn needles_that_are_too_short_have_no_gate() {
        assert!(Prefilter::new(["abc", "something longer"], b"").is_none());
        assert!(Prefilter::new(["abcd", "something longer"], b"").is_some());
        assert!(Prefilter::new([], b"").is_none());
    }

    proptest! {
        #[test]
        fn nothing_is_missed(text in "[a-cA-C *\\n]{0,160}", needles in proptest::collection::vec("[a-c \
            ]{4,14}", 1..6),
            shortest in 4usize..14, sample in "[a-c ]{0,60}") {
            let needles: Vec<&String> = needles.iter().filter(|needle| needle.len() >= shortest).collect();
            prop_assume!(!needles.is_empty());
            let words = || needles.iter().map(|needle| needle.as_str());
            let lower = text.to_ascii_lowercase();
            let all: std::collections::BTreeSet<usize> = (0..needles.len()).filter(|number| lower.contains(needles[*number].as_str())).collect();
            for prefilter in [Prefilter::new(words(), sample.as_bytes()).unwrap(), Prefilter::for_lines(words()).unwrap()] {
                prop_assert_eq!(prefilter.find(text.as_bytes()).is_some(), !all.is_empty());
                let mut found = std::collections::BTreeSet::new();
                prefilter.needles_in(text.as_bytes(), |needle| found.extend([needle]));
                prop_assert_eq!(&found, &all);
                let (mut told, mut begin) = (Vec::new(), 0);
                let end = |place: usize| text[place..].find('\n').map_or(text.len(), |newline| place + newline + 1);
                prefilter.places(text.as_bytes(), |place| { told.push(end(place)); end(place) });
                let mut lines = Vec::new();
                for line in lower.split_inclusive('\n') {
                    begin += line.len();
                    lines.extend(words().any(|needle| line.contains(needle)).then_some(begin));
                }
                prop_assert_eq!(&told, &lines);
            }
        }
    }
}
