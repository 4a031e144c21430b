//! Reads and writes a line of CSV, the syntax of `--mount` and `--network` values.

use csv::{ReaderBuilder, Terminator, WriterBuilder};

/// Joins words into one line; quotes those with a comma, a quote or a line break.
pub fn join<W: AsRef<str>>(words: &[W]) -> String {
    // Writing into memory cannot fail, and the words are UTF-8 already.
    let mut writer = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new());
    let written = writer.write_record(words.iter().map(|word| word.as_ref().as_bytes())).is_ok();
    let bytes = writer.into_inner().ok().filter(|_| written).unwrap_or_default();
    let mut line = String::from_utf8(bytes).unwrap_or_default();
    line.truncate(line.len().saturating_sub(1));
    line
}

/// Splits a line into its words.
pub fn split(line: &str) -> Vec<String> {
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(line.as_bytes());
    let record = reader.records().next().and_then(Result::ok).unwrap_or_default();
    record.iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_quoted_only_where_they_must_be() {
        let words = ["type=volume", "volume-opt=o=size=1m,mode=700", "a=\"b\""];
        assert_eq!(join(&words), "type=volume,\"volume-opt=o=size=1m,mode=700\",\"a=\"\"b\"\"\"");
    }

    proptest! {
        #[test]
        fn words_come_back(words in proptest::collection::vec("[a-z=,\" é\n]{1,8}", 1..5)) {
            prop_assert_eq!(split(&join(&words)), words);
        }
    }
}
