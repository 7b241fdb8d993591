//! An object store as a folder of files: S3, Google Cloud Storage, Azure, a WebDAV server, a folder. Blocking, one thing at a time.
//!
//! Keys and endpoints come from the environment, as the crate `object_store` reads them (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`,
//! `GOOGLE_SERVICE_ACCOUNT`, `AZURE_STORAGE_ACCOUNT_NAME` …). What is sent is read back and compared; what was cut off goes on
//! where it was, also in another process.

use super::super::error::StoreError;
use super::landing;
use crate::hash::{hex, sum};
use crate::progress::{self, Unit};
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::local::LocalFileSystem;
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path as Key;
use object_store::{ClientOptions, Error, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Bytes of a part, and of a request for some of an object. S3 takes none under 5 MiB but the last.
const PART_BYTES: u64 = 8 << 20;
/// A field network comes and goes; then the next run goes on.
const RETRY: Duration = Duration::from_secs(60);
const RETRIES_MAX: usize = 6;

/// Whether a place is an object store's.
pub fn is_url(place: &str) -> bool {
    place.contains("://")
}

/// A place in an object store.
pub struct Bucket {
    url: PathBuf,
    store: Arc<dyn ObjectStore>,
    /// Of stores to which a file goes in parts that a later process can go on with.
    parts: Option<Arc<dyn MultipartStore>>,
    root: Key,
    runtime: tokio::runtime::Runtime,
    /// Where it is kept how far an upload came.
    state: PathBuf,
}

/// How far an upload came.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Begun {
    sha256: String,
    upload: String,
    parts: Vec<String>,
}

