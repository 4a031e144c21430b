//! What reading gave for lines that came before: a line that repeats a million times is read twice.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

/// Lines that can be remembered at once; each has one place, by its hash.
const SLOTS: usize = 2048;
/// Longest line that is remembered, in bytes.
const LONGEST: usize = 1024;

/// Remembers lines that were met twice, and something for each.
#[derive(Debug)]
pub struct LineCache<T> {
    slots: Vec<CachedLine<T>>,
}

#[derive(Debug)]
struct CachedLine<T> {
    /// Hash of the last line of this slot that was not remembered; when it comes again it takes the slot
    /// over.
    missed: u64,
    known: Option<(Box<[u8]>, T)>,
}

impl<T> Default for LineCache<T> {
    fn default() -> Self {
        Self { slots: Vec::new() }
    }
}

impl<T: Clone> LineCache<T> {
    /// Returns what was made of this line before, or what is made of it now.
    pub fn get_or(&mut self, line: &[u8], make: impl FnOnce() -> T) -> T {
        if let Some(known) = self.get(line) {
            return known.clone();
        }
        let value = make();
        self.put(line, value.clone());
        value
    }

    /// Returns what is known of a line.
    #[must_use]
    pub fn get(&self, line: &[u8]) -> Option<&T> {
        let slot = self.slots.get(place(hash(line)))?;
        slot.known.as_ref().filter(|(known, _)| **known == *line).map(|(_, value)| value)
    }

    /// Tells what a line gave that is not known.
    pub fn put(&mut self, line: &[u8], value: T) {
        if line.len() > LONGEST {
            return;
        }
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, || CachedLine { missed: 0, known: None });
        }
        let hash = hash(line);
        let slot = &mut self.slots[place(hash)];
        if slot.missed == hash {
            slot.known = Some((line.into(), value));
        }
        slot.missed = hash;
    }
}

fn hash(line: &[u8]) -> u64 {
    FixedState::default().hash_one(line)
}

/// Returns the slot of a hash.
fn place(hash: u64) -> usize {
    // The remainder is less than the number of slots.
    usize::try_from(hash % SLOTS as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_twice_and_no_more() {
        let (mut cache, mut made) = (LineCache::default(), 0);
        for _ in 0..5 {
            let said = cache.get_or(b"the same", || {
                made += 1;
                "said".to_owned()
            });
            assert_eq!(said, "said");
        }
        assert_eq!(made, 2);
    }

    #[test]
    fn lines_of_one_slot_are_told_apart() {
        let mut cache = LineCache::default();
        for round in 0..3 {
            for number in 0..10 * SLOTS {
                let line = number.to_string();
                assert_eq!(cache.get_or(line.as_bytes(), || number), number, "round {round}");
            }
        }
    }

    #[test]
    fn long_lines_are_not_kept() {
        let mut cache = LineCache::default();
        let line = vec![b'x'; LONGEST + 1];
        assert_eq!(
            (cache.get_or(&line, || 1), cache.get_or(&line, || 2), cache.get_or(&line, || 3)),
            (1, 2, 3)
        );
    }
}
