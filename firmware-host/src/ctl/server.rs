//! The daemon's side of the operator's socket: one thread, one task per client.
//!
//! A lock file beside the socket tells a flying daemon from a dead one's left-over without a race: the kernel frees the
//! lock with the process. The socket is made under another name, given its group and mode, and then renamed, so that it is
//! never open to anybody else under the name that clients know.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use skyhound::command::OperatorAct;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::line::{WRITE_MAX, refused, tell, write};
use super::{Act, Answer, Ask, Door, Peer};
use crate::failure::Failure;
use crate::realtime::Body;

/// Longest request, with its line break.
const REQUEST_BYTES_MAX: usize = 16 << 10;
/// Clients at once.
const CLIENTS_MAX: usize = 16;
/// How long a client may stay silent.
const IDLE_MAX: Duration = Duration::from_secs(60);

/// The operator's socket, open until this is dropped.
#[derive(Debug)]
pub struct Server {
    path: PathBuf,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
    _lock: File,
}

impl Server {
    /// Opens the socket at `path`, served by a thread of `start`. What is asked goes through `door`.
    ///
    /// # Errors
    /// Another daemon flies with this socket, `path` is something else, or its folder cannot be written.
    pub fn start(
        path: &Path,
        door: Door,
        start: impl FnOnce(Body) -> io::Result<JoinHandle<()>>,
    ) -> Result<Server, Failure> {
        let shown = path.display();
        let failed = |error: io::Error| {
            Failure::Failed(format!(
                "operator's socket {shown}: {error}; name another with daemon.ctl_socket"
            ))
        };
        let lock = take_lock(path)?;
        let listener = bind(path).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let (stop, stopped) = watch::channel(false);
        let hall = Hall { door, stopped };
        let thread = start(Box::new(move || {
            if let Err(error) = runtime.block_on(hall.accept(listener)) {
                tracing::error!("the operator's socket ended: {error}");
            }
        }));
        Ok(Server { path: path.to_path_buf(), stop, thread: Some(thread.map_err(failed)?), _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Server {
    /// Answers what was asked, refuses what comes, removes the socket.
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the operator's socket ended by a panic");
        }
    }
}

fn take_lock(path: &Path) -> Result<File, Failure> {
    let mut name = path.as_os_str().to_os_string();
    name.push(".lock");
    let shown = PathBuf::from(&name);
    let open = File::options().read(true).write(true).create(true).truncate(false).mode(0o640).open(&name);
    let mut lock = open.map_err(|error| Failure::doing(format!("cannot open {}", shown.display()), error))?;
    if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
        let mut pid = String::new();
        let _ = lock.read_to_string(&mut pid);
        let pid = if pid.trim().is_empty() { "unknown" } else { pid.trim() };
        let mend = "stop it (`skyhound ctl stop`), or name another daemon.ctl_socket";
        return Err(Failure::Failed(format!(
            "another skyhound is flying (pid {pid}, {}); {mend}",
            path.display()
        )));
    }
    let written =
        lock.set_len(0).and_then(|()| lock.write_all(format!("{}\n", std::process::id()).as_bytes()));
    written.map_err(|error| Failure::doing(format!("cannot write {}", shown.display()), error))?;
    Ok(lock)
}

fn bind(path: &Path) -> io::Result<UnixListener> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => {
            return Err(io::Error::other("something that is no socket is there"));
        }
        _ => {}
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut making = path.as_os_str().to_os_string();
    making.push(".making");
    let making = PathBuf::from(making);
    let _ = std::fs::remove_file(&making);
    let listener = UnixListener::bind(&making)?;
    let gid = std::fs::metadata(folder)?.gid();
    // When the folder's group cannot be given, nobody but us may open it.
    let is_given = std::fs::metadata(&making)?.gid() == gid || chown(&making, None, Some(gid)).is_ok();
    let permissions = if is_given { 0o660 } else { 0o600 };
    if !is_given {
        tracing::warn!(
            "{}: cannot be given to its folder's group {gid}; open to its owner only",
            path.display()
        );
    }
    std::fs::set_permissions(&making, std::fs::Permissions::from_mode(permissions))?;
    std::fs::rename(&making, path)?;
    Ok(listener)
}

