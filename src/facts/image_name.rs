//! What the name of an image reveals about its program. Pure.

/// Images of Docker's official library that run a single program and never systemd.
const PROGRAMS: [&str; 44] = [
    "alpine",
    "busybox",
    "caddy",
    "cassandra",
    "composer",
    "consul",
    "couchdb",
    "eclipse-mosquitto",
    "elasticsearch",
    "ghost",
    "golang",
    "gradle",
    "grafana",
    "haproxy",
    "hello-world",
    "httpd",
    "influxdb",
    "jenkins",
    "kibana",
    "mariadb",
    "maven",
    "memcached",
    "mongo",
    "mysql",
    "nats",
    "neo4j",
    "nextcloud",
    "nginx",
    "node",
    "php",
    "postgres",
    "prometheus",
    "python",
    "rabbitmq",
    "redis",
    "registry",
    "ruby",
    "rust",
    "solr",
    "tomcat",
    "traefik",
    "vault",
    "wordpress",
    "zookeeper",
];

/// Returns whether a reference names an image that is well known to run a single program: `redis:7`,
/// `docker.io/library/nginx`.
#[must_use]
pub fn is_program(reference: &str) -> bool {
    let name = reference.strip_prefix("docker.io/").unwrap_or(reference);
    let name = name.strip_prefix("library/").unwrap_or(name);
    let name = name.split(['@', ':']).next().unwrap_or_default();
    PROGRAMS.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_of_the_library_count() {
        assert!(PROGRAMS.is_sorted());
        for image in ["redis", "redis:7", "docker.io/library/nginx:1.27-alpine", "postgres@sha256:00"] {
            assert!(is_program(image), "{image}");
        }
        for image in ["debian:12", "acme/nginx", "registry.example.org/redis", "nginx-systemd", "ubuntu", ""]
        {
            assert!(!is_program(image), "{image}");
        }
    }
}
