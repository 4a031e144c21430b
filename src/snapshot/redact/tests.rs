//! Secrets of every kind in every place; and messages that only mention them.

use serde_json::json;

use super::*;

fn redacted(document: Value) -> String {
    let mut redactor = Redactor::default();
    redactor.learn(&document);
    let mut document = document;
    redactor.redact_value(&mut document);
    document.to_string()
}

#[test]
fn secrets_go_wherever_they_stand() {
    let said = redacted(json!({
        "Env": ["DB_PASSWORD=hunter2", "PATH=/bin", "URL=postgres://app:tr0ub4dor@db/x", "PIN_TOKEN=ab"],
        "Labels": {"deploy.secret": "l4belsecret"},
        "Cmd": ["app", "--token", "argsecret", "--api-key=keysecret"],
        "Log": "login with hunter2 failed, ghp_abcdefghijklmnopqrstuvwxyz012345",
    }));
    for secret in ["hunter2", "tr0ub4dor", "l4belsecret", "argsecret", "keysecret", "ghp_abc", "=ab\""] {
        assert!(!said.contains(secret), "{secret} in {said}");
    }
    assert!(said.contains("PATH=/bin") && said.contains("DB_PASSWORD=<secret-"), "{said}");
}

#[test]
fn the_same_value_has_the_same_token() {
    let said = redacted(json!({"Env": ["A_TOKEN=samesame", "B_TOKEN=samesame", "C_TOKEN=other-one"]}));
    assert_eq!(said.matches("<secret-1>").count(), 2, "{said}");
}

#[test]
fn messages_about_secrets_stay() {
    for line in [
        "Failed to determine credentials directory, ignoring: Read-only file system",
        "app.service: Failed to set up credentials: Protocol error",
        "Changing group credentials failed: Operation not permitted",
        r#"Failed to watch "/run/systemd/ask-password": Too many open files"#,
        r"cannot read '/etc/app/db.password': is a directory, not a file",
        r#"stat "/srv/x/api-token": permission was denied to us"#,
    ] {
        assert_eq!(redacted(json!({ "Log": line })), json!({ "Log": line }).to_string());
    }
    let said = redacted(json!({"Log": "app --db-password hunter22 -token 'abcdefgh' --secrets --verbose"}));
    assert!(!said.contains("hunter22") && !said.contains("abcdefgh") && said.contains("--verbose"), "{said}");
}

#[test]
fn a_path_as_the_name_of_a_setting_keeps_its_secret() {
    for text in [
        r#"{"/srv/db-password": "hunter22"}"#,
        r#""/srv/db-password": hunter22"#,
        r"'/app/api_token': Too4many",
    ] {
        let said = redacted(json!({ "Log": text }));
        assert!(!said.contains("hunter22") && !said.contains("Too4many"), "{said}");
    }
}

#[test]
fn plain_settings_stay() {
    let said = redacted(
        json!({"Env": ["container=docker", "USE_TOKEN=true"], "SecurityOpt": ["seccomp=unconfined"], "Authorization": ["x"]}),
    );
    assert!(!said.contains("<secret"), "{said}");
}

/// Returns a text after its own secrets are redacted.
pub(super) fn hidden(text: &str) -> String {
    let mut redactor = Redactor::default();
    redactor.learn_text(text);
    redactor.redact(text)
}

/// A secret that occurs nowhere else.
pub(super) const CANARY: &str = "x9Kd72mQp4Zr";

#[test]
fn what_is_no_secret_stays() {
    for line in [
        "docker run -p 8080:80 -p 443 -u 1000:1000 image",
        "ssh -p 2222 me@box.example.org",
        "mkdir -p /var/lib/app && ps -p 1",
        "https://registry.example.org:5000/v2/app@sha256:4f2a9c0011aa",
        "http://host:8080/a@2x.png",
        "git@github.com:owner/name.git",
        "Reached target Basic System.",
        "password: Permission denied",
        "DB_PASSWORD_FILE=/run/secrets/db PASSWORD=${DB_PASSWORD}",
        "container=docker PATH=/usr/bin TERM=xterm",
        "session 1 of user root, seat0, key 0x1",
        "systemd 257.8-1 running in system mode (+PAM +AUDIT -SELINUX)",
    ] {
        assert_eq!(hidden(line), line);
    }
}

