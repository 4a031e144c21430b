//! YAML values whose aliases cannot make them larger than a limit.
//!
//! A few lines of aliases of aliases stand for billions of values. The parser stops a document at a hundred
//! times its events, which is a lot for a long one; here each value is counted as it is built.

use std::cell::Cell;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use yaml_serde::mapping::Entry;
use yaml_serde::value::{Tag, TaggedValue};
use yaml_serde::{Mapping, Value};

/// Builds a value, as long as there is room for the values in it.
#[derive(Clone, Copy)]
pub struct BoundedValue<'r>(pub &'r Cell<u64>);

impl BoundedValue<'_> {
    fn one<E: Error>(self, value: Value) -> Result<Value, E> {
        let room = self
            .0
            .get()
            .checked_sub(1)
            .ok_or_else(|| E::custom("the aliases of this document expand to too many values"))?;
        self.0.set(room);
        Ok(value)
    }
}

impl<'de> DeserializeSeed<'de> for BoundedValue<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for BoundedValue<'_> {
    type Value = Value;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("any YAML value")
    }

    fn visit_bool<E: Error>(self, on: bool) -> Result<Value, E> {
        self.one(Value::Bool(on))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        self.one(Value::Number(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        self.one(Value::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        self.one(Value::Number(number.into()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        self.one(Value::String(text.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.one(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        self.one(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = from.next_element_seed(self)? {
            list.push(value);
        }
        self.one(Value::Sequence(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut map = Mapping::new();
        while let Some(key) = from.next_key_seed(self)? {
            match map.entry(key) {
                Entry::Occupied(_) => return Err(A::Error::custom("a key occurs twice in one mapping")),
                Entry::Vacant(entry) => {
                    entry.insert(from.next_value_seed(self)?);
                }
            }
        }
        self.one(Value::Mapping(map))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, from: A) -> Result<Value, A::Error> {
        let (tag, contents) = from.variant::<String>()?;
        let value = contents.newtype_variant_seed(self)?;
        self.one(Value::Tagged(Box::new(TaggedValue { tag: Tag::new(tag), value })))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use yaml_serde::Deserializer;

    use super::*;

    #[test]
    fn a_value_is_what_the_parser_s_own_type_makes_of_it() {
        for text in [
            "a: [1, -2, 3.5, .inf, 0x1F, ~, null, yes, true, '1', \"x\\ty\"]\nb: {c: d}\n? [k, l]\n: m\n",
            "x: &x {a: 1}\ny: *x\nz:\n  <<: *x\n  b: 2\n",
            "t: !tag value\nu: !other [1, {a: b}]\nv: |\n  two\n  lines\n",
            "- 1\n- a: 1\n  b:\n- - 2\n",
            "a: 1\na: 2\n",
            "",
            "a: [1, 2",
            "a: *unknown\n",
            "n: 340282366920938463463374607431768211456\n",
        ] {
            let room = Cell::new(1000);
            let own = BoundedValue(&room)
                .deserialize(Deserializer::from_str(text))
                .map_err(|error| error.location().map(|place| place.line()));
            let theirs = Value::deserialize(Deserializer::from_str(text))
                .map_err(|error| error.location().map(|place| place.line()));
            assert_eq!(own, theirs, "{text}");
        }
    }

    #[test]
    fn a_value_ends_where_there_is_no_room() {
        let made = |text: &str, room: u64| {
            let room = Cell::new(room);
            BoundedValue(&room).deserialize(Deserializer::from_str(text)).is_ok().then_some(room.get())
        };
        assert_eq!(made("[a, b, {c: d}]", 6), Some(0));
        assert_eq!(made("[a, b, {c: d}]", 5), None);
        assert_eq!(made("a: &a [x, x, x]\nb: [*a, *a, *a]\n", 20), Some(0));
        assert_eq!(made("a: &a [x, x, x]\nb: [*a, *a, *a]\n", 19), None);
    }
}
