//! TLS of our own: a key and a certificate that are made once, and known again by their fingerprint, for in the field nobody vouches for anybody.

use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use tokio_rustls::TlsAcceptor;

use crate::failure::Failure;
use crate::hash::hex;

const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";

/// What answers a browser's hello, and the certificate's SHA-256, hexadecimal.
#[derive(Clone)]
pub struct Tls {
    /// The library's part.
    pub acceptor: TlsAcceptor,
    /// By which the crew knows that it is we.
    pub fingerprint: String,
}

/// Key and certificate of `folder`; made, for `address` and this machine's name, where there are none.
///
/// # Errors
/// A folder that cannot be written, a key that others may read, files that are something else; with the mend.
pub fn of(folder: &Path, address: IpAddr) -> Result<Tls, Failure> {
    let (certificate, key) = (folder.join(CERTIFICATE), folder.join(KEY));
    let refused = |path: &Path, why: String| {
        let mend = "remove both files of that folder, and new ones are made";
        Failure::Usage(format!("ground.tls: {}: {why}; {mend}", path.display()))
    };
    if !certificate.exists() && !key.exists() {
        make(folder, address).map_err(|error| refused(folder, error.to_string()))?;
    }
    let about = std::fs::metadata(&key).map_err(|error| refused(&key, error.to_string()))?;
    if about.mode() & 0o077 != 0 {
        return Err(refused(&key, format!("others may read it: chmod 600 {}", key.display())));
    }
    let own = CertificateDer::from_pem_file(&certificate)
        .map_err(|error| refused(&certificate, error.to_string()))?;
    let secret = PrivateKeyDer::from_pem_file(&key).map_err(|error| refused(&key, error.to_string()))?;
    let fingerprint = hex(Sha256::digest(&own));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![own], secret))
        .map_err(|error| refused(&certificate, error.to_string()))?;
    Ok(Tls { acceptor: TlsAcceptor::from(Arc::new(config)), fingerprint })
}

fn make(folder: &Path, address: IpAddr) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let names = ["localhost".to_string(), "127.0.0.1".to_string(), host, address.to_string()];
    let made = rcgen::generate_simple_self_signed(names).map_err(io::Error::other)?;
    write(&folder.join(KEY), &made.signing_key.serialize_pem())?;
    write(&folder.join(CERTIFICATE), &made.cert.pem())
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = std::fs::File::options().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
