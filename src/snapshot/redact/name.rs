//! What a name says about its value: `DB_PASSWORD_V2` is a secret, `DB_PASSWORD_FILE` says where one is
//! stored.

/// Words that mark a secret anywhere in a name, unless a later word shows that it is something about the
/// secret.
const STRONG: [&str; 12] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "secretkey",
    "credential",
    "pwd",
];
/// Words that mark a secret at the end of a name.
const LAST: [&str; 17] = [
    "pass",
    "pw",
    "pat",
    "auth",
    "authorization",
    "cookie",
    "dsn",
    "signature",
    "sig",
    "jwt",
    "psk",
    "otp",
    "sessionid",
    "phpsessid",
    "jsessionid",
    "requirepass",
    "masterauth",
];
/// Words before `key` that make it public.
const OPEN_KEYS: [&str; 14] = [
    "public",
    "primary",
    "foreign",
    "sort",
    "partition",
    "cache",
    "host",
    "config",
    "registry",
    "keyboard",
    "on",
    "hot",
    "map",
    "group",
];
/// Final words of names that describe a secret rather than contain it.
const ABOUT: [&str; 56] = [
    "file",
    "files",
    "path",
    "dir",
    "directory",
    "url",
    "uri",
    "endpoint",
    "host",
    "name",
    "type",
    "length",
    "len",
    "size",
    "ttl",
    "expiry",
    "expires",
    "expiration",
    "expire",
    "timeout",
    "policy",
    "rules",
    "min",
    "max",
    "enabled",
    "disabled",
    "required",
    "count",
    "mode",
    "cmd",
    "command",
    "helper",
    "store",
    "provider",
    "algorithm",
    "issuer",
    "format",
    "agent",
    "socket",
    "sock",
    "method",
    "methods",
    "status",
    "error",
    "errors",
    "age",
    "lifetime",
    "prompt",
    "manager",
    "service",
    "target",
    "mount",
    "requests",
    "in",
    "bucket",
    "stdin",
];
/// Final words that distinguish several secrets, or give their encoding.
const WHICH: [&str; 31] = [
    "b64",
    "base64",
    "hex",
    "json",
    "raw",
    "data",
    "text",
    "txt",
    "plain",
    "value",
    "val",
    "encoded",
    "enc",
    "hash",
    "prod",
    "production",
    "dev",
    "stage",
    "staging",
    "test",
    "live",
    "old",
    "new",
    "primary",
    "secondary",
    "backup",
    "local",
    "default",
    "current",
    "previous",
    "next",
];
/// Names that only look secret: fields of the engines' own documents, settings of systemd, sockets.
const PLAIN: [&str; 9] = [
    "Authorization",
    "SSH_AUTH_SOCK",
    "XAUTHORITY",
    "PWD",
    "OLDPWD",
    "LoadCredential",
    "LoadCredentialEncrypted",
    "ImportCredential",
    "pam_auth",
];
/// Longest name that is examined.
const LONGEST: usize = 200;

/// Returns whether the value under a name is a secret.
pub(super) fn is_secret(name: &str) -> bool {
    if name.is_empty() || name.len() > LONGEST || PLAIN.contains(&name) || name.contains(char::is_whitespace)
    {
        return false;
    }
    let mut words = words(name);
    while words.len() > 1 && words.last().is_some_and(|word| tells_which(word)) {
        words.pop();
    }
    let Some(last) = words.last() else { return false };
    if ABOUT.contains(&last.as_str()) {
        return false;
    }
    let joined = words.concat();
    let strong = words.iter().any(|word| STRONG.contains(&singular(word)))
        || STRONG.iter().any(|strong| singular(&joined).ends_with(strong));
    strong
        || LAST.contains(&singular(last))
        || names_pass(last)
        || names_key(&words)
        || joined.ends_with("connectionstring")
}

/// Returns whether a name consists of several words, unlike words in prose.
pub(super) fn is_compound(name: &str) -> bool {
    name.starts_with('-') || words(name).len() > 1
}

