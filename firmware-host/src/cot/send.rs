//! Events on their way: datagrams, one an event, to one or to a group; a stream of events, as a TAK server takes on its port 8087.
//!
//! Each destination has a task that holds the newest events and nothing else: who is slow, hangs or is gone misses what is old. A stream
//! that takes nothing for ten seconds is left and opened again. What a server tells us is read and forgotten, lest it holds us for one that hangs.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpStream, UdpSocket, lookup_host};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::event::Event;
use crate::failure::Failure;
use crate::realtime::Body;
use crate::settings::{CotSettings, CotTo};

const CONNECT_MAX: Duration = Duration::from_secs(5);
/// How long a peer may take nothing.
const TAKE_MAX: Duration = Duration::from_secs(10);
const BACKOFF_MIN: Duration = Duration::from_millis(500);
const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// A line that lives so long is back; what is shorter is one trouble, and told once.
const STEADY: Duration = Duration::from_secs(60);
/// What waits in the system for a peer that does not read: a few rounds of events.
const WAITING_BYTES: usize = 64 << 10;

/// The events of one round, each as it is sent.
type Round = Arc<Vec<String>>;
/// Tells what happens, for the flight's record.
type Tell = Arc<dyn Fn(&str) + Send + Sync>;

/// Sends, until it is dropped.
#[derive(Debug)]
pub struct Sender {
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Sender {
    /// Sends what `events` gives, every `settings.period_us`, in a thread of `start`; `None` is: not yet.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        settings: &CotSettings,
        events: impl FnMut() -> Option<Vec<Event>> + Send + 'static,
        tell: impl Fn(&str) + Send + Sync + 'static,
        start: impl FnOnce(Body) -> io::Result<JoinHandle<()>>,
    ) -> Result<Sender, Failure> {
        let failed = |error: io::Error| Failure::doing("no thread for Cursor-on-Target", error);
        let runtime = runtime().map_err(failed)?;
        let (stop, stopped) = watch::channel(false);
        let settings = settings.clone();
        let thread = start(Box::new(move || {
            runtime.block_on(rounds(&settings, events, Arc::new(tell), stopped));
            // A name that is being looked up is not waited for.
            runtime.shutdown_background();
        }));
        Ok(Sender { stop, thread: Some(thread.map_err(failed)?) })
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the sender of Cursor-on-Target ended by a panic");
        }
    }
}

/// Sends events once.
///
/// # Errors
/// What the system or the peer says; a stream is there when all of it was taken.
pub fn once(settings: &CotSettings, to: &CotTo, events: &[Event]) -> io::Result<()> {
    let messages: Vec<String> = events.iter().map(Event::message).collect();
    runtime()?.block_on(async {
        match to {
            CotTo::Udp(address) => datagrams(settings, address, &messages).await,
            CotTo::Tcp(address) => {
                let mut stream = connect(address).await?;
                timeout(TAKE_MAX, stream.write_all(messages.concat().as_bytes())).await.map_err(hangs)??;
                stream.shutdown().await
            }
        }
    })
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

fn hangs(_: tokio::time::error::Elapsed) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("takes nothing for {} s", TAKE_MAX.as_secs()))
}

/// Round after round, until `stopped`.
async fn rounds(
    settings: &CotSettings,
    mut events: impl FnMut() -> Option<Vec<Event>>,
    tell: Tell,
    mut stopped: watch::Receiver<bool>,
) {
    let (newest, rounds) = watch::channel(Round::default());
    for to in &settings.to {
        let trouble = Trouble { to: to.to_string(), tell: Arc::clone(&tell), is_told: false };
        let rounds = rounds.clone();
        match to.clone() {
            CotTo::Udp(address) => tokio::spawn(to_datagrams(settings.clone(), address, rounds, trouble)),
            CotTo::Tcp(address) => tokio::spawn(to_stream(address, rounds, trouble)),
        };
    }
    let mut ticks = interval(Duration::from_micros(u64::from(settings.period_us)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut has_begun: Option<bool> = None;
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            _ = ticks.tick() => {}
        }
        let round = events();
        if has_begun != Some(true) && has_begun != Some(round.is_some()) {
            has_begun = Some(round.is_some());
            tell(match round {
                Some(_) => "events go out",
                None => "nothing goes out until the autopilot has told the time (SYSTEM_TIME, by GPS)",
            });
        }
        if let Some(round) = round {
            newest.send_replace(Arc::new(round.iter().map(Event::message).collect()));
        }
    }
}

/// What is wrong with a destination: told once, and that it is over.
struct Trouble {
    to: String,
    tell: Tell,
    is_told: bool,
}

impl Trouble {
    fn is(&mut self, why: &io::Error) {
        if !self.is_told {
            (self.tell)(&format!("{}: {why}; trying until it goes, the newest only", self.to));
        }
        self.is_told = true;
    }