impl Bucket {
    /// The place of this URL. What was begun and cut off is kept in the folder `state`.
    ///
    /// # Errors
    /// It is no URL of a store we know, or the environment does not say enough.
    pub fn open(url: &str, state: &Path) -> Result<Bucket, StoreError> {
        // The TLS of the stores asks for one by the process.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let wrong = |why: String| StoreError::kept(Path::new(url), why);
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let retry = RetryConfig { max_retries: RETRIES_MAX, retry_timeout: RETRY, ..RetryConfig::default() };
        let below = |rest: &str| rest.split_once('/').map_or(String::new(), |(_, key)| key.to_string());
        let (store, parts, key): (Arc<dyn ObjectStore>, Option<Arc<dyn MultipartStore>>, String) =
            match scheme {
                "s3" | "s3a" => {
                    let s3 = AmazonS3Builder::from_env().with_url(url).with_retry(retry).build();
                    let s3 = Arc::new(s3.map_err(|error| wrong(error.to_string()))?);
                    (s3.clone(), Some(s3), below(rest))
                }
                "gs" => {
                    let gs = GoogleCloudStorageBuilder::from_env().with_url(url).with_retry(retry).build();
                    let gs = Arc::new(gs.map_err(|error| wrong(error.to_string()))?);
                    (gs.clone(), Some(gs), below(rest))
                }
                "az" | "azure" | "abfs" | "abfss" => {
                    let az = MicrosoftAzureBuilder::from_env().with_url(url).with_retry(retry).build();
                    let az = Arc::new(az.map_err(|error| wrong(error.to_string()))?);
                    (az.clone(), Some(az), below(rest))
                }
                "http" | "https" => {
                    let host = rest.split('/').next().unwrap_or_default();
                    // Whoever writes http:// means it: a server on the camp's own network.
                    let options = ClientOptions::new().with_allow_http(scheme == "http");
                    let http = HttpBuilder::new().with_url(format!("{scheme}://{host}"));
                    let http = http.with_client_options(options).with_retry(retry).build();
                    (Arc::new(http.map_err(|error| wrong(error.to_string()))?), None, below(rest))
                }
                "file" => (Arc::new(LocalFileSystem::new()), None, rest.to_string()),
                _ => {
                    return Err(wrong(
                        "no store that is known; write s3://, gs://, az://, https:// or file://".to_string(),
                    ));
                }
            };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Bucket {
            url: PathBuf::from(url),
            store,
            parts,
            root: Key::parse(key.trim_end_matches('/')).map_err(|error| wrong(error.to_string()))?,
            runtime: runtime.map_err(StoreError::io(Path::new(url), "cannot start"))?,
            state: state.to_path_buf(),
        })
    }

    /// What `name` is called in full.
    pub fn path(&self, name: &str) -> PathBuf {
        self.url.join(name)
    }

    /// Names and sizes of all objects in and below it.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn objects(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let (mut found, mut folders) = (Vec::new(), vec![self.root.clone()]);
        while let Some(folder) = folders.pop() {
            let listed = self.runtime.block_on(self.store.list_with_delimiter(Some(&folder)));
            let listed = listed.map_err(|error| self.failed("", &error))?;
            folders.extend(listed.common_prefixes);
            for object in listed.objects {
                let name = object.location.as_ref().strip_prefix(self.root.as_ref()).unwrap_or_default();
                found.push((name.trim_start_matches('/').to_string(), object.size));
            }
        }
        found.sort();
        Ok(found)
    }

    /// The whole of a small object; `None`: there is none.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let read = self.runtime.block_on(async { self.store.get(&self.key(name)).await?.bytes().await });
        match read {
            Err(Error::NotFound { .. }) => Ok(None),
            read => Ok(Some(read.map_err(|error| self.failed(name, &error))?.to_vec())),
        }
    }

    /// Writes a small object.
    ///
    /// # Errors
    /// The store does not take it.
    pub fn write(&self, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        let written = self.runtime.block_on(self.store.put(&self.key(name), PutPayload::from(bytes)));
        written.map(|_| ()).map_err(|error| self.failed(name, &error))
    }

    /// Removes an object, if it is there.
    ///
    /// # Errors
    /// The store does not do it.
    pub fn remove(&self, name: &str) -> Result<(), StoreError> {
        match self.runtime.block_on(self.store.delete(&self.key(name))) {
            Err(Error::NotFound { .. }) => Ok(()),
            removed => removed.map_err(|error| self.failed(name, &error)),
        }
    }

    /// Sends the file at `from`, unless the same bytes are there, and reads back what arrived. Its SHA-256.
    ///
    /// # Errors
    /// The store does not take it; what it has of it is gone on with the next time.
    pub fn send(&self, from: &Path, name: &str) -> Result<String, StoreError> {
        let (bytes, sha256) = File::open(from).and_then(sum).map_err(StoreError::io(from, "cannot read"))?;
        if self.arrived(name, bytes)? == Some(sha256.clone()) {
            return Ok(sha256);
        }
        match &self.parts {
            Some(parts) if bytes > PART_BYTES => {
                self.send_parts(parts.as_ref(), from, name, bytes, &sha256)?
            }
            _ => self.write(name, std::fs::read(from).map_err(StoreError::io(from, "cannot read"))?)?,
        }
        match self.arrived(name, bytes)? {
            Some(arrived) if arrived == sha256 => Ok(sha256),
            _ => Err(StoreError::kept(&self.path(name), "what is read back is not what was sent; try again")),
        }
    }

    fn send_parts(
        &self,
        parts: &dyn MultipartStore,
        from: &Path,
        name: &str,
        bytes: u64,
        sha256: &str,
    ) -> Result<(), StoreError> {
        let (key, state) = (self.key(name), self.state_of(name, "upload"));
        let failed = |error: Error| self.failed(name, &error);
        let mut begun = self.begun(&state);
        if let Some(other) = begun.take_if(|begun| begun.sha256 != sha256) {
            // Of another moment of the flight; the store would keep, and charge for, what it has of it.
            let _ = self.runtime.block_on(parts.abort_multipart(&key, &other.upload));
        }
        let mut begun = match begun {
            Some(begun) => begun,
            None => {
                let upload = self.runtime.block_on(parts.create_multipart(&key)).map_err(failed)?;
                Begun { sha256: sha256.to_string(), upload, parts: Vec::new() }
            }
        };
        let mut file = File::open(from).map_err(StoreError::io(from, "cannot read"))?;
        progress::part("sending", Some(bytes), Unit::Bytes);
        progress::done(begun.parts.len() as u64 * PART_BYTES);
        for part in begun.parts.len() as u64..bytes.div_ceil(PART_BYTES) {
            let mut content = Vec::new();
            file.seek(SeekFrom::Start(part * PART_BYTES))
                .and_then(|_| (&file).take(PART_BYTES).read_to_end(&mut content))
                .map_err(StoreError::io(from, "cannot read"))?;
            let put = parts.put_part(&key, &begun.upload, part as usize, PutPayload::from(content));
            let put = self.runtime.block_on(put);
            if matches!(put, Err(Error::NotFound { .. })) {
                // The store has thrown away what was begun: the next run begins anew.
                let _ = std::fs::remove_file(&state);
            }
            begun.parts.push(put.map_err(failed)?.content_id);
            progress::done(PART_BYTES);
            self.keep(&state, &begun)?;
        }
        let all = begun.parts.into_iter().map(|content_id| PartId { content_id }).collect();
        let completed = self.runtime.block_on(parts.complete_multipart(&key, &begun.upload, all));
        let _ = std::fs::remove_file(&state);
        completed.map(|_| ()).map_err(failed)
    }

    /// The SHA-256 of an object, read in whole; `None` when it is not there, or not of this size.
    fn arrived(&self, name: &str, bytes: u64) -> Result<Option<String>, StoreError> {
        match self.size(name)? {
            Some(size) if size == bytes => {}
            _ => return Ok(None),
        }
        let mut hash = Sha256::new();
        self.each_range(name, 0, bytes, |range| {
            hash.update(range);
            Ok(())
        })?;
        Ok(Some(hex(hash.finalize())))
    }

    /// Fetches an object into the file `to`; what is there of it is gone on with. Its SHA-256.
    ///
    /// # Errors
    /// There is no such object, or the store or the disk fails.
    pub fn fetch(&self, name: &str, to: &Path) -> Result<String, StoreError> {
        let told = || StoreError::io(to, "cannot write");
        let Some(bytes) = self.size(name)? else {
            return Err(StoreError::NotFound(self.path(name)));
        };
        let mut file = File::options().create(true).append(true).open(to).map_err(told())?;
        let have = file.metadata().map_err(told())?.len();
        let have = if have > bytes { 0 } else { have };
        file.set_len(have).map_err(told())?;
        self.each_range(name, have, bytes, |range| file.write_all(range).map_err(told()))?;
        landing::settle(to)?;
        File::open(to).and_then(sum).map(|(_, sha256)| sha256).map_err(told())
    }

    fn each_range(
        &self,
        name: &str,
        from: u64,
        to: u64,
        mut take: impl FnMut(&[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let key = self.key(name);
        progress::part("fetching", Some(to), Unit::Bytes);
        progress::done(from);
        let mut at = from;
        while at < to {
            let end = to.min(at + PART_BYTES);
            let range = self.runtime.block_on(self.store.get_range(&key, at..end));
            take(&range.map_err(|error| self.failed(name, &error))?)?;
            progress::done(end - at);
            at = end;
        }
        Ok(())
    }

    fn size(&self, name: &str) -> Result<Option<u64>, StoreError> {
        match self.runtime.block_on(self.store.head(&self.key(name))) {
            Err(Error::NotFound { .. }) => Ok(None),
            head => head.map(|head| Some(head.size)).map_err(|error| self.failed(name, &error)),
        }
    }

    fn key(&self, name: &str) -> Key {
        name.split('/').filter(|part| !part.is_empty()).fold(self.root.clone(), |key, part| key.join(part))
    }

    fn failed(&self, name: &str, error: &Error) -> StoreError {
        StoreError::kept(&self.path(name), error.to_string())
    }

    fn state_of(&self, name: &str, what: &str) -> PathBuf {
        let mut hash = Sha256::new();
        hash.update(self.path(name).to_string_lossy().as_bytes());
        self.state.join(format!("{}.{what}", &hex(hash.finalize())[..32]))
    }

    fn begun(&self, state: &Path) -> Option<Begun> {
        serde_json::from_slice(&std::fs::read(state).ok()?).ok()
    }

    fn keep(&self, state: &Path, begun: &Begun) -> Result<(), StoreError> {
        let part = state.with_extension("part");
        std::fs::create_dir_all(&self.state)
            .and_then(|()| std::fs::write(&part, serde_json::to_vec(begun)?))
            .and_then(|()| std::fs::rename(&part, state))
            .map_err(StoreError::io(state, "cannot write"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_speaks_plain_http_is_asked_where_the_url_says_so() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/flights", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let mut asked = [0; 4096];
            let count = client.read(&mut asked).unwrap();
            client.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").unwrap();
            String::from_utf8_lossy(&asked[..count]).into_owned()
        });
        let state = tempfile::tempdir().unwrap();
        assert_eq!(Bucket::open(&url, state.path()).unwrap().read("a").unwrap(), None);
        assert!(server.join().unwrap().starts_with("GET /flights/a HTTP/1.1"));
    }
}
