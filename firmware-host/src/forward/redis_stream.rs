//! Redis Streams: a stream `NAME:FLIGHT` for each flight, an entry `ID-0` for each of its log.
//!
//! Ids of a stream only grow: an entry that is there already is refused by the server, so that none stands in it twice. The set
//! `NAME:flights` names all flights.

use std::time::Duration;

use redis::streams::StreamInfoStreamReply;
use redis::{Client, Commands, Connection, ErrorKind, RedisError, ServerErrorKind};
use serde_json::Value;

use super::{Entry, Far, Trouble};

const CONNECT_MAX: Duration = Duration::from_secs(5);
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// With which a server answers what only somebody can mend, by the first word.
const REFUSALS: [&str; 4] = ["NOAUTH", "WRONGPASS", "NOPERM", "WRONGTYPE"];

/// A Redis server.
pub struct Redis {
    client: Client,
    name: String,
    key: String,
    connection: Option<Connection>,
}

impl Redis {
    /// Of its URL, and what keys begin with.
    ///
    /// # Errors
    /// It is no URL of a Redis server.
    pub fn new(url: &str, name: &str) -> Result<Redis, String> {
        // The second to set it finds it set.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::open(url).map_err(|error| error.to_string())?;
        Ok(Redis { client, name: name.into(), key: String::new(), connection: None })
    }

    fn connection(&mut self) -> Result<&mut Connection, RedisError> {
        if self.connection.is_none() {
            let connection = self.client.get_connection_with_timeout(CONNECT_MAX)?;
            connection.set_read_timeout(Some(ANSWER_MAX))?;
            connection.set_write_timeout(Some(ANSWER_MAX))?;
            self.connection = Some(connection);
        }
        self.connection.as_mut().ok_or_else(|| (ErrorKind::Client, "no connection").into())
    }

    fn newest(&mut self) -> Result<Option<u64>, RedisError> {
        let key = self.key.clone();
        let answer: Result<StreamInfoStreamReply, RedisError> = self.connection()?.xinfo_stream(&key);
        match answer {
            Ok(info) => Ok(info.last_generated_id.split('-').next().and_then(|id| id.parse().ok())),
            Err(error) if error.to_string().contains("no such key") => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn add(&mut self, entries: &[Entry]) -> Result<(), RedisError> {
        let mut all = redis::pipe();
        for entry in entries {
            all.cmd("XADD").arg(&self.key).arg(format!("{}-0", entry.id));
            for (field, value) in fields(entry) {
                all.arg(field).arg(value);
            }
            all.ignore();
        }
        all.query(self.connection()?)
    }
}

impl Far for Redis {
    fn begin(&mut self, flight: &str) -> Result<Option<u64>, Trouble> {
        self.connection = None;
        self.key = format!("{}:{flight}", self.name);
        let names = format!("{}:flights", self.name);
        let newest = self.newest().and_then(|newest| {
            let _: u32 = self.connection()?.sadd(&names, flight)?;
            Ok(newest)
        });
        newest.map_err(|error| trouble(&error))
    }

    fn send(&mut self, entries: &[Entry]) -> Result<(), Trouble> {
        let mut rest = entries;
        loop {
            let Err(error) = self.add(rest) else { return Ok(()) };
            // Another one sends the same flight too: what it sent is there.
            let is_there = error.to_string().contains("equal or smaller");
            let newest = if is_there { self.newest().map_err(|error| trouble(&error))? } else { None };
            let known =
                rest.iter().take_while(|entry| newest.is_some_and(|newest| entry.id <= newest)).count();
            match (is_there, &rest[known..]) {
                (true, []) => return Ok(()),
                (true, left) if known > 0 => rest = left,
                _ => {
                    self.connection = None;
                    return Err(trouble(&error));
                }
            }
        }
    }
}

/// An entry's fields; what is no JSON object goes as it is.
fn fields(entry: &Entry) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
    match serde_json::from_slice::<Value>(&entry.json) {
        Ok(Value::Object(fields)) => {
            let told = fields.iter().filter(|(_, value)| !value.is_null());
            told.map(|(field, value)| (field.clone(), text(value))).collect()
        }
        _ => vec![("json".into(), String::from_utf8_lossy(&entry.json).into_owned())],
    }
}

fn trouble(error: &RedisError) -> Trouble {
    let is_refused = matches!(
        error.kind(),
        ErrorKind::AuthenticationFailed
            | ErrorKind::InvalidClientConfig
            | ErrorKind::Server(ServerErrorKind::NoPerm)
    ) || error.code().is_some_and(|code| REFUSALS.contains(&code));
    match is_refused {
        true => Trouble::Refused(error.to_string()),
        false => Trouble::Gone(error.to_string()),
    }
}
