//! Reads kernel records of calls that a filter allowed and logged; returns the numbers of the calls. Pure.
//!
//! Records have the form of `audit_seccomp` in the kernel: `audit: type=1326 … arch=c000003e syscall=332 …
//! code=0x7ffc0000`; the code is `SECCOMP_RET_LOG` (linux/seccomp.h), the architecture one of linux/audit.h.

/// `SECCOMP_RET_LOG`.
const LOGGED: &str = "code=0x7ffc0000";

/// Returns how such records write the architecture of a machine, given in uname's spelling.
fn architecture(machine: &str) -> Option<&'static str> {
    match machine {
        "x86_64" => Some("arch=c000003e"),
        "aarch64" => Some("arch=c00000b7"),
        _ => None,
    }
}

/// Returns the number of the call in a record; `None` if it is another kind of record, or of another
/// architecture.
#[must_use]
pub fn logged_call(record: &str, machine: &str) -> Option<i32> {
    let own = architecture(machine)?;
    let words: Vec<&str> = record.split_whitespace().collect();
    let is_logged = words.contains(&"type=1326") && words.contains(&LOGGED) && words.contains(&own);
    words.iter().find_map(|word| word.strip_prefix("syscall=")).filter(|_| is_logged)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_logged_calls_of_the_own_architecture_count() {
        let record = "6,1241,2331022714,-;audit: type=1326 audit(1795642566.666:3): auid=4294967295 uid=0 \
            gid=0 ses=4294967295 pid=22929 comm=\"sh\" exe=\"/usr/bin/dash\" sig=0 arch=c000003e syscall=79 \
            compat=0 ip=0x7f4afab85cce code=0x7ffc0000";
        assert_eq!(logged_call(record, "x86_64"), Some(79));
        assert_eq!(logged_call(record, "aarch64"), None);
        assert_eq!(logged_call(&record.replace("0x7ffc0000", "0x50000"), "x86_64"), None);
        assert_eq!(logged_call("6,1,1,-;usb 1-1: new device", "x86_64"), None);
    }
}
