//! Turns a command line with secret words into a shell script that reads them from their files.
//!
//! Must never write a secret.

use crate::prescribe::recipe::{Piece, Recipe, csv_line, has_secret, pieces};
use crate::quote::{Unquotable, quoted_within};

/// Returns the command line with the secret words read from their files; unchanged if there are none.
///
/// # Errors
/// Returns [`Unquotable`] for a word that cannot be quoted for a shell.
pub fn with_secrets(argv: Vec<String>, recipe: &Recipe) -> Result<Vec<String>, Unquotable> {
    if recipe.secret_words.is_empty() {
        return Ok(argv);
    }
    let mut script = String::new();
    for (number, secret) in recipe.secret_words.iter().enumerate() {
        let file = quoted_within(&recipe.word_file(number))?;
        script.push_str(&format!("word{number}=$(cat {file}) && "));
        if secret.is_option() && recipe.mounts.iter().any(|(_, text)| has_secret(text)) {
            script.push_str(&format!("cell{number}=$(sed 's/\"/\"\"/g' {file}) && "));
        }
    }
    let number = |word: &String| recipe.secret_words.iter().position(|secret| secret.text == *word);
    let mut words = Vec::new();
    for (place, word) in argv.iter().enumerate() {
        let is_mount = place.checked_sub(1).is_some_and(|before| argv[before] == "--mount");
        words.push(match number(word) {
            Some(number) => fetched("word", number),
            None if !has_secret(word) => quoted_within(word)?,
            None if is_mount => mount(word, recipe)?,
            None => written(word, recipe)?,
        });
    }
    script.push_str(&words.join(" "));
    Ok(vec!["sh".to_owned(), "-c".to_owned(), script])
}

/// Writes a value with references to its secrets.
fn written(text: &str, recipe: &Recipe) -> Result<String, Unquotable> {
    let one = |piece: &Piece<'_>| match piece {
        Piece::Plain("") => Ok(String::new()),
        Piece::Plain(text) => quoted_within(text),
        Piece::Fetched(number) => Ok(fetched("word", *number)),
    };
    Ok(pieces(text, &recipe.secret_words).iter().map(one).collect::<Result<Vec<_>, _>>()?.concat())
}

/// Assigns a secret word to a variable of the script. Command substitution removes trailing line breaks, so a
/// dot follows them.
fn fetched(variable: &str, number: usize) -> String {
    format!("\"${{{variable}{number}%.}}\"")
}

/// Writes a `--mount` value with references to its secrets: CSV words, those with a secret quoted.
fn mount(text: &str, recipe: &Recipe) -> Result<String, Unquotable> {
    let piece = |piece: &Piece<'_>| match piece {
        Piece::Plain("") => Ok(String::new()),
        Piece::Plain(text) => quoted_within(&text.replace('"', "\"\"")),
        Piece::Fetched(number) => Ok(fetched("cell", *number)),
    };
    let one = |word: &String| {
        if !has_secret(word) {
            return quoted_within(&csv_line::join(&[word]));
        }
        let pieces = pieces(word, &recipe.secret_words).iter().map(piece).collect::<Result<Vec<_>, _>>()?;
        Ok(format!("'\"'{}'\"'", pieces.concat()))
    };
    Ok(csv_line::split(text).iter().map(one).collect::<Result<Vec<_>, _>>()?.join(","))
}
