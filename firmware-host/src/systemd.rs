//! What systemd is told: ready, status, stopping, and that the control pass is alive.
//!
//! Without `NOTIFY_SOCKET` all of it does nothing. The watchdog is fed by the control pass only, so that a hung pass is
//! noticed and the process replaced; being fed from a timer would hide exactly that.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use sd_notify::NotifyState;
use skyhound::time::TimeUs;

/// The flight has begun: settings are good, the flight file is open, threads run.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// One line for `systemctl status`.
pub fn status(text: &str) {
    tell(&[NotifyState::Status(text)]);
}

/// We were asked to stop and are writing the rest.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!("systemd was not told: {error}");
    }
}

/// Tells systemd's watchdog that control passes go on, three times per its period.
#[derive(Debug)]
pub struct Watchdog {
    socket: Option<UnixDatagram>,
    interval_us: u64,
    fed_us: Option<TimeUs>,
}

impl Watchdog {
    /// The watchdog of this process, as `WATCHDOG_USEC` and `NOTIFY_SOCKET` say; without them it does nothing.
    pub fn from_environment() -> Watchdog {
        let period = sd_notify::watchdog_enabled();
        let socket = period
            .and_then(|_| notify_socket().inspect_err(|error| tracing::warn!("no watchdog: {error}")).ok());
        let interval_us =
            period.map_or(0, |period| u64::try_from(period.as_micros() / 3).unwrap_or(u64::MAX));
        Watchdog { socket, interval_us, fed_us: None }
    }

    /// Called by each control pass, and by nobody else. Never waits: a datagram that does not fit is lost, and the next
    /// pass tries again.
    pub fn feed(&mut self, now: TimeUs) {
        let Some(socket) = &self.socket else { return };
        let is_due = self.fed_us.is_none_or(|fed| now.since_us(fed) >= self.interval_us);
        if is_due && socket.send(b"WATCHDOG=1\n").is_ok() {
            self.fed_us = Some(now);
        }
    }
}

/// sd-notify opens a socket per call and may wait for systemd; a control pass may not.
fn notify_socket() -> std::io::Result<UnixDatagram> {
    let path =
        std::env::var_os("NOTIFY_SOCKET").ok_or_else(|| std::io::Error::other("NOTIFY_SOCKET is not set"))?;
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    match path.as_bytes() {
        [b'@', name @ ..] => socket.connect_addr(&SocketAddr::from_abstract_name(name)?)?,
        _ => socket.connect(&path)?,
    }
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use super::*;

    /// What a child of this test program does under systemd's environment; alone it has nothing to tell.
    #[test]
    #[ignore = "a part of what_systemd_hears, which runs it"]
    fn child() {
        ready();
        status("SEARCHING");
        let mut watchdog = Watchdog::from_environment();
        // 3 s of passes at 20 Hz; the period is 3 s, so it is fed at 0, 1 and 2 s.
        for pass in 0..60 {
            watchdog.feed(TimeUs(pass * 50_000));
        }
        stopping();
    }

    fn hear(environment: &[(&str, &str)], socket: &UnixDatagram) -> Vec<String> {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "systemd::tests::child", "--ignored"]).env_remove("WATCHDOG_PID");
        child.envs(environment.iter().copied());
        assert!(child.output().unwrap().status.success());
        socket.set_nonblocking(true).unwrap();
        let mut heard = Vec::new();
        let mut bytes = [0; 256];
        while let Ok(len) = socket.recv(&mut bytes) {
            heard.push(String::from_utf8_lossy(&bytes[..len]).trim_end().to_string());
        }
        heard
    }

    #[test]
    fn what_systemd_hears() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let path = path.to_str().unwrap();
        let fed = ["WATCHDOG=1"; 3];
        let whole = [&["READY=1", "STATUS=SEARCHING"][..], &fed, &["STOPPING=1"]].concat();
        let usec = Duration::from_secs(3).as_micros().to_string();
        assert_eq!(hear(&[("NOTIFY_SOCKET", path), ("WATCHDOG_USEC", &usec)], &socket), whole);
        // Without a watchdog, and with one that is another process's.
        let unwatched = ["READY=1", "STATUS=SEARCHING", "STOPPING=1"];
        assert_eq!(hear(&[("NOTIFY_SOCKET", path)], &socket), unwatched);
        let other = [("NOTIFY_SOCKET", path), ("WATCHDOG_USEC", usec.as_str()), ("WATCHDOG_PID", "1")];
        assert_eq!(hear(&other, &socket), unwatched);
    }

    #[test]
    fn an_abstract_socket_is_reached_too() {
        let name = format!("skyhound-test-{}", std::process::id());
        let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        let heard = hear(&[("NOTIFY_SOCKET", &format!("@{name}")), ("WATCHDOG_USEC", "3000000")], &socket);
        assert_eq!(heard.iter().filter(|line| *line == "WATCHDOG=1").count(), 3, "{heard:?}");
    }
}