#[test]
fn short_secrets_go_where_they_stand() {
    for (line, wanted) in [
        ("DB_PASSWORD=ab", "DB_PASSWORD=<secret-1>"),
        ("mysql -pab -h db", "mysql -p<secret-1> -h db"),
        ("{\"pin_token\": \"7\"} and 7", "{\"pin_token\": \"<secret-1>\"} and 7"),
        ("PASSWORD=systemd of systemd", "PASSWORD=<secret-1> of systemd"),
    ] {
        assert_eq!(hidden(line), wanted);
    }
}

#[test]
fn what_was_secret_once_is_hidden_everywhere() {
    let mut redactor = Redactor::default();
    redactor
        .learn(&json!({"Env": ["DB_PASSWORD=p@ss w/rd9", "PLAIN=x9Kd72mQp4Zr"], "auth": "bWU6aHVudGVyMmI="}));
    for text in [
        "refused p@ss w/rd9",
        "refused p%40ss%20w%2Frd9",
        "refused p%40ss+w%2Frd9",
        "refused cEBzcyB3L3JkOQ==",
        "refused bWU6cEBzcyB3L3JkOQ",
        "refused x9Kd72mQp4Zr",
        "refused hunter2b",
        "refused me:hunter2b",
    ] {
        let said = redactor.redact(text);
        assert!(said.starts_with("refused <secret-") && said.ends_with('>'), "{said}");
    }
}

#[test]
fn values_are_kept_for_names_that_are_listed() {
    let said = redacted(json!({"Config": {
        "Env": ["container=docker", "LANG=C.UTF-8", "SYSTEMD_LOG_LEVEL=debug", "APP_MODE=production", "EMPTY="],
        "Labels": {"com.docker.compose.service": "web", "team": "blue"},
    }, "history": [{"created_by": "ENV APP_MODE=production LANG=C"}, {"created_by": "RUN |2 A=bcd LANG=C \
        /bin/sh -c make x"}]}));
    for kept in ["container=docker", "LANG=C.UTF-8", "debug", "EMPTY=", "web", "make x", "LANG=C"] {
        assert!(said.contains(kept), "{kept} in {said}");
    }
    for gone in ["production", "blue", "bcd"] {
        assert!(!said.contains(gone), "{gone} in {said}");
    }
}

#[test]
fn a_script_stays_but_for_its_secrets() {
    let said = redacted(
        json!({"Cmd": ["sh", "-c", "DB_PASSWORD=hunter2 exec /sbin/init"], "Args": ["env", "DB_PASSWORD=ab \
            c", "/sbin/init"]}),
    );
    assert_eq!(
        said,
        r#"{"Cmd":["sh","-c","DB_PASSWORD=<secret-1> exec /sbin/init"],"Args":["env","DB_PASSWORD=<secret-2>","/sbin/init"]}"#
    );
}

#[test]
fn words_of_commands_are_read_in_their_order() {
    for (words, wanted) in [
        (json!(["mysql", "-uroot", "-pab", "db"]), json!(["mysql", "-uroot", "-p<secret-1>", "db"])),
        (
            json!(["CMD", "mysqladmin", "ping", "-p", "ab"]),
            json!(["CMD", "mysqladmin", "ping", "-p", "<secret-1>"]),
        ),
        (
            json!(["sshpass", "-p", "ab", "ssh", "-p", "2222", "box"]),
            json!(["sshpass", "-p", "<secret-1>", "ssh", "-p", "2222", "box"]),
        ),
        (
            json!(["podman", "run", "-p", "8080:80", "-e", "A=b c", "--label=x=y", "i"]),
            json!(["podman", "run", "-p", "8080:80", "-e", "A=<secret-1>", "--label=x=<secret-2>", "i"]),
        ),
        (json!(["curl", "-u", "me:ab", "http://x"]), json!(["curl", "-u", "me:<secret-1>", "http://x"])),
        (json!(["app", "--db-password", "a b"]), json!(["app", "--db-password", "<secret-1>"])),
    ] {
        assert_eq!(redacted(words), wanted.to_string());
    }
}

