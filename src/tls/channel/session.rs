//! What encrypts a connection: rustls, which has shaken hands; or, since the session was handed
//! over from one process to another or was to be, a record layer of our own.

use rustls::HandshakeKind;
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::{ConnectionState, EncryptError, UnbufferedStatus};

use super::ChannelError;
use crate::tls::acceptor::Acceptor;
use crate::tls::records::{RecordLayer, RecordLayerState};
use crate::tls::unbuffered::{append, encode};

/// What encrypts a connection.
pub(super) enum Session {
    /// As it begins.
    Rustls(Box<UnbufferedServerConnection>),
    /// As it was handed over.
    Records(Box<RecordLayer>),
    /// It has failed, or could not be handed over, and does not go on.
    Lost,
}

/// What was found in a buffer.
pub(super) struct Understood {
    /// Bytes that are done with.
    pub(super) used: usize,
    /// Something was said in return.
    pub(super) is_answered: bool,
    /// The client will send no more.
    pub(super) has_ended: bool,
    /// Whether all of it was as it should be.
    pub(super) outcome: Result<(), ChannelError>,
}

impl Session {
    /// What was agreed on, once it is: the language, and whether the client came with a ticket.
    pub(super) fn agreed(&self) -> Option<(Option<&'static str>, bool)> {
        let Self::Rustls(rustls) = self else { return None };
        if rustls.is_handshaking() {
            return None;
        }
        let protocol = rustls.alpn_protocol().and_then(Acceptor::protocol);
        Some((protocol, rustls.handshake_kind() == Some(HandshakeKind::Resumed)))
    }

    /// Goes through the records of a buffer. Plain bytes go to `take`; what is to be said in return
    /// is put behind `outgoing`, after a failure an alert.
    pub(super) fn understand(
        &mut self,
        buffer: &mut [u8],
        outgoing: &mut Vec<u8>,
        take: &mut impl FnMut(&[u8]),
    ) -> Understood {
        match self {
            Self::Rustls(rustls) => understand(rustls, buffer, outgoing, take),
            Self::Records(records) => open(records, buffer, outgoing, take),
            Self::Lost => {
                Understood { used: 0, is_answered: false, has_ended: false, outcome: Err(lost()) }
            }
        }
    }

    /// Encrypts one record. It is put at the beginning of `record`, and its length is returned; or
    /// it is put behind `outgoing`, where what must be sent before it is put, too. `incoming` has
    /// come and is not whole. `None`: nothing can be encrypted any more.
    pub(super) fn seal(
        &mut self,
        plain: &[u8],
        record: &mut [u8],
        incoming: &mut Vec<u8>,
        outgoing: &mut Vec<u8>,
    ) -> Option<usize> {
        match self {
            Self::Rustls(rustls) => seal(rustls, plain, record, incoming, outgoing),
            Self::Records(records) => records.seal(plain, outgoing).ok().map(|()| 0),
            Self::Lost => None,
        }
    }

    /// Says that nothing follows (close_notify).
    pub(super) fn close(&mut self, incoming: &mut [u8], outgoing: &mut Vec<u8>) {
        match self {
            Self::Rustls(rustls) => {
                let state = rustls.process_tls_records(incoming).state;
                if let Ok(ConnectionState::WriteTraffic(mut traffic)) = state {
                    let _ = append(outgoing, |room| traffic.queue_close_notify(room));
                }
            }
            Self::Records(records) => records.close(outgoing),
            Self::Lost => {}
        }
    }

    /// What another process needs to go on. From now on the record layer does here, too, in case
    /// that process does not. `None`: nobody can.
    pub(super) fn handed_over(
        &mut self,
        incoming: &mut Vec<u8>,
        outgoing: &mut Vec<u8>,
    ) -> Option<RecordLayerState> {
        if let Self::Rustls(_) = self
            && let Self::Rustls(rustls) = std::mem::replace(self, Self::Lost)
            && let Ok(records) = RecordLayer::of(*rustls, incoming, outgoing)
        {
            *self = Self::Records(Box::new(records));
        }
        match self {
            Self::Records(records) => Some(records.handed_over()),
            _ => None,
        }
    }
}

fn lost() -> ChannelError {
    ChannelError::Refused("its session is lost".to_owned())
}

fn understand(
    rustls: &mut UnbufferedServerConnection,
    buffer: &mut [u8],
    outgoing: &mut Vec<u8>,
    take: &mut impl FnMut(&[u8]),
) -> Understood {
    let (mut used, mut is_answered, mut has_ended) = (0, false, false);
    let outcome = loop {
        let UnbufferedStatus { mut discard, state } =
            rustls.process_tls_records(&mut buffer[used..]);
        let goes_on = match state {
            Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                while let Some(Ok(record)) = traffic.next_record() {
                    discard += record.discard;
                    take(record.payload);
                }
                true
            }
            Ok(ConnectionState::EncodeTlsData(data)) => {
                is_answered = true;
                encode(data, outgoing).is_ok()
            }
            Ok(ConnectionState::TransmitTlsData(data)) => {
                data.done();
                true
            }
            Ok(ConnectionState::PeerClosed) => {
                has_ended = true;
                true
            }
            Ok(_) => false,
            Err(error) => break Err(ChannelError::of(error)),
        };
        used += discard;
        if !goes_on {
            break Ok(());
        }
    };
    if outcome.is_err() {
        encode_alert(rustls, outgoing);
    }
    Understood { used, is_answered, has_ended, outcome }
}

/// Encrypts what the client is to be told of a failure. rustls is asked no more often than it has
/// something to say, for otherwise it would look for more in the buffer that it has failed at.
fn encode_alert(rustls: &mut UnbufferedServerConnection, outgoing: &mut Vec<u8>) {
    while rustls.wants_write() {
        let state = rustls.process_tls_records(&mut []).state;
        let Ok(ConnectionState::EncodeTlsData(data)) = state else { return };
        if encode(data, outgoing).is_err() {
            return;
        }
    }
}

fn open(
    records: &mut RecordLayer,
    buffer: &mut [u8],
    outgoing: &mut Vec<u8>,
    take: &mut impl FnMut(&[u8]),
) -> Understood {
    let mut found = Understood { used: 0, is_answered: false, has_ended: false, outcome: Ok(()) };
    while !found.has_ended {
        let rest = &mut buffer[found.used..];
        match records.open(rest, outgoing) {
            Ok(Some(opened)) => {
                take(&rest[opened.text]);
                found.used += opened.length;
                found.has_ended = opened.is_end;
            }
            Ok(None) => break,
            Err(error) => {
                found.outcome = Err(ChannelError::Refused(error.to_string()));
                break;
            }
        }
    }
    found
}

fn seal(
    rustls: &mut UnbufferedServerConnection,
    plain: &[u8],
    record: &mut [u8],
    incoming: &mut Vec<u8>,
    outgoing: &mut Vec<u8>,
) -> Option<usize> {
    let mut is_again = false;
    loop {
        // What came and is not whole must be seen again each time.
        let UnbufferedStatus { discard, state } = rustls.process_tls_records(incoming);
        match state {
            Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                match traffic.encrypt(plain, record) {
                    // The answer to a request for other keys goes before it, and takes room, too.
                    Err(EncryptError::InsufficientSize(_)) if !is_again => is_again = true,
                    sealed => return sealed.ok(),
                }
            }
            Ok(ConnectionState::EncodeTlsData(data)) => encode(data, outgoing).ok()?,
            Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
            _ => return None,
        }
        incoming.drain(..discard);
    }
}
