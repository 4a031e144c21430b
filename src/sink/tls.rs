//! TLS connections to a webhook: certificates are verified against the authorities of this machine. Must not
//! know what is sent.

use std::io;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};
use tokio_rustls::{TlsConnector, rustls::crypto::ring};

/// Why no TLS connection can be made at all.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Without CA certificates no server can be verified.
    #[error(
        "--webhook with https needs CA certificates, and none were found{0}\n  next: install \
            ca-certificates, or set SSL_CERT_FILE"
    )]
    NoAuthorities(String),
    /// The library cannot be set up.
    #[error("cannot set up TLS: {0}")]
    Setup(#[from] rustls::Error),
}

/// TLS connections to one server.
pub struct Encrypted {
    connector: TlsConnector,
    authority: String,
    name: ServerName<'static>,
}

impl Encrypted {
    /// Prepares connections to `authority` (`host:port`), whose certificate must be for `name` and signed by
    /// an authority of this machine, or one in `SSL_CERT_FILE` and `SSL_CERT_DIR`.
    ///
    /// # Errors
    /// [`TlsError`] if there are no authorities.
    pub fn new(authority: String, name: ServerName<'static>) -> Result<Self, TlsError> {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        // An authority that the library does not accept is no reason to distrust the others.
        let (added, _) = roots.add_parsable_certificates(found.certs);
        if added == 0 {
            return Err(TlsError::NoAuthorities(
                found.errors.first().map_or_else(String::new, |error| format!(": {error}")),
            ));
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?;
        let connector = Arc::new(builder.with_root_certificates(roots).with_no_client_auth()).into();
        Ok(Self { connector, authority, name })
    }

    /// Connects, and verifies the other side's identity.
    ///
    /// # Errors
    /// [`io::Error`] of the connection or of the handshake; see [`is_distrusted`].
    pub async fn connect(&self) -> io::Result<TlsStream<TcpStream>> {
        self.connector.connect(self.name.clone(), TcpStream::connect(&self.authority).await?).await
    }
}

/// Returns whether the other side's certificate could not be verified.
pub fn is_distrusted(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    matches!(inner, Some(rustls::Error::InvalidCertificate(_)))
}
