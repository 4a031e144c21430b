//! Log lines that reveal a secret in every known way.

use super::tests::{CANARY, hidden};

/// Lines with `§` in place of the secret.
const LINES: &[&str] = &[
    r#"{"level":"info","password":"§","user":"me"}"#,
    r#"{"msg":"{\"password\": \"§\", \"a\": 1}"}"#,
    r#""{\\\"dbPassword\\\": \\\"§ and more\\\"}""#,
    "DB_PASSWORD=/§ done",
    "DB_PASSWORD='§ with blanks §' done",
    "Password: §",
    "api key: §",
    "with password=§, user=me",
    "API_TOKEN_1=§",
    "API_TOKEN_V2: §",
    "TLS_KEY_B64=§",
    "DB_PASSWORD_PROD=§",
    "spring.datasource.password.prod=§",
    "dbPassword = §",
    "pwd=§;Server=db",
    "Server=db;User Id=sa;Pwd=§;Encrypt=true",
    "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=§==;EndpointSuffix=core.windows.net",
    "pass: §",
    "mysql -uroot -p§ -h db",
    "mysqldump -p § all",
    "/usr/bin/mysqladmin --user=root -p'§' ping",
    "sshpass -p § ssh -p 2222 me@box",
    "sshpass -p'§ x' ssh box",
    "curl -u me:§ https://box/",
    "curl --user 'me:§' https://box/",
    "redis-cli -h box -a § ping",
    "docker login -u me -p § registry.example.org",
    "app --password § --verbose",
    "app --db-password '§ x' --verbose",
    "app --password=§ --verbose",
    "app -p § --verbose",
    "htpasswd -bc /etc/htpasswd me §",
    "echo root:§ | chpasswd",
    "systemd.setenv=PLAIN=§ quiet",
    "systemd.setenv=DB_PASSWORD=§ quiet",
    "docker run -e FOO=§ --env BAR=§ --build-arg X=§ --label l=§ image",
    "podman run --env=FOO=§ image",
    "Environment=FOO=§ \"BAR=§ x\"",
    "ENV FOO=§ BAR=§",
    "ENV FOO §",
    "#6 [2/4] ARG FOO=§",
    "LABEL any=\"§\"",
    "Cookie: sid=§; theme=dark",
    "Set-Cookie: session=§; Path=/",
    "curl -H 'Cookie: a=§' box",
    "Authorization: token §",
    "> authorization: Bearer §",
    "curl -H \"Authorization: Basic §\" box",
    r#"Proxy-Authorization: Digest username="me", response="§""#,
    "X-Api-Key: §",
    "X-Vault-Token: §",
    "bearer §",
    "postgres://app:§@db/x",
    "postgres://app:a/§@db/x",
    "postgres://app:a@§@db/x",
    "redis://:§@cache:6379/0",
    "amqp://u:§@h1,amqp://u:§@h2",
    "me:§@tcp(db:3306)/x",
    "https://box/x?sig=§&se=2026",
    "https://box/x?user=me&access_token=§",
    "https://hooks.slack.com/services/T000/B000/§",
    "https://api.telegram.org/bot1:§/sendMessage",
    "-----BEGIN RSA PRIVATE KEY-----\n§\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN OPENSSH PRIVATE KEY-----\\n§\\n-----END OPENSSH PRIVATE KEY-----",
    "got eyJhbGciOiJIUzI1NiJ9.§.§",
    "sk_live_§ rk_live_§",
    "AIza§0123456789",
    "ghp_§0123456789 npm_§0123456789 hf_§0123456789",
    "hvs.§ SG.§.x xoxb-§ glpat-§ dckr_pat_§ pypi-§0123456789",
    "me:$apr1$abcdefgh$§ me:$2y$05$§ root:$6$salt$§ me:{SHA}§=",
    "aws_secret_access_key = §/abcdefghijklmnopqrstuvwxyz0",
    "<password>§</password>",
    "ALTER USER me PASSWORD '§'",
    "CREATE USER me IDENTIFIED BY '§'",
    "machine box login me password §",
    "openssl rsa -passin pass:§ -in key.pem",
    "PGPASSWORD=§ psql",
    "secrets['token'] = '§'",
];

#[test]
fn a_line_of_a_log_tells_no_secret() {
    for line in LINES {
        let line = line.replace('§', CANARY);
        let said = hidden(&line);
        assert!(!said.contains(CANARY) && said.contains("<secret-"), "{line}\n{said}");
    }
}

/// What secrets without a name look like, with `§` in place of the secret.
const NAMELESS: &[&str] = &[
    "sqlplus scott/§@db:1521/x",
    "/opt/oracle/bin/sqlplus -s 'scott/§'",
    "+ expdp scott/§@db directory=d",
    r"net use \\host\share § /user:me",
    r"net use Z: \\host\share §",
    "vault login §",
    "/usr/bin/vault login -no-print §",
    "app --key=§ --verbose",
    "app --key § --verbose",
    "app --api-key § --verbose",
    "app --api-key=§",
    "GET /callback?code=§&state=x HTTP/1.1",
    "https://box/callback?state=x&code=§",
];

#[test]
fn secrets_without_a_name_are_hidden() {
    for line in NAMELESS {
        let line = line.replace('§', CANARY);
        let said = hidden(&line);
        assert!(!said.contains(CANARY) && said.contains("<secret-"), "{line}\n{said}");
    }
    for token in [
        "123456789:AAx9Kd72mQp4Zr-bcdefghijklmnopqrs_u",
        "1234567890:AAx9Kd72mQp4ZrabcdefghijklmnopqrstU",
        "SK0123456789abcdef0123456789abcdef",
    ] {
        let said = hidden(&format!("bot {token} started"));
        assert_eq!(said, "bot <secret-1> started", "{token}");
    }
}

#[test]
fn what_only_looks_like_a_secret_without_a_name_stays() {
    for line in [
        "pass: 12 fail: 3",
        "suite pass: 120, fail: 3",
        "signature: valid",
        "signature: invalid",
        "image signature: not-verified",
        "Signature: bad",
        "sort --key=2 list",
        "sort --key=1,3 list",
        "curl --key /etc/ssl/key1.pem --cert c.pem https://box/",
        "curl --key client1.pem https://box/",
        "sqlplus /nolog",
        "sqlplus @scripts/setup1.sql",
        r"net use \\host\share /delete",
        "vault login -method=github",
        "GET /x?code=404 HTTP/1.1",
        "12:AAAA of the disk SK01",
        "a unix time 1700000000:AA",
        "TASK0123456789abcdef0123456789abcdef",
    ] {
        assert_eq!(hidden(line), line);
    }
}