/// What each client's task needs.
#[derive(Clone)]
struct Hall {
    door: Door,
    stopped: watch::Receiver<bool>,
}

impl Hall {
    async fn accept(mut self, listener: UnixListener) -> io::Result<()> {
        let listener = tokio::net::UnixListener::from_std(listener)?;
        let mut clients = JoinSet::new();
        loop {
            tokio::select! {
                _ = self.stopped.changed() => break,
                Some(_) = clients.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) if clients.len() < CLIENTS_MAX => {
                        clients.spawn(self.clone().serve(stream));
                    }
                    Ok((mut stream, _)) => {
                        let _ = timeout(WRITE_MAX, write(&mut stream, &refused("too many clients"))).await;
                    }
                    // Out of descriptors, most likely: it must not spin.
                    Err(error) => {
                        tracing::warn!("operator's socket: {error}");
                        tokio::time::sleep(Duration::from_millis(200)).await;
                    }
                },
            }
        }
        drop(listener);
        while clients.join_next().await.is_some() {}
        Ok(())
    }

    async fn serve(mut self, stream: UnixStream) {
        let Ok(credentials) = stream.peer_cred() else { return };
        let peer = Peer::Local { pid: credentials.pid(), uid: credentials.uid(), gid: credentials.gid() };
        let mut stream = BufReader::new(stream);
        loop {
            let mut line = Vec::new();
            let mut limited = (&mut stream).take(REQUEST_BYTES_MAX as u64);
            let read = tokio::select! {
                _ = self.stopped.changed() => return,
                read = timeout(IDLE_MAX, limited.read_until(b'\n', &mut line)) => read,
            };
            let Ok(Ok(1..)) = read else { return };
            let is_whole = line.ends_with(b"\n") || line.len() < REQUEST_BYTES_MAX;
            let goes_on = if is_whole {
                self.answer(&line, peer.clone(), &mut stream).await
            } else {
                tell(&mut stream, &refused("a request is at most 16 kB")).await;
                false
            };
            if !goes_on {
                return;
            }
        }
    }

    /// `false`: nothing more can be asked on the stream.
    async fn answer(&mut self, line: &[u8], peer: Peer, stream: &mut BufReader<UnixStream>) -> bool {
        let act = match serde_json::from_slice(line) {
            Ok(Ask::Status) => {
                let status = Some(self.door.status());
                return tell(stream, &Answer { ok: true, status, ..Answer::default() }).await;
            }
            Ok(Ask::Picture) => {
                let picture = Some(self.door.picture());
                return tell(stream, &Answer { ok: true, picture, ..Answer::default() }).await;
            }
            Ok(Ask::Query(question)) => {
                return self.door.questions.answer(question, stream, &mut self.stopped).await;
            }
            Ok(Ask::Events { from, file }) => {
                return self.door.questions.events((from, file), stream, &mut self.stopped).await;
            }
            Ok(Ask::Profile { name, sets }) => {
                let answer = self.door.profile(name, sets, peer).await;
                return tell(stream, &answer).await;
            }
            Ok(Ask::Homing { on: true }) => Act::Operator(OperatorAct::HomingOn),
            Ok(Ask::Homing { on: false }) => Act::Operator(OperatorAct::HomingOff),
            Ok(Ask::Stop) => Act::Stop,
            Err(error) => {
                let why = format!(
                    "{error}; write {{\"do\":\"status\"}}, {{\"do\":\"homing\",\"on\":true}}, {{\"do\":\"stop\"}}, {{\"do\":\"profile\"}} or \
                     {{\"do\":\"query\",\"sql\":\"…\",\"format\":\"csv\"}}"
                );
                return tell(stream, &refused(&why)).await;
            }
        };
        let answer = self.door.act(act, peer).await;
        tell(stream, &answer).await
    }
}
