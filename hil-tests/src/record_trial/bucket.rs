//! An S3 server on loopback (s3s-fs): its buckets are the folders in a folder.

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use std::io::Error;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

/// Who may ask.
pub const KEY: &str = "AKIATEST";
/// Their secret.
pub const SECRET: &str = "secret";

/// Serves the folders in `root` to [`KEY`], as long as the process lives.
///
/// # Errors
/// No port, or `root` is not there.
pub fn serve(root: &Path) -> Result<SocketAddr, Error> {
    let files = s3s_fs::FileSystem::new(root).map_err(|error| Error::other(format!("{error:?}")))?;
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(SimpleAuth::from_single(KEY, SECRET));
    let buckets = builder.build();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    std::thread::spawn(move || {
        runtime.block_on(async move {
            let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
            loop {
                let Ok((socket, _)) = listener.accept().await else { continue };
                let buckets = buckets.clone();
                tokio::spawn(async move {
                    // A client that goes away is its own affair.
                    let server = auto::Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(TokioIo::new(socket), buckets).await;
                });
            }
        });
    });
    Ok(address)
}