/// Returns whether a name is that of a file or of a systemd program, which messages begin with:
/// `secrets.yaml: …`.
pub(super) fn is_of_file(name: &str) -> bool {
    const ENDINGS: [&str; 13] =
        ["yaml", "yml", "json", "toml", "txt", "conf", "cfg", "ini", "env", "db", "sh", "py", "service"];
    name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending)) || name.starts_with("systemd-")
}

/// Whether it counts tokens, as language models and parsers do, or tests that passed.
pub(super) fn is_count(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    (name.ends_with("tokens") || name == "pass" && value.len() <= 4)
        && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether it says how the check of a signature ended: `signature: valid`. A signature is no word.
pub(super) fn is_verdict(name: &str, value: &str) -> bool {
    const LONGEST: usize = 16;
    let words = words(name);
    words.last().is_some_and(|last| matches!(singular(last), "signature" | "sig"))
        && value.len() <= LONGEST
        && value.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

fn tells_which(word: &str) -> bool {
    let number = word.strip_prefix('v').unwrap_or(word);
    WHICH.contains(&word) || !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether a word ends in `pass` as in `PGPASS` and `dbpass`, but not `bypass`.
fn names_pass(word: &str) -> bool {
    word.ends_with("pass")
        && !["bypass", "compass", "encompass", "surpass", "trespass", "firstpass", "onepass"].contains(&word)
}

fn names_key(words: &[String]) -> bool {
    let [.., before, last] = words else { return false };
    let id = last == "id" && before == "session";
    id || singular(last) == "key" && !OPEN_KEYS.contains(&before.as_str())
}

fn singular(word: &str) -> &str {
    word.strip_suffix('s').filter(|rest| rest.len() > 2 && !rest.ends_with('s')).unwrap_or(word)
}

/// Returns the words of a name in lower case: split at punctuation, between lower and upper case, and before
/// final digits.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut word, mut before) = (String::new(), ' ');
    let mut signs = name.chars().peekable();
    while let Some(sign) = signs.next() {
        let begins = sign.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit())
            || sign.is_ascii_uppercase()
                && before.is_ascii_uppercase()
                && signs.peek().is_some_and(char::is_ascii_lowercase);
        if begins || !sign.is_ascii_alphanumeric() {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        }
        if sign.is_ascii_alphanumeric() {
            word.push(sign.to_ascii_lowercase());
        }
        before = sign;
    }
    words.extend((!word.is_empty()).then_some(word));
    let bare = |word: &String| word.trim_end_matches(|sign: char| sign.is_ascii_digit()).to_owned();
    if let Some(last) = words.last_mut().filter(|word| bare(word).len() > 2 && !word.ends_with("64")) {
        *last = bare(last);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::is_secret;

    #[test]
    fn secrets_are_known_by_their_names() {
        for name in [
            "PASSWORD",
            "DB_PASS",
            "pass",
            "MYSQL_PWD",
            "pwd",
            "dbPassword",
            "db.password.prod",
            "API_TOKEN_1",
            "API_TOKEN_V2",
            "TLS_KEY_B64",
            "SECRET2",
            "PGPASSWORD",
            "mysqlpass",
            "aws_secret_access_key",
            "x-api-key",
            "AccountKey",
            "connectionString",
            "SENTRY_DSN",
            "GITHUB_PAT",
            "REDIS_PW",
            "--db-password",
            "clientSecrets",
            "session_id",
            "TOKEN_EU_WEST",
            "passphrase",
            "com.example/api-key",
            "authToken",
            "REGISTRY_AUTH",
            "Cookie",
            "sig",
            "PASSWORD_PROD",
            "client-key-data",
            "masterauth",
            "HTTPPassword",
        ] {
            assert!(is_secret(name), "{name}");
        }
    }

    #[test]
    fn what_only_sounds_secret_is_plain() {
        for name in [
            "PATH",
            "PWD",
            "SSH_AUTH_SOCK",
            "DB_PASSWORD_FILE",
            "TOKEN_URL",
            "token_type",
            "PUBLIC_KEY",
            "key",
            "monkey",
            "bypass",
            "author",
            "LoadCredential",
            "password_policy",
            "compass",
            "Keyboard",
            "--token-bucket",
            "--password-stdin",
            "certificate-authority-data",
            "signal",
            "design",
            "session",
            "path",
            "PATTERN",
            "Authorization",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