    fn is_over(&mut self) {
        if self.is_told {
            (self.tell)(&format!("{}: goes again", self.to));
        }
        self.is_told = false;
    }
}

async fn to_datagrams(
    settings: CotSettings,
    address: String,
    mut rounds: watch::Receiver<Round>,
    mut trouble: Trouble,
) {
    while rounds.changed().await.is_ok() {
        let round = Round::clone(&rounds.borrow_and_update());
        match datagrams(&settings, &address, &round).await {
            Ok(()) => trouble.is_over(),
            Err(why) => trouble.is(&why),
        }
    }
}

/// One datagram for each. The socket is opened anew each round: links come and go, and names move.
async fn datagrams(settings: &CotSettings, address: &str, messages: &[String]) -> io::Result<()> {
    let to = looked_up(address).await?;
    let from: IpAddr = match to {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    // Linux sends to a group by the interface whose address the socket has.
    let from = settings.interface.filter(|own| to.ip().is_multicast() && own.is_ipv4()).unwrap_or(from);
    let socket = UdpSocket::bind((from, 0)).await?;
    if to.ip().is_multicast() {
        socket.set_multicast_ttl_v4(settings.ttl)?;
    }
    // Not connected: that nobody listens yet is no trouble.
    for message in messages {
        timeout(TAKE_MAX, socket.send_to(message.as_bytes(), to)).await.map_err(hangs)??;
    }
    Ok(())
}

async fn looked_up(address: &str) -> io::Result<SocketAddr> {
    let found =
        timeout(CONNECT_MAX, lookup_host(address)).await.map_err(|_| io::ErrorKind::TimedOut)??.next();
    found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "that name has no address"))
}

async fn connect(address: &str) -> io::Result<TcpStream> {
    let stream =
        timeout(CONNECT_MAX, TcpStream::connect(address)).await.map_err(|_| io::ErrorKind::TimedOut)??;
    stream.set_nodelay(true)?;
    rustix::net::sockopt::set_socket_send_buffer_size(&stream, WAITING_BYTES)?;
    // A link that fell silent is left as soon as a peer that hangs.
    rustix::net::sockopt::set_tcp_user_timeout(&stream, TAKE_MAX.as_millis() as u32)?;
    Ok(stream)
}

async fn to_stream(address: String, mut rounds: watch::Receiver<Round>, mut trouble: Trouble) {
    let mut wait = BACKOFF_MIN;
    loop {
        let carried = match connect(&address).await {
            Ok(stream) => carry(stream, &mut rounds, &mut trouble).await,
            Err(why) => Carried { why: Some(why), was_steady: false },
        };
        let Some(why) = carried.why else { return };
        trouble.is(&why);
        if carried.was_steady {
            wait = BACKOFF_MIN;
        }
        tokio::select! {
            () = sleep(wait) => {}
            () = ended(&rounds) => return,
        }
        wait = (wait * 2).min(BACKOFF_MAX);
    }
}

/// Until nobody gives rounds any more.
async fn ended(rounds: &watch::Receiver<Round>) {
    let mut rounds = rounds.clone();
    while rounds.changed().await.is_ok() {}
}

/// How a stream ended.
struct Carried {
    /// `None`: there will be no more rounds.
    why: Option<io::Error>,
    was_steady: bool,
}

/// Sends the newest round, whenever there is one and the peer takes it.
async fn carry(stream: TcpStream, rounds: &mut watch::Receiver<Round>, trouble: &mut Trouble) -> Carried {
    let (read, mut write) = stream.into_split();
    let (mut closed, mut steady) = (std::pin::pin!(drained(read)), std::pin::pin!(sleep(STEADY)));
    let mut was_steady = false;
    let why = loop {
        tokio::select! {
            why = &mut closed => break Some(why),
            changed = rounds.changed() => if changed.is_err() { break None },
            () = &mut steady, if !was_steady => {
                was_steady = true;
                trouble.is_over();
                continue;
            }
        }
        let text = rounds.borrow_and_update().concat();
        tokio::select! {
            why = &mut closed => break Some(why),
            written = timeout(TAKE_MAX, write.write_all(text.as_bytes())) => match written {
                Ok(Ok(())) => {}
                Ok(Err(why)) => break Some(why),
                Err(elapsed) => break Some(hangs(elapsed)),
            },
        }
    };
    Carried { why, was_steady }
}

/// Reads what the peer tells until it closes; why it did.
async fn drained(mut read: OwnedReadHalf) -> io::Error {
    let mut told = [0; 4096];
    loop {
        match read.read(&mut told).await {
            Ok(0) => return io::Error::new(io::ErrorKind::UnexpectedEof, "was closed"),
            Ok(_) => {}
            Err(why) => return why,
        }
    }
}
