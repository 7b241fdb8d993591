//! Connections: so many at once, each with so long for its request's head; whoever takes nothing more is left.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::net::sockopt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

/// Connections at once: five viewers with four each, and some that ask.
const CONNECTIONS_MAX: usize = 48;
/// How long the head of a request may take to come, and a kept connection may rest.
const HEAD_MAX: Duration = Duration::from_secs(20);
/// Longest head, with all its lines.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// How long what was sent may stay unacknowledged.
const UNTAKEN_MAX_MS: u32 = 15_000;
/// After a refusal of the system: out of descriptors, most likely; it must not spin.
const PAUSE: Duration = Duration::from_millis(200);

/// A connection's place among the others; each request bears it, and whoever goes on with the connection keeps it.
#[derive(Clone)]
pub struct Place {
    _permit: Arc<OwnedSemaphorePermit>,
}

/// Serves until `stopped`.
///
/// # Errors
/// The listener cannot be used.
pub async fn accept(
    (listener, tls): (TcpListener, Option<TlsAcceptor>),
    router: Router,
    mut stopped: watch::Receiver<bool>,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let mut connections = JoinSet::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
            listener.accept().await.map(|(stream, peer)| (stream, peer, Place { _permit: Arc::new(place) }))
        };
        tokio::select! {
            _ = stopped.changed() => break,
            Some(_) = connections.join_next() => {}
            accepted = next => match accepted {
                Ok((stream, peer, place)) => {
                    connections.spawn(serve(stream, (peer, place), router.clone(), tls.clone()));
                }
                Err(error) => {
                    tracing::warn!("page: {error}");
                    tokio::time::sleep(PAUSE).await;
                }
            },
        }
    }
    // What is answered hears of the end by itself; what rests is left.
    connections.shutdown().await;
    Ok(())
}

async fn serve(stream: TcpStream, peer: (SocketAddr, Place), router: Router, tls: Option<TlsAcceptor>) {
    let _ = stream.set_nodelay(true);
    let _ = sockopt::set_tcp_user_timeout(&stream, UNTAKEN_MAX_MS);
    match tls {
        None => answer(stream, peer, router).await,
        Some(tls) => {
            if let Ok(Ok(stream)) = timeout(HEAD_MAX, tls.accept(stream)).await {
                answer(stream, peer, router).await;
            }
        }
    }
}

async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    (peer, place): (SocketAddr, Place),
    router: Router,
) {
    let answering = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(place.clone());
        router.clone().oneshot(request.map(axum::body::Body::new))
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_MAX).max_buf_size(HEAD_BYTES_MAX);
    // A client that breaks off is none of ours.
    let _ = http.serve_connection(TokioIo::new(stream), answering).with_upgrades().await;
}
