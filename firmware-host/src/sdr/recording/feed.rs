//! The bytes of a recording: a file that can be jumped in, or a stream that comes as it comes (stdin, a named pipe).

use crate::clock::Clock;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use skyhound::time::TimeUs;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;

/// Read ahead to see what it is.
const HEAD_BYTES: usize = 16 * 1_024;
/// A stream that gives nothing for so long is asked again later.
const WAIT_US: u64 = 100_000;
const WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 1_000 * WAIT_US as i64 };
/// How long a stream's first bytes are waited for.
const OPEN_WAIT_US: u64 = 10_000_000;

/// A file or a stream being read.
pub struct Feed {
    file: File,
    /// What was read ahead, and how much of it was taken since.
    head: Vec<u8>,
    taken: usize,
    /// When the last byte of the head came.
    opened: TimeUs,
    /// The head is all there is.
    is_whole: bool,
    /// Length of the file; `None` of a stream.
    bytes: Option<u64>,
}

/// What a read came to.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Got {
    /// So many bytes, at least one; nothing when there was no room.
    Bytes(usize),
    /// A stream gave nothing within 100 ms.
    Nothing,
    /// There are no more.
    End,
}

impl Feed {
    /// Opens `path`, `-` for stdin, and reads its first bytes; waits for those of a stream, 10 s at most.
    pub fn open(path: &str, clock: Clock) -> io::Result<Feed> {
        Feed::open_within(path, clock, OPEN_WAIT_US)
    }

    fn open_within(path: &str, clock: Clock, wait_us: u64) -> io::Result<Feed> {
        let file = match path {
            "-" => File::from(io::stdin().as_fd().try_clone_to_owned()?),
            path => open_unwaiting(path)?,
        };
        let facts = file.metadata()?;
        if facts.is_dir() {
            return Err(io::Error::new(ErrorKind::IsADirectory, "a folder, not a recording"));
        }
        let bytes = facts.is_file().then_some(facts.len());
        let mut feed = Feed { file, head: Vec::new(), taken: 0, opened: clock.now(), is_whole: false, bytes };
        feed.read_ahead(clock, wait_us)?;
        Ok(feed)
    }

    /// Fills the head: up to its size, to the end, or to a pause of a stream that has given something.
    fn read_ahead(&mut self, clock: Clock, wait_us: u64) -> io::Result<()> {
        let until = clock.now().plus_us(wait_us);
        let mut piece = [0; HEAD_BYTES];
        while self.head.len() < HEAD_BYTES {
            let room = HEAD_BYTES - self.head.len();
            match self.read_on(&mut piece[..room])? {
                Got::Bytes(count) => {
                    self.head.extend_from_slice(&piece[..count]);
                    self.opened = clock.now();
                }
                Got::Nothing => {}
                Got::End => {
                    self.is_whole = true;
                    break;
                }
            }
            let now = clock.now();
            let is_quiet = now.since_us(self.opened) >= WAIT_US;
            match self.head.is_empty() {
                true if now >= until => {
                    let why = format!("gives no samples: nothing came within {} s", wait_us / 1_000_000);
                    return Err(io::Error::new(ErrorKind::TimedOut, why));
                }
                false if is_quiet || now >= until => break,
                _ => {}
            }
        }
        Ok(())
    }

    /// The first bytes, at most 16 KiB.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Whether those are all there is.
    pub fn is_whole(&self) -> bool {
        self.is_whole || self.bytes == Some(self.head.len() as u64)
    }

    /// When the last of them came.
    pub fn opened(&self) -> TimeUs {
        self.opened
    }

    /// Length of the file; `None` of a stream.
    pub fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// The file itself, to look around in. [`Feed::jump`] must follow.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Goes to byte `at`. A stream only forward, within what was read ahead.
    pub fn jump(&mut self, at: u64) -> io::Result<()> {
        if self.bytes.is_some() {
            self.taken = self.head.len();
            return self.file.seek(SeekFrom::Start(at)).map(|_| ());
        }
        if at < self.taken as u64 || at > self.head.len() as u64 {
            return Err(io::Error::new(ErrorKind::NotSeekable, "a stream cannot be jumped in"));
        }
        self.taken = at as usize;
        Ok(())
    }

