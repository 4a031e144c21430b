//! A seccomp profile with some calls let through and everything else as it was. Pure.

use serde_json::{Map, Value, json};

/// Lets calls through: takes their names out of the rules that deny them and adds one rule that allows them.
pub fn allowing(profile: &Value, calls: &[&str]) -> Option<String> {
    let mut profile = profile.as_object()?.clone();
    let allowed_anyway = profile.get("defaultAction").and_then(Value::as_str).is_some_and(lets_through);
    let rules = profile.get("syscalls").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut kept: Vec<Value> = rules.into_iter().filter_map(|rule| without(rule, calls)).collect();
    // A rule with the default's own answer is refused by older runtimes, and not needed.
    if !allowed_anyway {
        kept.push(json!({"names": calls, "action": "SCMP_ACT_ALLOW"}));
    }
    profile.insert("syscalls".to_owned(), Value::Array(kept));
    serde_json::to_string_pretty(&Value::Object(profile)).ok().map(|text| text + "\n")
}

fn lets_through(action: &str) -> bool {
    matches!(action, "SCMP_ACT_ALLOW" | "SCMP_ACT_LOG")
}

/// A rule without these calls where it denies them; `None` when nothing is left of it.
fn without(rule: Value, calls: &[&str]) -> Option<Value> {
    let Value::Object(mut rule) = rule else { return Some(rule) };
    if rule.get("action").and_then(Value::as_str).is_some_and(lets_through) {
        return Some(Value::Object(rule));
    }
    let named = |name: &Value| name.as_str().is_some_and(|name| calls.contains(&name));
    let single = rule.get("name").is_some_and(named);
    let left = remaining(&mut rule, &named);
    (!single && left).then_some(Value::Object(rule))
}

/// Takes names out of the list; false when a list that had names has none any more.
fn remaining(rule: &mut Map<String, Value>, named: &impl Fn(&Value) -> bool) -> bool {
    match rule.get_mut("names").and_then(Value::as_array_mut) {
        Some(list) => {
            list.retain(|name| !named(name));
            !list.is_empty()
        }
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seccomp::{Answer, Machine, Profile, evaluate};

    fn answers(profile: &Value, call: &str) -> (Answer, Answer) {
        let machine = Machine::new(Vec::new(), "x86_64", "6.1");
        let answer = |json: &str| evaluate(&Profile::parse(json).unwrap(), call, &machine);
        (answer(&profile.to_string()), answer(&allowing(profile, &["statx"]).unwrap()))
    }

    #[test]
    fn exactly_the_named_call_is_let_through() {
        let allowing_default =
            json!({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["statx", "mount"], "action": "SCMP_ACT_ERRNO"}]});
        assert_eq!(answers(&allowing_default, "statx"), (Answer::Errno(1), Answer::Allowed));
        assert_eq!(answers(&allowing_default, "mount"), (Answer::Errno(1), Answer::Errno(1)));
        let denying_default = json!({"defaultAction": "SCMP_ACT_ERRNO", "x": 1, "syscalls": [{"name": "statx", "action": "SCMP_ACT_KILL"}, {"names": ["read"], "action": "SCMP_ACT_ALLOW"}]});
        assert_eq!(answers(&denying_default, "statx"), (Answer::Killed, Answer::Allowed));
        assert_eq!(answers(&denying_default, "read"), (Answer::Allowed, Answer::Allowed));
        assert_eq!(answers(&denying_default, "mount"), (Answer::Errno(1), Answer::Errno(1)));
        assert!(allowing(&denying_default, &["statx"]).unwrap().contains("\"x\": 1"));
    }
}
