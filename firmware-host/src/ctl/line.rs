//! Answers as lines to a client.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::Answer;

/// How long a client may take to read a line.
pub const WRITE_MAX: Duration = Duration::from_secs(2);

/// A refusal.
pub fn refused(why: &str) -> Answer {
    Answer { said: Some(why.to_string()), ..Answer::default() }
}

/// Writes `answer` as a line. `false`: the client does not take it.
pub async fn tell(stream: &mut BufReader<UnixStream>, answer: &Answer) -> bool {
    matches!(timeout(WRITE_MAX, write(stream.get_mut(), answer)).await, Ok(Ok(())))
}

/// Writes `answer` as a line.
pub async fn write(stream: &mut UnixStream, answer: &Answer) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    stream.write_all(&line).await
}
