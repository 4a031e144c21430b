//! What reading gave for lines that came before: a line that repeats a million times is read twice.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

/// Lines that can be remembered at once; each has one place, by its hash.
const SLOTS: usize = 512;
/// Longest line that is remembered, in bytes.
const LONGEST: usize = 1024;

/// Remembers lines that were met twice, and something for each.
#[derive(Debug)]
pub struct Memo<T> {
    slots: Vec<Slot<T>>,
}

#[derive(Debug)]
struct Slot<T> {
    /// Hash of the last line of this slot that was not remembered; when it comes again it takes the slot over.
    missed: u64,
    known: Option<(Box<[u8]>, T)>,
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self { slots: Vec::new() }
    }
}

impl<T: Clone> Memo<T> {
    /// What was made of this line before, or what is made of it now.
    pub fn get_or(&mut self, line: &[u8], make: impl FnOnce() -> T) -> T {
        if line.len() > LONGEST {
            return make();
        }
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, || Slot { missed: 0, known: None });
        }
        let hash = FixedState::default().hash_one(line);
        // The remainder is less than the number of slots.
        let slot = &mut self.slots[usize::try_from(hash % SLOTS as u64).unwrap_or_default()];
        if let Some((_, value)) = slot.known.as_ref().filter(|(known, _)| **known == *line) {
            return value.clone();
        }
        let made = make();
        if slot.missed == hash {
            slot.known = Some((line.into(), made.clone()));
        }
        slot.missed = hash;
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_twice_and_no_more() {
        let (mut memo, mut made) = (Memo::default(), 0);
        for _ in 0..5 {
            let said = memo.get_or(b"the same", || {
                made += 1;
                "said".to_owned()
            });
            assert_eq!(said, "said");
        }
        assert_eq!(made, 2);
    }

    #[test]
    fn lines_of_one_slot_are_told_apart() {
        let mut memo = Memo::default();
        for round in 0..3 {
            for number in 0..10 * SLOTS {
                let line = number.to_string();
                assert_eq!(memo.get_or(line.as_bytes(), || number), number, "round {round}");
            }
        }
    }

    #[test]
    fn long_lines_are_not_kept() {
        let mut memo = Memo::default();
        let line = vec![b'x'; LONGEST + 1];
        assert_eq!((memo.get_or(&line, || 1), memo.get_or(&line, || 2), memo.get_or(&line, || 3)), (1, 2, 3));
    }
}
