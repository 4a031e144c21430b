//! Splits the output of a process without a terminal: turns the frames of an engine's stream into chunks as
//! they arrive.
//!
//! A frame is an eight-byte header (the stream, three zeros, the length) followed by that many bytes (Engine
//! API, "attach to a container"). bollard waits for the end of a frame, which may be 4 GiB long; this module
//! passes a frame on in pieces. Must not buffer any of it.

use bytes::{Buf, Bytes};

use super::{LogChunk, StreamName};

/// Length of a header in bytes.
const HEADER: usize = 8;

/// The position in the stream of the next byte.
#[derive(Debug, Default)]
enum Place {
    /// In a header.
    #[default]
    Header,
    /// In a frame, with the number of bytes left.
    Frame(StreamName, usize),
    /// In a line without a header: the engine's own message, if a command could not be started.
    Bare,
}

/// Splits a stream into chunks.
#[derive(Debug, Default)]
pub struct Frames {
    place: Place,
    header: Vec<u8>,
}

impl Frames {
    /// Takes the next chunk from these bytes; returns `None` if more are needed.
    pub fn next(&mut self, bytes: &mut Bytes) -> Option<LogChunk> {
        while bytes.has_remaining() {
            match self.place {
                Place::Header if self.header.is_empty() && bytes[0] > 2 => self.place = Place::Bare,
                Place::Header => self.read_header(bytes),
                Place::Bare => {
                    let end = memchr::memchr(b'\n', bytes).map(|at| at + 1);
                    if end.is_some() {
                        self.place = Place::Header;
                    }
                    return Some(LogChunk {
                        stream: StreamName::Console,
                        bytes: bytes.split_to(end.unwrap_or(bytes.len())),
                    });
                }
                Place::Frame(stream, left) => {
                    let piece = bytes.split_to(left.min(bytes.len()));
                    let left = left - piece.len();
                    self.place = if left == 0 { Place::Header } else { Place::Frame(stream, left) };
                    return Some(LogChunk { stream, bytes: piece });
                }
            }
        }
        None
    }

    fn read_header(&mut self, bytes: &mut Bytes) {
        let piece = bytes.split_to((HEADER - self.header.len()).min(bytes.len()));
        self.header.extend_from_slice(&piece);
        if let [stream, _, _, _, length @ ..] = self.header.as_slice()
            && let Ok(length) = <[u8; 4]>::try_from(length)
        {
            let stream = if *stream == 2 { StreamName::Stderr } else { StreamName::Stdout };
            let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
            self.place = if length == 0 { Place::Header } else { Place::Frame(stream, length) };
            self.header.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(stream: u8, length: u32, text: &[u8]) -> Vec<u8> {
        [&[stream, 0, 0, 0], &length.to_be_bytes()[..], text].concat()
    }

    /// Returns the output of each stream, whatever the size of the pieces.
    fn read(bytes: &[u8], piece: usize) -> Vec<(StreamName, Vec<u8>)> {
        let mut frames = Frames::default();
        let mut said: Vec<(StreamName, Vec<u8>)> = Vec::new();
        for piece in bytes.chunks(piece) {
            let mut piece = Bytes::copy_from_slice(piece);
            while let Some(LogChunk { stream, bytes }) = frames.next(&mut piece) {
                match said.last_mut() {
                    Some((last, text)) if *last == stream => text.extend_from_slice(&bytes),
                    _ => said.push((stream, bytes.to_vec())),
                }
            }
        }
        said
    }

    #[test]
    fn frames_are_read_whatever_the_pieces() {
        let bytes =
            [frame(1, 5, b"hello"), frame(2, 0, b""), frame(2, 3, b"bad"), frame(1, 2, b"\n!")].concat();
        let whole = [
            (StreamName::Stdout, b"hello".to_vec()),
            (StreamName::Stderr, b"bad".to_vec()),
            (StreamName::Stdout, b"\n!".to_vec()),
        ];
        for piece in [1, 2, 3, 7, 8, 9, 100] {
            assert_eq!(read(&bytes, piece), whole, "{piece}");
        }
    }

    #[test]
    fn words_without_a_header_are_the_engines_own() {
        let bytes = [b"OCI runtime exec failed: no\n".to_vec(), frame(1, 2, b"ok")].concat();
        for piece in [1, 5, 100] {
            assert_eq!(
                read(&bytes, piece)[0],
                (StreamName::Console, b"OCI runtime exec failed: no\n".to_vec())
            );
            assert_eq!(read(&bytes, piece)[1], (StreamName::Stdout, b"ok".to_vec()));
        }
    }

    #[test]
    fn a_frame_that_promises_gigabytes_is_handed_on_as_it_comes() {
        let mut frames = Frames::default();
        let mut bytes = Bytes::from(frame(1, u32::MAX, b"first"));
        assert_eq!(frames.next(&mut bytes).map(|chunk| chunk.bytes), Some(Bytes::from_static(b"first")));
        assert!(frames.next(&mut bytes).is_none() && frames.header.is_empty());
        let mut more = Bytes::from_static(b"more");
        assert_eq!(frames.next(&mut more).map(|chunk| chunk.bytes), Some(Bytes::from_static(b"more")));
    }
}
