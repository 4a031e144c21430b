//! A cache of results for lines seen before: a line that repeats a million times is processed twice.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

/// Lines that are cached at once; each has one slot, by its hash.
const SLOTS: usize = 2048;
/// Longest line that is cached, in bytes.
const LONGEST: usize = 1024;

/// Caches a value for each line that was seen twice.
#[derive(Debug)]
pub struct LineCache<T> {
    slots: Vec<CachedLine<T>>,
}

#[derive(Debug)]
struct CachedLine<T> {
    /// Hash of the last line of this slot that was not cached; when it comes again, it takes the slot.
    missed: u64,
    known: Option<(Box<[u8]>, T)>,
}

impl<T> Default for LineCache<T> {
    fn default() -> Self {
        Self { slots: Vec::new() }
    }
}

impl<T: Clone> LineCache<T> {
    /// Returns the cached value of a line, or makes one.
    pub fn get_or(&mut self, line: &[u8], make: impl FnOnce() -> T) -> T {
        if let Some(known) = self.get(line) {
            return known.clone();
        }
        let value = make();
        self.put(line, value.clone());
        value
    }

    /// Returns the cached value of a line.
    #[must_use]
    pub fn get(&self, line: &[u8]) -> Option<&T> {
        let slot = self.slots.get(place(hash(line)))?;
        slot.known.as_ref().filter(|(known, _)| **known == *line).map(|(_, value)| value)
    }

    /// Stores the value of a line that is not cached; it is kept from the line's second appearance on.
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
