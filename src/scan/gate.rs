//! Which places of a text may hold a needle: a few bytes are probed, and only what those give away is compared.
//!
//! Every needle gives the grams of one window of its bytes to a bit map. A text is probed at every `step`-th byte, where `step` is the
//! number of grams in a window: an occurrence cannot lie between two probes. The window of a short needle reaches one byte beyond it on
//! either side, which may be any byte, so that few short needles do not shorten the steps of all. Must not know what a needle
//! stands for.

/// Bytes of a gram.
const GRAM: usize = 4;
/// Log of the number of bits in the map: 64 KiB. Half of that would fit into the nearest cache, but let twice as many probes through.
const BITS: u32 = 19;
/// Log of the number of bits in a word of the map.
const WORD: u32 = 5;
/// Words of the map.
const WORDS: usize = 1 << (BITS - WORD);
/// Buckets of grams.
const BUCKETS: usize = 1 << 12;
/// Bytes that a window may reach beyond its needle on either side; each of them makes 128 grams of one.
const REACH: isize = 1;
/// Longest step; with longer ones too few needles have a window of their own bytes alone.
const LONGEST_STEP: usize = 5;
/// Probes that are made before any of them is looked at.
const AT_ONCE: usize = 8;
/// Letters of either case, as one.
const FOLD: u32 = 0x2020_2020;

/// A needle near a probe.
#[derive(Debug, Clone, Copy)]
struct Spot {
    gram: u32,
    needle: u32,
    /// From the beginning of the needle to the gram; negative for a gram that begins before it.
    offset: isize,
}

/// A filter for texts.
#[derive(Debug)]
pub struct Gate {
    map: Box<[u32; WORDS]>,
    step: usize,
    /// By bucket.
    spots: Vec<Spot>,
    /// Where each bucket begins in `spots`, and the end of the last.
    buckets: Vec<u32>,
    needles: Vec<Vec<u8>>,
    /// Needles whose windows reach beyond their ends.
    reaching: Vec<usize>,
}

impl Gate {
    /// Shortest needle that a gate can look for, in bytes.
    pub const SHORTEST: usize = GRAM;

