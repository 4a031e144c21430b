//! Probing with AVX2 vector instructions: eight places at once.
//!
//! The only file with unsafe code, which is worth it: without it the prefilter takes a third longer
//! (docs/scan.md). Where the instructions are missing nothing is probed here, and the caller probes one place
//! after the other. Must not know what a probe is for.
#![allow(unsafe_code)]

/// Places probed at once.
pub const AT_ONCE: usize = 8;
/// Bytes from one place to the next: as many as a lane has.
pub const STEP: usize = 4;
/// Logarithm of the number of words in a map.
const WORD_BITS: u32 = 14;
/// Words of a map: 64 KiB. Half of that would fit into the nearest cache, but would let twice as many probes
/// through.
pub const WORDS: usize = 1 << WORD_BITS;
/// Logarithm of the number of bits in a word.
const BIT_BITS: u32 = 5;
/// Factors for the first and the last bytes of a gram. One of them is even, so that their sum is odd: the
/// first and the last bytes may be the same ones.
const FACTORS: [u32; 2] = [0x9e37_79b1, 0x85eb_ca76];
/// Bit mask that maps letters of either case to one.
#[cfg(target_arch = "x86_64")]
const FOLD: u32 = 0x2020_2020;

/// Returns whether this processor has AVX2.
#[must_use]
pub fn is_available() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// Returns the hash of a folded gram of `length` bytes, 4 to 8, the first of them lowest: a combination of
/// its first and its last four bytes.
#[must_use]
pub const fn hash(gram: u64, length: usize) -> u32 {
    let first = (gram & 0xffff_ffff) as u32;
    let last = (gram >> (8 * (length - STEP)) & 0xffff_ffff) as u32;
    first.wrapping_mul(FACTORS[0]).wrapping_add(last.wrapping_mul(FACTORS[1]))
}

/// Returns the word of a map that a hash selects, and its bit, counted from the highest.
#[must_use]
pub const fn place(hash: u32) -> (usize, u32) {
    ((hash >> (u32::BITS - WORD_BITS)) as usize, hash << WORD_BITS >> (u32::BITS - BIT_BITS))
}

/// Looks up the gram of `length` bytes at every fourth byte from `at` on, and writes for each group of eight
/// which of them the map has, the lowest bit for the first. Returns the number of groups: as many as `set`
/// has room for, fewer near the end of the text, none if the instructions are missing.
pub fn probe(map: &[u32; WORDS], length: usize, text: &[u8], at: usize, set: &mut [u8]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if is_available() {
        // SAFETY: the processor has the instructions for which the function is compiled.
        return unsafe { vectors::probe(map, length, text, at, set) };
    }
    let _ = (map, length, text, at, set);
    0
}

#[cfg(target_arch = "x86_64")]
mod vectors {
    use std::arch::x86_64::{
        __m256i, _mm256_add_epi32, _mm256_castsi256_ps, _mm256_i32gather_epi32, _mm256_loadu_si256,
        _mm256_movemask_ps, _mm256_mullo_epi32, _mm256_or_si256, _mm256_set1_epi32, _mm256_slli_epi32,
        _mm256_sllv_epi32, _mm256_srli_epi32,
    };

    use super::{AT_ONCE, BIT_BITS, FACTORS, FOLD, STEP, WORD_BITS, WORDS};

    /// Bytes of a vector.
    const VECTOR: usize = AT_ONCE * STEP;
    /// Shifts for the word and the bit of a hash; see [`super::place`].
    const WORD_SHIFT: i32 = (u32::BITS - WORD_BITS).cast_signed();
    const ABOVE_BIT: i32 = WORD_BITS.cast_signed();
    const BIT_SHIFT: i32 = (u32::BITS - BIT_BITS).cast_signed();

    /// Does the work of [`super::probe`].
    #[target_feature(enable = "avx2")]
    pub fn probe(map: &[u32; WORDS], length: usize, text: &[u8], mut at: usize, set: &mut [u8]) -> usize {
        // No closures: a closure is not compiled for these instructions and would not be inlined.
        let (fold, one, other) = (all(FOLD), all(FACTORS[0]), all(FACTORS[1]));
        let grams = VECTOR + length - STEP;
        let mut done = 0;
        while done < set.len() && at < text.len() && text.len() - at >= grams {
            let bytes = &text[at..at + grams];
            let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) else { break };
            let (first, last) = (_mm256_or_si256(load(first), fold), _mm256_or_si256(load(last), fold));
            let hash = _mm256_add_epi32(_mm256_mullo_epi32(first, one), _mm256_mullo_epi32(last, other));
            let word = _mm256_srli_epi32::<WORD_SHIFT>(hash);
            let bit = _mm256_srli_epi32::<BIT_SHIFT>(_mm256_slli_epi32::<ABOVE_BIT>(hash));
            // SAFETY: a number of `WORD_BITS` bits is less than `WORDS`, so each of the eight indices lies in
            // the map; a word has four bytes.
            let words = unsafe { _mm256_i32gather_epi32::<4>(map.as_ptr().cast(), word) };
            // Shifts the bit to the position of the sign.
            let signs = _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_sllv_epi32(words, bit)));
            set[done] = (signs.cast_unsigned() & 0xff) as u8;
            done += 1;
            at += VECTOR;
        }
        done
    }

    /// Returns a vector with this number in every lane.
    #[target_feature(enable = "avx2")]
    fn all(number: u32) -> __m256i {
        _mm256_set1_epi32(number.cast_signed())
    }

    /// Loads bytes into a vector.
    #[target_feature(enable = "avx2")]
    fn load(bytes: &[u8; VECTOR]) -> __m256i {
        // SAFETY: the array has as many bytes as are read, and an unaligned load is allowed.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    }
}