#[test]
fn a_key_over_several_lines_is_hidden() {
    let lines = [
        "got -----BEGIN EC PRIVATE KEY-----",
        "MHcCAQEEIabcdefgh",
        "x9Kd72mQp4Zr",
        "AwEHoUQDQgAE",
        "-----END EC PRIVATE KEY-----",
        "Reached target basic.target",
    ];
    let places = detect::in_blocks(lines.into_iter());
    let is_hidden: Vec<bool> = places.iter().map(Option::is_some).collect();
    assert_eq!(is_hidden, [false, true, true, true, false, false]);
}

#[test]
fn many_secrets_are_looked_for_at_once() {
    let all: Vec<String> = (0..15_000).map(|number| format!("A_TOKEN=value{number}x")).collect();
    let before = mask::MADE.get();
    let said = redacted(json!({"Env": all, "Log": all.join(" ")}));
    assert!(!said.contains("=value"));
    assert_eq!(mask::MADE.get() - before, 1, "one automaton looks for all values in all texts");
}

#[test]
fn what_a_shell_does_next_is_no_part_of_a_secret() {
    for (script, rest) in [
        ("login --password hunter2222; exec /sbin/init", "; exec /sbin/init"),
        ("mysql -u app -phunter2222& exec /sbin/init", "& exec /sbin/init"),
        ("sshpass -p hunter2222; /sbin/init", "; /sbin/init"),
        ("app --token hunter2222|tee x; exec /sbin/init", "exec /sbin/init"),
    ] {
        let said = redacted(json!({"Cmd": ["sh", "-c", script]}));
        assert!(!said.contains("hunter2222") && said.contains(rest), "{said}");
    }
}

#[test]
fn lines_of_a_value_are_hidden_one_by_one() {
    for (document, wanted) in [
        (json!({"Env": ["PLAIN=first line\nsecond"]}), json!({"Env": ["PLAIN=<secret-1>\n<secret-2>"]})),
        (
            json!({"Labels": {"note": "first line\r\n\nsecond\n"}}),
            json!({"Labels": {"note": "<secret-1>\r\n\n<secret-2>\n"}}),
        ),
        (json!({"db_password": "hunter2222\nhunter3333"}), json!({"db_password": "<secret-1>\n<secret-2>"})),
        (
            json!({"Env": ["KEY_PEM=-----BEGIN PRIVATE KEY-----\nx9Kd72mQ\n-----END PRIVATE KEY-----"]}),
            json!({"Env": ["KEY_PEM=<secret-1>\n<secret-2>\n<secret-3>"]}),
        ),
    ] {
        assert_eq!(redacted(document), wanted.to_string());
    }
}

#[test]
fn what_a_cluster_and_a_network_are_told_is_hidden() {
    for line in [
        "kubectl create secret generic db --from-literal=user=Zq9secret",
        "kubectl create secret generic db --from-literal password=Zq9secret --dry-run=client",
        "wpa_passphrase house Zq9secret",
        "curl https://api.mailgun.net with key-Zq9secretZq9secretZq9secretZq9secr",
    ] {
        let said = redacted(json!({ "Log": line }));
        assert!(!said.contains("Zq9secret"), "{said}");
    }
    for line in ["suite: pass: 12 fail: 3", "pass: 0, fail: 0"] {
        assert_eq!(redacted(json!({ "Log": line })), json!({ "Log": line }).to_string());
    }
}

