//! What `scripts/fuzz` does for as long as one likes, for a moment in every run.

use proptest::prelude::*;

#[path = "../../fuzz/scan.rs"]
mod scan;

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_logs_are_read_alike_by_the_gate_and_line_by_line(bytes in proptest::collection::vec(any::<u8>(), 3..160), special in proptest::collection::vec((any::<prop::sample::Index>(), 0xf0u8..0xf6), 0..24)) {
        let mut bytes = bytes;
        for (place, byte) in special {
            bytes.insert(3 + place.index(bytes.len() - 2), byte);
        }
        scan::check(&bytes);
    }
}
