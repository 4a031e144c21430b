//! A bit map of the grams that may occur, and the walk through a text that looks up a gram at every step.
//!
//! Why a map of bits: a gram is a few bytes of a needle as one number, and the question at each step is only
//! whether any needle has this gram. One bit for the hash of each gram answers it with a single load from a
//! map of 64 KiB. Two grams may share a bit; then a place is compared in vain (`prefilter`), but no gram of a
//! needle is ever missed. A longer gram is rarer in a text, and a larger step means fewer lookups, but both
//! need longer needles: a needle has `length - gram + 1` grams, a few more with the bytes beside it
//! ([`REACH`]), and a step must not be larger than that number, or an occurrence could lie between two
//! probes. [`PACES`] lists the best combination for each length of the shortest needle.
//!
//! Must not know what a gram is part of.

use super::avx2::{self, WORDS};

/// Paces for processors that probe eight places at once; see [`PACES`].
const WIDE: [Pace; 4] = [
    Pace { shortest: 8, gram: 6, step: avx2::STEP, way: ProbeBy::Wide },
    Pace { shortest: 7, gram: 6, step: avx2::STEP, way: ProbeBy::Wide },
    Pace { shortest: 6, gram: 5, step: avx2::STEP, way: ProbeBy::Wide },
    Pace { shortest: 5, gram: 4, step: avx2::STEP, way: ProbeBy::Wide },
];
/// Paces by the length of the shortest needle: the longer the needles, the longer and rarer the grams, and
/// the larger the steps. A window is never more than `2 * REACH` longer than the needle.
const PACES: [Pace; 5] = [
    Pace { shortest: 8, gram: 6, step: 5, way: ProbeBy::Single },
    Pace { shortest: 7, gram: 5, step: 5, way: ProbeBy::Single },
    Pace { shortest: 6, gram: 4, step: 5, way: ProbeBy::Single },
    Pace { shortest: 5, gram: 4, step: 4, way: ProbeBy::Single },
    Pace { shortest: 4, gram: 4, step: 3, way: ProbeBy::Single },
];
/// Shortest needle that can be searched for, in bytes.
pub const SHORTEST: usize = PACES[PACES.len() - 1].shortest;
/// Bytes by which a window may extend beyond its needle on either side; each unknown byte turns one gram into
/// 128.
pub const REACH: isize = 1;
/// Bytes read for a gram, of which the gram is the beginning.
pub const READ: usize = 8;
/// Probes in a run.
const AT_ONCE: usize = avx2::AT_ONCE;
/// Runs that are made before any of them is examined.
const RUNS: usize = 128;
/// Bytes that the probes of a run span, whatever the step.
const RUN: usize = (AT_ONCE - 1) * PACES[0].step + READ;
/// Bits in a map.
pub const BITS: usize = WORDS * u32::BITS as usize;
/// The bit of a word that counts as the first.
const HIGHEST: u32 = 1 << (u32::BITS - 1);
/// Bit mask that maps letters of either case to one.
const FOLD: u64 = 0x2020_2020_2020_2020;

/// How a text is probed; see [`PACES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    shortest: usize,
    /// Bytes of a gram.
    pub gram: usize,
    /// Bytes from probe to probe.
    pub step: usize,
    way: ProbeBy,
}

/// How probes are made. Each way has its own hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ProbeBy {
    Single,
    Wide,
}

impl Pace {
    /// Returns the fastest pace on this processor for needles of at least `shortest` bytes.
    pub fn of(shortest: usize) -> Option<Self> {
        let wide = if avx2::is_available() { &WIDE[..] } else { &[] };
        wide.iter().chain(&PACES).find(|pace| pace.shortest <= shortest).copied()
    }

    /// Returns the number of bytes of a needle that are probed: wherever the needle is, one probe lies in
    /// them.
    pub const fn window(self) -> usize {
        self.step + self.gram - 1
    }

    /// Returns whether no pace is faster; the needles for which this holds are the same on every processor.
    pub fn is_fastest(self) -> bool {
        self == PACES[0] || self == WIDE[0]
    }

    /// Returns the index of the bit for a gram, less than [`BITS`].
    pub fn bit(self, gram: u64) -> usize {
        (self.hash(gram) >> (u32::BITS - BITS.trailing_zeros())) as usize
    }

    fn hash(self, gram: u64) -> u32 {
        match self.way {
            ProbeBy::Single => hash(gram),
            ProbeBy::Wide => avx2::hash(gram, self.gram),
        }
    }
}

/// The grams that may occur.
#[derive(Debug)]
pub struct GramMap {
    words: Box<[u32; WORDS]>,
    pace: Pace,
}

impl GramMap {
    /// Makes a map of grams of the pace's length.
    pub fn new(pace: Pace, grams: impl Iterator<Item = u64>) -> Option<Self> {
        let mut words: Box<[u32; WORDS]> = vec![0; WORDS].into_boxed_slice().try_into().ok()?;
        for gram in grams {
            let (word, bit) = avx2::place(pace.hash(gram));
            words[word] |= HIGHEST >> bit;
        }
        Some(Self { words, pace })
    }

