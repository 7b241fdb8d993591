//! NATS JetStream: a message on the subject `NAME.FLIGHT` for each entry, with `Nats-Msg-Id: FLIGHT:ID`.
//!
//! The server drops what it heard within the stream's duplicate window (two minutes as NATS has it). A stream that takes the subject
//! already is used as it is; without one, one is made that takes all of `NAME.>` and keeps it in files.

use std::time::Duration;

use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, LastRawMessageErrorKind, Stream};
use async_nats::jetstream::{self, context};
use async_nats::{ConnectErrorKind, ConnectOptions};
use percent_encoding::percent_decode_str;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use url::Url;

use super::{Entry, Far, Trouble};

const CONNECT_MAX: Duration = Duration::from_secs(5);
const ANSWER_MAX: Duration = Duration::from_secs(10);
const ID_HEADER: &str = "Nats-Msg-Id";

/// A NATS server with JetStream.
pub struct Nats {
    runtime: Runtime,
    url: Url,
    name: String,
    flight: String,
    connection: Option<jetstream::Context>,
}

impl Nats {
    /// Of its URL, and what subjects begin with.
    ///
    /// # Errors
    /// There is no runtime to be had.
    pub fn new(url: &Url, name: &str) -> Result<Nats, String> {
        // A thread of its own answers the server's pings while nothing is sent.
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        Ok(Nats { runtime, url: url.clone(), name: name.into(), flight: String::new(), connection: None })
    }

    fn subject(&self) -> String {
        format!("{}.{}", self.name, self.flight)
    }

    async fn connect(&self) -> Result<jetstream::Context, Trouble> {
        // What is written in the URL is percent-encoded there, and not in the options.
        let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let mut options = ConnectOptions::new()
            .name("skyhound forward")
            .connection_timeout(CONNECT_MAX)
            .request_timeout(Some(ANSWER_MAX))
            .require_tls(self.url.scheme() == "tls");
        match (self.url.username(), self.url.password()) {
            ("", _) => {}
            (token, None) => options = options.token(plain(token)),
            (user, Some(password)) => options = options.user_and_password(plain(user), plain(password)),
        }
        let mut bare = self.url.clone();
        // A URL with a host takes both.
        let _ = bare.set_username("").and_then(|()| bare.set_password(None));
        let client = options.connect(bare.as_str()).await.map_err(|error| {
            use ConnectErrorKind::{Authentication, AuthorizationViolation, ServerParse};
            match error.kind() {
                Authentication | AuthorizationViolation | ServerParse => Trouble::Refused(error.to_string()),
                _ => Trouble::Gone(error.to_string()),
            }
        })?;
        Ok(jetstream::new(client))
    }

    async fn newest(&self, context: &jetstream::Context) -> Result<Option<u64>, Trouble> {
        let stream = self.stream(context).await?;
        match stream.get_last_raw_message_by_subject(&self.subject()).await {
            Ok(message) => {
                let id = message.headers.get(ID_HEADER).map(|id| id.as_str().to_string());
                Ok(id.and_then(|id| id.rsplit_once(':')?.1.parse().ok()))
            }
            Err(error) if matches!(error.kind(), LastRawMessageErrorKind::NoMessageFound) => Ok(None),
            Err(error) => Err(Trouble::Gone(error.to_string())),
        }
    }

    /// The stream that takes the subject, made where there is none.
    async fn stream(&self, context: &jetstream::Context) -> Result<Stream, Trouble> {
        use context::GetStreamByNameErrorKind::{JetStream, NotFound};
        let name = match context.stream_by_subject(self.subject()).await {
            Ok(name) => name,
            Err(error) if matches!(error.kind(), NotFound) => {
                let config = Config {
                    name: self.name.to_ascii_uppercase(),
                    subjects: vec![format!("{}.>", self.name)],
                    description: Some("Logs of Skyhound's flights, a subject each".into()),
                    ..Config::default()
                };
                let made = context.create_stream(config).await;
                made.map_err(|error| refused_by(error.to_string(), "cannot make a stream"))?
                    .cached_info()
                    .config
                    .name
                    .clone()
            }
            Err(error) => {
                return Err(match error.kind() {
                    JetStream(_) => {
                        Trouble::Refused(format!("{error}; start it with JetStream (nats-server -js)"))
                    }
                    _ => refused_by(error.to_string(), "cannot ask for its streams"),
                });
            }
        };
        context.get_stream(name).await.map_err(|error| Trouble::Gone(error.to_string()))
    }

    async fn publish(&self, context: &jetstream::Context, entries: &[Entry]) -> Result<(), Trouble> {
        let gone = |error: String| Trouble::Gone(error);
        let mut waiting = Vec::with_capacity(entries.len());
        for entry in entries {
            let message = PublishMessage::build()
                .message_id(format!("{}:{}", self.flight, entry.id))
                .payload(entry.json.clone().into());
            let sent = context.send_publish(self.subject(), message).await;
            waiting.push(sent.map_err(|error| gone(error.to_string()))?);
        }
        for answer in waiting {
            answer.await.map_err(|error| gone(error.to_string()))?;
        }
        Ok(())
    }
}

/// JetStream answers nobody where it is off, and a request that may not be made is never answered.
fn refused_by(error: String, doing: &str) -> Trouble {
    Trouble::Gone(format!("{doing}: {error}; is JetStream on (nats-server -js), and may this user use it?"))
}

impl Far for Nats {
    fn begin(&mut self, flight: &str) -> Result<Option<u64>, Trouble> {
        self.flight = flight.to_string();
        self.connection = None;
        let asked = self.runtime.block_on(async {
            let context = self.connect().await?;
            let newest = self.newest(&context).await?;
            Ok((context, newest))
        });
        let (context, newest) = asked?;
        self.connection = Some(context);
        Ok(newest)
    }

    fn send(&mut self, entries: &[Entry]) -> Result<(), Trouble> {
        let Some(context) = &self.connection else { return Err(Trouble::Gone("is not connected".into())) };
        let sent = self.runtime.block_on(async {
            let late = |_| Trouble::Gone(format!("no answer within {} s", ANSWER_MAX.as_secs()));
            timeout(ANSWER_MAX, self.publish(context, entries)).await.map_err(late)?
        });
        if sent.is_err() {
            self.connection = None;
        }
        sent
    }
}
