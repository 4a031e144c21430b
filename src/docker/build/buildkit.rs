//! Decodes BuildKit's progress: the records that `POST /build?version=2` sends as base64 of a protobuf
//! message.
//!
//! The messages are those of BuildKit's `api/services/control/control.proto` (`StatusResponse` and its
//! parts), reduced to the fields that are used; protobuf skips the others.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::Message;

use super::event::BuildEvent;

/// `StatusResponse`.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(message, repeated, tag = "1")]
    vertexes: Vec<Vertex>,
    #[prost(message, repeated, tag = "3")]
    logs: Vec<VertexLog>,
}

/// `Vertex`: one step.
#[derive(Clone, PartialEq, Message)]
struct Vertex {
    #[prost(string, tag = "3")]
    name: String,
    #[prost(bool, tag = "4")]
    cached: bool,
    #[prost(message, optional, tag = "5")]
    started: Option<Stamp>,
    #[prost(message, optional, tag = "6")]
    completed: Option<Stamp>,
}

/// `VertexLog`: what a step printed.
#[derive(Clone, PartialEq, Message)]
struct VertexLog {
    #[prost(bytes = "vec", tag = "4")]
    msg: Vec<u8>,
}

/// `google.protobuf.Timestamp`; only its presence matters.
#[derive(Clone, PartialEq, Message)]
struct Stamp {
    #[prost(int64, tag = "1")]
    seconds: i64,
}

/// Decodes the events of one record; returns none if it is invalid.
pub fn events(record: &str) -> Vec<BuildEvent> {
    let Some(status) = STANDARD.decode(record).ok().and_then(|bytes| Status::decode(bytes.as_slice()).ok())
    else {
        return Vec::new();
    };
    // A step that starts; the same name appears again at its end. Steps in brackets with `internal` are
    // BuildKit's own.
    let begun = |vertex: &&Vertex| {
        vertex.started.is_some() && vertex.completed.is_none() && !vertex.name.starts_with("[internal]")
    };
    let steps = status.vertexes.iter().filter(begun).map(|vertex| BuildEvent::Step(vertex.name.clone()));
    let text = |log: &VertexLog| BuildEvent::Output(String::from_utf8_lossy(&log.msg).into_owned());
    steps.chain(status.logs.iter().map(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_lists_what_starts_and_what_is_printed() {
        let stamp = Some(Stamp { seconds: 1 });
        let vertex = |name: &str, completed| Vertex {
            name: name.to_owned(),
            cached: false,
            started: stamp.clone(),
            completed,
        };
        let status = Status {
            vertexes: vec![
                vertex("[2/3] RUN x", None),
                vertex("[1/3] FROM y", stamp.clone()),
                vertex("[internal] load", None),
            ],
            logs: vec![VertexLog { msg: b"hello\n".to_vec() }],
        };
        let record = STANDARD.encode(status.encode_to_vec());
        assert_eq!(
            events(&record),
            [BuildEvent::Step("[2/3] RUN x".to_owned()), BuildEvent::Output("hello\n".to_owned())]
        );
        assert!(events("no base64").is_empty());
    }
}