    /// Leaves out `count` bytes of a file.
    pub fn skip(&mut self, count: u64) -> io::Result<()> {
        let count = i64::try_from(count).map_err(|_| io::Error::from(ErrorKind::InvalidInput))?;
        self.file.seek(SeekFrom::Current(count)).map(|_| ())
    }

    /// Reads what is there, into the front of `buffer`.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<Got> {
        if buffer.is_empty() {
            return Ok(Got::Bytes(0));
        }
        let ahead = &self.head[self.taken..];
        if !ahead.is_empty() {
            let count = ahead.len().min(buffer.len());
            buffer[..count].copy_from_slice(&ahead[..count]);
            self.taken += count;
            return Ok(Got::Bytes(count));
        }
        self.read_on(buffer)
    }

    fn read_on(&mut self, buffer: &mut [u8]) -> io::Result<Got> {
        if self.bytes.is_none() && !self.is_ready()? {
            return Ok(Got::Nothing);
        }
        match self.file.read(buffer) {
            Ok(0) => Ok(Got::End),
            Ok(count) => Ok(Got::Bytes(count)),
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {
                Ok(Got::Nothing)
            }
            Err(error) => Err(error),
        }
    }

    fn is_ready(&self) -> io::Result<bool> {
        let mut asked = [PollFd::new(&self.file, PollFlags::IN)];
        match poll(&mut asked, Some(&WAIT)) {
            Ok(count) => Ok(count > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Opens `path` without waiting for a writer of a named pipe, which may never come: the first bytes are waited for.
fn open_unwaiting(path: &str) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(path)?;
    fcntl_setfl(&file, fcntl_getfl(&file)?.difference(OFlags::NONBLOCK))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_file_is_jumped_in_and_a_stream_is_taken_as_it_comes() {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::start());
        let path = folder.path().join("x");
        std::fs::write(&path, [1, 2, 3, 4]).unwrap();
        let mut feed = Feed::open(path.to_str().unwrap(), clock).unwrap();
        assert_eq!((feed.head(), feed.bytes()), (&[1, 2, 3, 4][..], Some(4)));
        feed.jump(1).unwrap();
        let mut buffer = [0; 2];
        assert_eq!((feed.read(&mut buffer).unwrap(), buffer), (Got::Bytes(2), [2, 3]));
        feed.skip(1).unwrap();
        assert_eq!(feed.read(&mut buffer).unwrap(), Got::End);
        assert!(Feed::open(folder.path().to_str().unwrap(), clock).is_err());

        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(&[7; HEAD_BYTES]).unwrap();
        let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader));
        let mut feed = Feed::open(&path, clock).unwrap();
        assert_eq!(feed.bytes(), None);
        feed.jump(HEAD_BYTES as u64 - 1).unwrap();
        assert!(feed.jump(0).is_err(), "what is gone is gone");
        assert_eq!((feed.read(&mut buffer).unwrap(), buffer[0]), (Got::Bytes(1), 7));
        assert_eq!(feed.read(&mut buffer).unwrap(), Got::Nothing, "it waits no longer than 100 ms");
        writer.write_all(&[8, 9]).unwrap();
        assert_eq!((feed.read(&mut buffer).unwrap(), buffer), (Got::Bytes(2), [8, 9]));
        drop(writer);
        assert_eq!(feed.read(&mut buffer).unwrap(), Got::End);
    }
    #[test]
    fn a_named_pipe_is_waited_for_and_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RWXU).unwrap();
        let path = path.to_str().unwrap();
        let error = Feed::open_within(path, Clock::start(), 0).err().unwrap().to_string();
        assert!(error.contains("gives no samples"), "nobody writes: {error}");

        let writer = path.to_owned();
        let writes = std::thread::spawn(move || {
            let mut writer = OpenOptions::new().write(true).open(writer).unwrap();
            writer.write_all(&[1, 2, 3]).unwrap();
            writer
        });
        let mut feed = Feed::open(path, Clock::start()).unwrap();
        assert_eq!((feed.head(), feed.is_whole()), (&[1, 2, 3][..], false), "more may come");
        drop(writes.join().unwrap());
        let mut buffer = [0; 8];
        assert_eq!(feed.read(&mut buffer).unwrap(), Got::Bytes(3));
        assert_eq!(feed.read(&mut buffer).unwrap(), Got::End);
    }
}
