//! A place in a text whose value is masked, and where else the value is masked.

use std::ops::Range;

/// A place in a text whose value is masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SecretSpan {
    /// Where, in bytes.
    pub range: Range<usize>,
    /// Where else the value is masked.
    pub scope: MaskScope,
}

impl SecretSpan {
    /// Marks a secret.
    pub fn secret(range: Range<usize>) -> Self {
        Self { range, scope: MaskScope::Everywhere }
    }

    /// Marks a value that is not known to be a secret, but is not needed either.
    pub fn hidden(range: Range<usize>) -> Self {
        Self { range, scope: MaskScope::InPlace }
    }
}

/// Where a value is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MaskScope {
    /// Wherever it occurs.
    Everywhere,
    /// Where it stands; elsewhere only if it looks random.
    InPlace,
}