#[test]
fn no_stretch_of_a_text_is_looked_at_for_each_of_its_marks() {
    const LONG: usize = 50_000;
    // Marks of this many kinds may introduce something in the same stretch.
    const KINDS: usize = 4;
    for (head, unit) in [
        ("", "-----BEGIN RSA PRIVATE KEY-----"),
        ("\"password\": \"", "\\"),
        ("Cookie: ", "a=b; "),
        ("https://me:", "@"),
        ("DB_PASSWORD=", "/%"),
        ("", "eyJ"),
        ("", "eyJ-"),
        ("", "sk-"),
        ("", "hooks.slack.com/services/"),
    ] {
        for length in [LONG, 4 * LONG] {
            let text = format!("{head}{}", unit.repeat(length / unit.len()));
            let work = detect::work(&text);
            assert!(work <= KINDS * text.len(), "{work} bytes of {} for {head}{unit}", text.len());
        }
    }
}

#[test]
fn secrets_in_markup_addresses_and_prose_are_hidden() {
    for line in [
        r#"<Password type="plain">Zq9secret</Password>"#,
        "<ns:password>Zq9secret</ns:password>",
        r#"<add key="ApiPassword" value="Zq9secret"/>"#,
        r#"<property name="password" value='Zq9secret'/>"#,
        r#"<property name="db.password">Zq9secret</property>"#,
        "GET /x?q=password%3DZq9secret HTTP/1.1",
        "%22password%22%3A%22Zq9secret%22",
        "&quot;password&quot;: &quot;Zq9secret&quot;",
        r"\u0022password\u0022:\u0022Zq9secret\u0022",
        "ALTER USER me IDENTIFIED WITH mysql_native_password BY 'Zq9secret'",
        "[Note] A temporary password is generated for root@localhost: Zq9;secret",
        "Your new password is Zq9secret.",
        "nmcli dev wifi connect x password Zq9secret",
        "  password Zq9secret",
        "aws configure set aws_secret_access_key Zq9secret",
        "masterauth Zq9secret",
        "client-key-data: Zq9secret==",
        "echo Zq9secret | docker login --password-stdin r.example.org",
        "echo 'Zq9secret' | passwd --stdin root",
        "curl -sSu me:Zq9secret https://box/",
        "docker run -d -ePLAIN=Zq9secret image",
        "login --password Zq9secret; /sbin/init",
    ] {
        let said = redacted(json!(line));
        assert!(!said.contains("Zq9"), "{line}: {said}");
    }
    assert!(redacted(json!("login --password Zq9secret; /sbin/init")).contains("<secret-1>; /sbin/init"));
}

#[test]
fn names_of_volumes_files_and_programs_say_nothing_of_a_secret() {
    for text in [
        "secrets:/run/secrets",
        "db_password:/data:ro",
        "token:/x",
        "secrets.yaml: permission denied",
        "/etc/app/api-token.conf: syntax error",
        "systemd-ask-password: command not found",
        "--token-bucket 50",
        "max_tokens: 4096",
        "tokens: 50",
        "passwd: password changed for root2.",
        "api_key not set",
        "secret_key is missing for user a1",
        "sudo: a password is required",
        "label=level:s0:c1,c2",
        "label=type:container_init_t",
        "--security-opt label=user:system_u",
        "<secret>",
        "echo hello | cat --stdout",
    ] {
        assert_eq!(redacted(json!(text)), json!(text).to_string());
    }
}

#[test]
fn names_of_what_an_engine_keeps_stay() {
    for words in [
        json!(["podman", "run", "--secret", "db_cred1x", "i"]),
        json!(["docker", "build", "--secret", "id=db,src=/x", "."]),
    ] {
        assert_eq!(redacted(words.clone()), words.to_string());
    }
    assert!(!redacted(json!(["app", "--secret", "hunter2222"])).contains("hunter"));
    assert!(
        !redacted(json!({"JoinTokens": {"Worker": "SWMTKN-1-0123456789abcdef-0123"}})).contains("0123456789")
    );
}
