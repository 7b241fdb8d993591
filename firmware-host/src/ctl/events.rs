//! The log as it goes on, to who follows: from what the recorder keeps of it in memory, with nothing held for anybody.
//!
//! A follower has only its place, an id. One that falls so far behind that what it needs is not kept is told so, and asks the
//! file; one that does not read is left.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::Answer;
use super::answering::Answering;
use super::line::{refused, tell};

/// Between looks at what came: the recorder commits four times a second.
const POLL: Duration = Duration::from_millis(50);
/// How long a follower may take to read what came.
const READ_MAX: Duration = Duration::from_secs(10);

/// Streams what comes after `id`. `false`: nothing more can be asked on the stream.
pub async fn stream(
    answering: &dyn Answering,
    mut id: u64,
    stream: &mut BufReader<UnixStream>,
    stopped: &mut watch::Receiver<bool>,
) -> bool {
    if !tell(stream, &Answer { ok: true, streams: true, ..Answer::default() }).await {
        return false;
    }
    let last = loop {
        let is_over = *stopped.borrow();
        let Some(lines) = answering.log_after(id) else {
            let why = "some of it is in the file only";
            break Answer { behind: true, ..refused(why) };
        };
        id = lines.last().map_or(id, |(id, _)| *id);
        let piece: String = lines.into_iter().map(|(_, line)| line + "\n").collect();
        if !piece.is_empty() && !written(stream, piece.as_bytes()).await {
            return false;
        }
        if is_over {
            break Answer { ok: true, said: Some("the flight ended".to_string()), ..Answer::default() };
        }
        tokio::select! {
            _ = stream.read_u8() => return false,
            _ = stopped.changed() => {}
            () = sleep(POLL) => {}
        }
    };
    // Where the flight ended, the word of that was taken here: nobody else would hear it any more.
    written(stream, &[]).await && tell(stream, &last).await && !last.ok
}

/// Writes a piece behind its length.
async fn written(stream: &mut BufReader<UnixStream>, piece: &[u8]) -> bool {
    let length = u32::try_from(piece.len()).unwrap_or(u32::MAX).to_be_bytes();
    let all = [&length, piece].concat();
    matches!(timeout(READ_MAX, stream.get_mut().write_all(&all)).await, Ok(Ok(())))
}
