//! Which places of a text may hold a needle: a few bytes are probed, and only what those give away is compared.
//!
//! Every needle gives the grams of one window of its bytes to a bit map. A text is probed at every `step`-th byte, where `step` is the
//! number of grams in a window: an occurrence cannot lie between two probes. Must not know what a needle stands for.

use std::collections::HashMap;

/// Bytes of a gram.
const GRAM: usize = 4;
/// Log of the number of bits in the map: 32 KiB, which stay in the cache nearest to the processor.
const BITS: u32 = 18;
/// Longest window; longer ones let probes lie further apart, but few needles are that long.
const WIDEST: usize = 12;
/// Letters of either case, as one.
const FOLD: u32 = 0x2020_2020;

/// A needle at a place within one of its grams.
#[derive(Debug, Clone, Copy)]
struct Spot {
    needle: usize,
    offset: usize,
}

/// Needles of at least this length are looked for in a pass of their own: few short ones shall not shorten the steps of all.
const LONG: usize = 7;

/// A filter for texts.
#[derive(Debug)]
pub struct Gate {
    passes: Vec<Pass>,
}

/// What looks for some of the needles.
#[derive(Debug)]
pub struct Pass {
    map: Vec<u64>,
    step: usize,
    spots: HashMap<u32, Vec<Spot>>,
    needles: Vec<Vec<u8>>,
}

impl Gate {
    /// Shortest needle that a gate can look for, in bytes.
    pub const SHORTEST: usize = GRAM;

    /// Prepares needles in lower case; their windows are those that are rarest in the sample. `None` when one is too short.
    #[must_use]
    pub fn new<'n>(needles: impl IntoIterator<Item = &'n str>, sample: &[u8]) -> Option<Self> {
        let all = needles.into_iter().map(|needle| needle.as_bytes().to_vec());
        let (long, short): (Vec<_>, Vec<_>) = all.partition(|needle| needle.len() >= LONG);
        let counts = Counts::of(sample);
        let passes = [long, short].into_iter().filter(|needles| !needles.is_empty()).map(|needles| Pass::new(needles, &counts));
        Some(Self { passes: passes.collect::<Option<_>>()? })
    }

    /// The passes; a text that none of them finds anything in holds no needle.
    #[must_use]
    pub fn passes(&self) -> &[Pass] {
        &self.passes
    }

    /// How far the probes of each pass lie apart, in bytes.
    #[must_use]
    pub fn steps(&self) -> Vec<usize> {
        self.passes.iter().map(|pass| pass.step).collect()
    }
}

impl Pass {
    fn new(needles: Vec<Vec<u8>>, counts: &Counts) -> Option<Self> {
        let window = needles.iter().map(Vec::len).min()?.min(WIDEST);
        let step = (window + 1).checked_sub(GRAM).filter(|step| *step > 0)?;
        let mut pass = Self { map: vec![0; 1 << (BITS - 6)], step, spots: HashMap::new(), needles: Vec::new() };
        for (needle, bytes) in needles.iter().enumerate() {
            let start = counts.rarest(bytes, window);
            for offset in start..start + step {
                let gram = gram(&bytes[offset..]);
                let slot = slot(gram);
                pass.map[slot >> 6] |= 1 << (slot & 63);
                pass.spots.entry(gram).or_default().push(Spot { needle, offset });
            }
        }
        pass.needles = needles;
        Some(pass)
    }

    /// The first place at or behind `from` that lies within an occurrence of a needle.
    #[must_use]
    pub fn find(&self, text: &[u8], from: usize) -> Option<usize> {
        let mut at = from;
        while let Some(bytes) = text.get(at..at + GRAM) {
            let gram = gram(bytes);
            let slot = slot(gram);
            if self.map[slot >> 6] >> (slot & 63) & 1 == 1 && self.holds(text, at, gram) {
                return Some(at);
            }
            at += self.step;
        }
        None
    }

    /// Whether a needle lies around a probe.
    #[cold]
    fn holds(&self, text: &[u8], at: usize, gram: u32) -> bool {
        self.spots.get(&gram).into_iter().flatten().any(|spot| {
            let needle = &self.needles[spot.needle];
            let start = at.checked_sub(spot.offset);
            start.and_then(|start| text.get(start..start + needle.len())).is_some_and(|part| part.eq_ignore_ascii_case(needle))
        })
    }
}

/// Four bytes as a number, letters of either case alike.
fn gram(bytes: &[u8]) -> u32 {
    bytes.first_chunk::<GRAM>().map_or(0, |bytes| u32::from_le_bytes(*bytes) | FOLD)
}

/// The bit of a gram.
fn slot(gram: u32) -> usize {
    (gram.wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize
}

/// How often grams occur in a sample.
struct Counts(Vec<u16>);

impl Counts {
    fn of(sample: &[u8]) -> Self {
        let mut counts = vec![0_u16; 1 << BITS];
        for bytes in sample.windows(GRAM) {
            let count = &mut counts[slot(gram(bytes))];
            *count = count.saturating_add(1);
        }
        Self(counts)
    }

    /// Where the window of a needle begins whose grams are met least often.
    fn rarest(&self, needle: &[u8], window: usize) -> usize {
        let met = |start: &usize| {
            let grams = needle[*start..start + window].windows(GRAM);
            grams.map(|bytes| u64::from(self.0[slot(gram(bytes))])).sum::<u64>()
        };
        (0..=needle.len() - window).min_by_key(met).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn needles_are_found_in_either_case_and_at_every_place() {
        let gate = Gate::new(["no such device", "freezing"], b"some text of no such importance").unwrap();
        for before in 0..40 {
            let text = [&vec![b'x'; before][..], b"No SUCH device here"].concat();
            let at = gate.passes()[0].find(&text, 0).unwrap();
            assert!((before..before + 14).contains(&at), "{before}: {at}");
            assert_eq!(gate.passes()[0].find(&text, before + 14), None);
        }
    }

    #[test]
    fn needles_that_are_too_short_have_no_gate() {
        assert!(Gate::new(["abc", "something longer"], b"").is_none());
        assert!(Gate::new(["abcd"], b"").is_some());
    }

    proptest! {
        #[test]
        fn nothing_is_missed(text in "[a-cA-C ]{0,120}", needles in proptest::collection::vec("[a-c ]{4,14}", 1..6), sample in "[a-c ]{0,60}") {
            let gate = Gate::new(needles.iter().map(String::as_str), sample.as_bytes()).unwrap();
            let lower = text.to_ascii_lowercase();
            let there = needles.iter().any(|needle| lower.contains(needle.as_str()));
            prop_assert_eq!(gate.passes().iter().any(|pass| pass.find(text.as_bytes(), 0).is_some()), there);
        }
    }
}
