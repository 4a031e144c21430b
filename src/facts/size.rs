//! Sizes as written in command lines and files. Pure.

/// Returns the bytes of a size such as `512m`, `1.5gb`, `2Gi` or `1073741824`; a fraction of a byte is
/// dropped.
#[must_use]
pub fn bytes(text: &str) -> Option<i64> {
    let text = text.trim().to_ascii_lowercase();
    let unit = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let shift = match text[unit..].trim_end_matches('b').trim_end_matches('i') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return None,
    };
    if let Ok(whole) = text[..unit].parse::<i64>() {
        return whole.checked_mul(1 << shift);
    }
    let number: f64 = text[..unit].parse().ok()?;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "sizes with a fraction are far below 2^53"
    )]
    let bytes = (number * (1_i64 << shift) as f64) as i64;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, size) in [
            ("512m", 512 << 20),
            ("2G", 2 << 30),
            ("1.5gb", 3 << 29),
            ("77", 77),
            ("1Gi", 1 << 30),
            (" 1kb ", 1024),
        ] {
            assert_eq!(bytes(text), Some(size), "{text}");
        }
        for text in ["many", "50%", "-1", "", "m", "9999999999999t", "1.5.5g", "1eb"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }
}