    /// Prepares needles in lower case; their windows are those that are rarest in the sample. `None` when there are none or one is
    /// too short.
    #[must_use]
    pub fn new<'n>(needles: impl IntoIterator<Item = &'n str>, sample: &[u8]) -> Option<Self> {
        let needles: Vec<Vec<u8>> = needles.into_iter().map(|needle| needle.as_bytes().to_vec()).collect();
        let shortest = needles.iter().map(Vec::len).min().filter(|length| *length >= Self::SHORTEST)?;
        let step = (shortest + 2 * REACH.unsigned_abs() + 1 - GRAM).min(LONGEST_STEP);
        let counts = Counts::of(sample);
        let (mut spots, mut reaching): (Vec<Spot>, _) = (Vec::new(), Vec::new());
        for (number, needle) in needles.iter().enumerate() {
            let start = rarest(needle, step, &counts)?;
            if start.checked_add_unsigned(step + GRAM - 1)? > isize::try_from(needle.len()).ok()? {
                reaching.push(number);
            }
            let number = u32::try_from(number).ok()?;
            for offset in (start..).take(step) {
                grams(needle, offset, |gram| spots.push(Spot { gram, needle: number, offset }));
            }
        }
        let mut map: Box<[u32; WORDS]> = vec![0; WORDS].into_boxed_slice().try_into().ok()?;
        for spot in &spots {
            let hash = hash(spot.gram);
            map[word(hash)] |= 1 << bit(hash);
        }
        let (spots, buckets) = sorted(&spots);
        Some(Self { map, step, spots, buckets, needles, reaching })
    }

    /// How far the probes lie apart, in bytes.
    #[must_use]
    pub fn step(&self) -> usize {
        self.step
    }

    /// The first place at or behind `from` that lies within an occurrence of a needle.
    #[must_use]
    pub fn find(&self, text: &[u8], from: usize) -> Option<usize> {
        let begun = self.walk(text, from, |place| Some(self.around(text, place).next()?.1.max(place)));
        begun.or_else(|| self.at_the_end(text, from).next().map(|(_, start)| start))
    }

    /// The needles that occur in a text, by their number; some may come twice.
    pub fn needles_in(&self, text: &[u8], mut each: impl FnMut(usize)) {
        // Nothing ends the walk early.
        let _: Option<()> = self.walk(text, 0, |place| {
            self.around(text, place).for_each(|(needle, _)| each(needle));
            None
        });
        self.at_the_end(text, 0).for_each(|(needle, _)| each(needle));
    }

    /// Hands the places of probes that may lie in a needle to `each`, until it gives something.
    fn walk<T>(&self, text: &[u8], from: usize, each: impl FnMut(usize) -> Option<T>) -> Option<T> {
        match self.step {
            3 => self.walk_by::<3, T>(text, from, each),
            4 => self.walk_by::<4, T>(text, from, each),
            _ => self.walk_by::<LONGEST_STEP, T>(text, from, each),
        }
    }

    fn walk_by<const STEP: usize, T>(&self, text: &[u8], from: usize, mut each: impl FnMut(usize) -> Option<T>) -> Option<T> {
        // The last place where a probe can be made at all.
        let last = text.len().checked_sub(GRAM)?;
        let mut at = from;
        while let Some(run) = text.get(at..at + (AT_ONCE - 1) * STEP + GRAM) {
            let mut set = 0;
            for probe in 0..AT_ONCE {
                set |= u32::from(self.is_set(gram(&run[probe * STEP..]))) << probe;
            }
            while set != 0 {
                if let Some(found) = each(at + set.trailing_zeros() as usize * STEP) {
                    return Some(found);
                }
                set &= set - 1;
            }
            at += AT_ONCE * STEP;
        }
        let rest = (at..=last).step_by(STEP).filter(|at| self.is_set(gram(&text[*at..])));
        rest.into_iter().find_map(each)
    }

    /// Needles that end where the text ends, so that their windows would reach beyond; each with its beginning.
    fn at_the_end(&self, text: &[u8], from: usize) -> impl Iterator<Item = (usize, usize)> {
        self.reaching.iter().filter_map(move |number| {
            let needle = &self.needles[*number];
            let start = text.len().checked_sub(needle.len()).filter(|start| *start >= from)?;
            text[start..].eq_ignore_ascii_case(needle).then_some((*number, start))
        })
    }

    fn is_set(&self, gram: u32) -> bool {
        let hash = hash(gram);
        self.map[word(hash)] >> bit(hash) & 1 == 1
    }

    /// Needles that lie around a probe, each with its beginning.
    fn around(&self, text: &[u8], at: usize) -> impl Iterator<Item = (usize, usize)> {
        let gram = gram(&text[at..]);
        let bucket = bucket(gram);
        let range = self.buckets[bucket] as usize..self.buckets[bucket + 1] as usize;
        self.spots[range].iter().filter(move |spot| spot.gram == gram).filter_map(move |spot| {
            let needle = &self.needles[spot.needle as usize];
            let start = at.checked_add_signed(spot.offset.wrapping_neg())?;
            text.get(start..start + needle.len())?.eq_ignore_ascii_case(needle).then_some((spot.needle as usize, start))
        })
    }
}

/// Four bytes as a number, letters of either case alike.
fn gram(bytes: &[u8]) -> u32 {
    bytes.first_chunk::<GRAM>().map_or(0, |bytes| u32::from_le_bytes(*bytes) | FOLD)
}

fn hash(gram: u32) -> u32 {
    gram.wrapping_mul(0x9e37_79b1)
}

/// The word of the map in which the bit of a hash lies.
fn word(hash: u32) -> usize {
    (hash >> (32 - BITS + WORD)) as usize
}

/// Its place in the word.
fn bit(hash: u32) -> u32 {
    hash >> (32 - BITS) & ((1 << WORD) - 1)
}

/// The bucket of a gram.
fn bucket(gram: u32) -> usize {
    (hash(gram) >> (32 - BUCKETS.trailing_zeros())) as usize
}

/// Spots by bucket, and where each bucket begins, with the end of the last.
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

