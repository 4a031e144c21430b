//! JSON from outside, under a limit: bytes in, values out. A document with too many values is refused before
//! anything is built from it.
//!
//! A value of three bytes may take some hundred bytes in memory, so a limit on bytes alone bounds nothing.
//! Must not know whose document it is.

#![cfg_attr(not(feature = "engine"), allow(dead_code, reason = "lists come from engines"))]

use std::cell::Cell;
use std::fmt;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::Value;

/// Why a document is refused.
#[derive(Debug, thiserror::Error)]
pub enum JsonRefused {
    /// It has more values than the limit.
    #[error("it has more than {0} values")]
    Values(usize),
    /// It is a list of more entries than the limit.
    #[error("it lists more than {0} entries")]
    Entries(usize),
    /// It is not JSON, nested too deeply, or not of the wanted form.
    #[error(transparent)]
    Form(#[from] serde_json::Error),
}

impl JsonRefused {
    /// Returns whether a limit was exceeded, as opposed to the form being wrong.
    #[must_use]
    pub const fn is_limit(&self) -> bool {
        matches!(self, Self::Values(_) | Self::Entries(_))
    }
}

/// The limits of a list.
#[derive(Debug, Clone, Copy)]
pub struct ListLimit {
    /// Entries.
    pub entries: usize,
    /// Values of one entry.
    pub values: usize,
}

/// Reads a document of at most `values` values.
///
/// # Errors
/// [`JsonRefused`]; depth is bounded by the parser, at 128.
pub fn read<T: DeserializeOwned>(bytes: &[u8], values: usize) -> Result<T, JsonRefused> {
    let left = Cell::new(values);
    let mut document = serde_json::Deserializer::from_slice(bytes);
    if let Err(error) = (ValueCounter { left: &left }).deserialize(&mut document) {
        return Err(if left.get() == 0 { JsonRefused::Values(values) } else { error.into() });
    }
    Ok(serde_json::from_slice(bytes)?)
}

/// Reads a list entry by entry and keeps what `take` returns for each, so that the whole list is never in
/// memory.
///
/// # Errors
/// [`JsonRefused`], also for a document that is not a list.
pub fn each<R>(
    bytes: &[u8],
    limit: ListLimit,
    mut take: impl FnMut(Value) -> Option<R>,
) -> Result<Vec<R>, JsonRefused> {
    let tally = Tally { left: Cell::new(limit.values), entries: Cell::new(limit.entries) };
    if let Err(error) =
        serde_json::Deserializer::from_slice(bytes).deserialize_seq(EntryVisitor { limit, tally: &tally })
    {
        return Err(match (tally.entries.get(), tally.left.get()) {
            (0, _) => JsonRefused::Entries(limit.entries),
            (_, 0) => JsonRefused::Values(limit.values),
            _ => error.into(),
        });
    }
    let mut kept = Vec::new();
    serde_json::Deserializer::from_slice(bytes).deserialize_seq(Taken(|entry| kept.extend(take(entry))))?;
    Ok(kept)
}

/// Counts the values of a document and builds none.
struct ValueCounter<'c> {
    left: &'c Cell<usize>,
}

impl ValueCounter<'_> {
    fn one<E: serde::de::Error>(&self) -> Result<(), E> {
        let left = self.left.get().checked_sub(1).filter(|left| *left > 0);
        self.left.set(left.unwrap_or_default());
        left.map(|_| ()).ok_or_else(|| E::custom("too many values"))
    }
}

impl<'de> DeserializeSeed<'de> for ValueCounter<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, document: D) -> Result<(), D::Error> {
        self.one()?;
        document.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueCounter<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(ValueCounter { left: self.left })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_key::<IgnoredAny>()?.is_some() {
            map.next_value_seed(ValueCounter { left: self.left })?;
        }
        Ok(())
    }
}

/// What is left of a list's limits.
struct Tally {
    left: Cell<usize>,
    entries: Cell<usize>,
}

/// Counts the entries of a list, and the values of each.
struct EntryVisitor<'t> {
    limit: ListLimit,
    tally: &'t Tally,
}

impl<'de> Visitor<'de> for EntryVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Tally { left, entries } = self.tally;
        while list.next_element_seed(ValueCounter { left })?.is_some() {
            left.set(self.limit.values);
            entries.set(entries.get().saturating_sub(1));
            if entries.get() == 0 {
                return Err(A::Error::custom("too many entries"));
            }
        }
        Ok(())
    }
}

/// Passes on one entry after the other.
struct Taken<F>(F);

impl<'de, F: FnMut(Value)> Visitor<'de> for Taken<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(entry) = list.next_element()? {
            (self.0)(entry);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(json: &str) -> String {
        read::<Value>(json.as_bytes(), 10)
            .map_or_else(|refused| refused.to_string(), |value| value.to_string())
    }

    #[test]
    fn a_document_within_the_limit_is_read_as_it_is() {
        for json in ["null", "[1,-2,3.5,true,\"x\"]", "{\"a\":{\"b\":[{}]}}", "[[[[[[]]]]]]"] {
            assert_eq!(said(json), json);
        }
    }

    #[test]
    fn wide_and_nested_documents_are_refused_before_anything_is_built() {
        let wide = format!("[{}]", vec!["[0]"; 1000].join(","));
        let keys =
            format!("{{{}}}", (0..1000).map(|n| format!("\"{n}\":{{}}")).collect::<Vec<_>>().join(","));
        let strings = format!("{{\"a\":[{}]}}", vec!["\"\""; 1000].join(","));
        for json in [wide, keys, strings] {
            assert_eq!(said(&json), "it has more than 10 values");
        }
        assert!(
            read::<Value>("[".repeat(200_000).as_bytes(), 1_000_000)
                .unwrap_err()
                .to_string()
                .contains("recursion limit")
        );
        assert!(!read::<Value>(b"{\"a\":", 10).unwrap_err().is_limit());
    }

    #[test]
    fn a_list_is_read_entry_by_entry() {
        let limit = ListLimit { entries: 4, values: 3 };
        let read = |json: &str| each(json.as_bytes(), limit, |entry| entry.get("n").and_then(Value::as_i64));
        assert_eq!(read("[{\"n\":1},{},{\"n\":3}]").unwrap(), [1, 3]);
        assert!(matches!(read("[1,1,1,1,1]"), Err(JsonRefused::Entries(4))));
        assert!(matches!(read("[{\"n\":1},{\"n\":[1,2,3]}]"), Err(JsonRefused::Values(3))));
        assert!(matches!(read("{\"n\":1}"), Err(JsonRefused::Form(_))));
        assert!(matches!(read("[{\"n\":1}"), Err(JsonRefused::Form(_))));
    }
}