    /// Returns the pace at which the map is probed.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// Passes the places of probes that are in the map to `each`, until it returns something.
    pub fn walk<T>(&self, text: &[u8], mut each: impl FnMut(usize) -> Option<T>) -> Option<T> {
        let Pace { gram: length, step, .. } = self.pace;
        let (mut at, mut set) = (0, [0; RUNS]);
        loop {
            let runs = self.probe(text, at, &mut set);
            if runs == 0 {
                break;
            }
            for (number, run) in set[..runs].chunks(READ).enumerate() {
                let begin = at + number * READ * AT_ONCE * step;
                let mut set = bits(run);
                while set != 0 {
                    if let Some(found) = each(begin + set.trailing_zeros() as usize * step) {
                        return Some(found);
                    }
                    set &= set - 1;
                }
            }
            at += runs * AT_ONCE * step;
        }
        // The last place at which a probe fits.
        let last = text.len().checked_sub(length)?;
        let rest = (at..=last).step_by(step);
        rest.filter(|at| self.has(self.pace.hash(gram(&text[*at..], length)))).find_map(each)
    }

    /// Makes runs of probes from `at` on and writes for each run which of its probes are in the map, the
    /// lowest bit for the first; returns how many runs were made, none near the end of the text. All are made
    /// before any is examined: a branch on each result would be mispredicted and stall the processor.
    fn probe(&self, text: &[u8], at: usize, set: &mut [u8; RUNS]) -> usize {
        match (self.pace.way, self.pace.gram, self.pace.step) {
            (ProbeBy::Wide, length, _) => avx2::probe(&self.words, length, text, at, set),
            (_, 6, _) => self.probe_by::<6, 5>(text, at, set),
            (_, 5, _) => self.probe_by::<5, 5>(text, at, set),
            (_, _, 5) => self.probe_by::<4, 5>(text, at, set),
            (_, _, 4) => self.probe_by::<4, 4>(text, at, set),
            _ => self.probe_by::<4, 3>(text, at, set),
        }
    }

    fn probe_by<const GRAM: usize, const STEP: usize>(
        &self,
        text: &[u8],
        mut at: usize,
        set: &mut [u8; RUNS],
    ) -> usize {
        for (number, set) in set.iter_mut().enumerate() {
            // Tells the compiler that no probe of a run reads beyond it.
            let Some(run) = text.get(at..).and_then(|text| text.first_chunk::<RUN>()) else { return number };
            *set = 0;
            for probe in 0..AT_ONCE {
                *set |= u8::from(self.has(hash(gram(&run[probe * STEP..], GRAM)))) << probe;
            }
            at += AT_ONCE * STEP;
        }
        RUNS
    }

    fn has(&self, hash: u32) -> bool {
        let (word, bit) = avx2::place(hash);
        self.words[word] & (HIGHEST >> bit) != 0
    }
}

/// Returns up to eight runs of probes as one number.
fn bits(runs: &[u8]) -> u64 {
    let mut all = [0; READ];
    all[..runs.len()].copy_from_slice(runs);
    u64::from_le_bytes(all)
}

/// Returns the first `length` bytes as a number, letters of either case alike; a shorter text is padded.
pub fn gram(bytes: &[u8], length: usize) -> u64 {
    let read = bytes.first_chunk().copied().unwrap_or_else(|| {
        let mut few = [0; READ];
        few.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        few
    });
    (u64::from_le_bytes(read) | FOLD) & (u64::MAX >> (8 * (READ - length)))
}

/// Returns the hash of a gram, whose highest bits are well mixed.
pub fn hash(gram: u64) -> u32 {
    (gram.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn windows_reach_little_beyond_the_shortest_needles() {
        for pace in WIDE.into_iter().chain(PACES) {
            assert!(pace.window() <= pace.shortest + 2 * REACH.unsigned_abs(), "{pace:?}");
        }
        assert!(Pace::of(SHORTEST).is_some() && Pace::of(SHORTEST - 1).is_none());
        assert!(Pace::of(READ).is_some_and(Pace::is_fastest));
    }

    proptest! {
        /// At every pace, each probe that the map has is reported, in order.
        #[test]
        fn no_probe_is_passed_over(text in proptest::collection::vec(any::<u8>(), 0..300), some in proptest::collection::vec(0usize..300, 0..9)) {
            for pace in WIDE.into_iter().chain(PACES) {
                let grams = some.iter().filter_map(|at| text.get(*at..).filter(|rest| rest.len() >= pace.gram)).map(|rest| gram(rest, pace.gram));
                let map = GramMap::new(pace, grams).unwrap();
                let probes = (0..(text.len() + 1).saturating_sub(pace.gram)).step_by(pace.step);
                let all: Vec<usize> = probes.filter(|at| map.has(pace.hash(gram(&text[*at..], pace.gram)))).collect();
                let mut told = Vec::new();
                prop_assert_eq!(map.walk(&text, |at| { told.push(at); None::<()> }), None);
                prop_assert_eq!(&told, &all, "{:?}", pace);
                prop_assert_eq!(map.walk(&text, Some), all.first().copied());
            }
        }
    }
}