/// The grams that may be met `offset` bytes behind the beginning of a needle: one, or one for each byte that may stand beside it.
fn grams(needle: &[u8], offset: isize, mut each: impl FnMut(u32)) {
    if let Some(bytes) = usize::try_from(offset).ok().and_then(|start| needle.get(start..start + GRAM)) {
        return each(gram(bytes));
    }
    // A window reaches so little beyond its needle that one byte of a gram is unknown at most.
    let mut known = [0; GRAM];
    let mut unknown = None;
    for (place, byte) in known.iter_mut().enumerate() {
        match offset.checked_add_unsigned(place).and_then(|at| usize::try_from(at).ok()).and_then(|at| needle.get(at)) {
            Some(inside) => *byte = *inside,
            None => unknown = Some(place),
        }
    }
    // Folded, half of the bytes are like the other half.
    for byte in (0..=u8::MAX).filter(|byte| byte & 0x20 != 0) {
        unknown.iter().for_each(|place| known[*place] = byte);
        each(gram(&known));
    }
}

/// Where the window of a needle begins whose grams are met least often: within the needle, or reaching beyond it where it is too short
/// for that. `None` where even that is too little.
fn rarest(needle: &[u8], step: usize, counts: &Counts) -> Option<isize> {
    let length = isize::try_from(needle.len()).ok()?;
    let window = isize::try_from(step + GRAM - 1).ok()?;
    let places = if window <= length { 0..=length - window } else { (length - window).max(-REACH)..=(length - window + REACH).min(0) };
    // Each gram is counted once, however many windows hold it.
    let mut met = Vec::with_capacity(needle.len());
    for offset in *places.start()..*places.end() + isize::try_from(step).ok()? {
        let mut sum = 0;
        grams(needle, offset, |gram| sum += u64::from(counts.of_gram(gram)));
        met.push(sum);
    }
    let sums = met.windows(step).map(|window| window.iter().sum::<u64>());
    places.zip(sums).min_by_key(|(_, sum)| *sum).map(|(start, _)| start)
}

/// How often grams occur in a sample.
struct Counts(Vec<u16>);

impl Counts {
    /// Log of the number of counters; grams that share one are counted together.
    const BITS: u32 = 16;

    fn of(sample: &[u8]) -> Self {
        let mut counts = vec![0_u16; 1 << Self::BITS];
        for bytes in sample.windows(GRAM) {
            let count = &mut counts[Self::place(gram(bytes))];
            *count = count.saturating_add(1);
        }
        Self(counts)
    }

    fn of_gram(&self, gram: u32) -> u16 {
        self.0[Self::place(gram)]
    }

    fn place(gram: u32) -> usize {
        (hash(gram) >> (32 - Self::BITS)) as usize
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
            let at = gate.find(&text, 0).unwrap();
            assert!((before..before + 14).contains(&at), "{before}: {at}");
            assert_eq!(gate.find(&text, before + 14), None);
        }
    }

    #[test]
    fn needles_that_are_too_short_have_no_gate() {
        assert!(Gate::new(["abc", "something longer"], b"").is_none());
        assert_eq!(Gate::new(["abcd"], b"").map(|gate| gate.step()), Some(3));
        assert_eq!(Gate::new(["a literal that is long"], b"").map(|gate| gate.step()), Some(LONGEST_STEP));
        assert!(Gate::new([], b"").is_none());
    }

    proptest! {
        #[test]
        fn nothing_is_missed(text in "[a-cA-C *\\n]{0,160}", needles in proptest::collection::vec("[a-c ]{4,14}", 1..6),
            shortest in 4usize..14, sample in "[a-c ]{0,60}") {
            let needles: Vec<&String> = needles.iter().filter(|needle| needle.len() >= shortest).collect();
            prop_assume!(!needles.is_empty());
            let gate = Gate::new(needles.iter().map(|needle| needle.as_str()), sample.as_bytes()).unwrap();
            let lower = text.to_ascii_lowercase();
            let there = needles.iter().any(|needle| lower.contains(needle.as_str()));
            prop_assert_eq!(gate.find(text.as_bytes(), 0).is_some(), there);
            let mut found = std::collections::BTreeSet::new();
            gate.needles_in(text.as_bytes(), |needle| found.extend([needle]));
            let all: std::collections::BTreeSet<usize> = (0..needles.len()).filter(|number| lower.contains(needles[*number].as_str())).collect();
            prop_assert_eq!(found, all);
        }
    }
}
