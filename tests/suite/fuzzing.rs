//! What `scripts/fuzz` does for as long as one likes, for a moment in every run: the same checks, on bytes
//! that are the same each time.

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, RngSeed, TestCaseError, TestRunner};

#[path = "../../fuzz/checks/mod.rs"]
mod checks;
#[path = "../../fuzz/scan.rs"]
mod scan;

use checks::{archive, intake, rules, snapshot};

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_logs_are_read_alike_by_the_prefilter_and_line_by_line(bytes in proptest::collection::vec(any::<u8>(), 3..160), special in proptest::collection::vec((any::<prop::sample::Index>(), 0xf0u8..0xf6), 0..24)) {
        let mut bytes = bytes;
        for (place, byte) in special {
            bytes.insert(3 + place.index(bytes.len() - 2), byte);
        }
        scan::check(&bytes);
    }
}

/// Runs a check on so many inputs.
fn runs(cases: u32, bytes: impl Strategy<Value = Vec<u8>>, check: fn(&[u8])) {
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(0x5d0c),
        ..ProptestConfig::default()
    };
    let one = |bytes: Vec<u8>| -> Result<(), TestCaseError> {
        check(&bytes);
        Ok(())
    };
    if let Err(error) = TestRunner::new(config).run(&bytes, one) {
        panic!("{error}");
    }
}

fn arbitrary(longest: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 1..longest)
}

/// Mostly bytes that stand for parts of descriptions.
fn described() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![6 => 0xc0u8..0xee, 2 => 0xf0u8..0xf7, 1 => any::<u8>(), 1 => Just(b'\n')];
    proptest::collection::vec(byte, 1..60)
}

#[test]
fn arbitrary_texts_are_read_within_their_budget() {
    runs(48, arbitrary(400), intake::check);
    runs(96, described(), intake::check);
}

#[test]
fn arbitrary_snapshots_are_refused_or_judged() {
    runs(96, arbitrary(60), snapshot::check);
}

#[test]
fn arbitrary_archives_are_walked_through() {
    runs(128, arbitrary(40), archive::check);
}

#[test]
fn arbitrary_rule_files_are_refused_or_loaded() {
    runs(48, arbitrary(26), rules::check);
}
