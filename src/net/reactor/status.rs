//! The reactor as the admin pages see it.
//!
//! The numbers of a moment are collected when they are asked for, not before. That takes about a
//! tenth of a millisecond, and for `/status` one look at each client besides.

use super::Reactor;
use crate::admin::{
    CertificateStats, ChatStats, ConnectionStats, Counts, RoomSize, SlowClient, Snapshot,
    StatusSource, TlsStats, UdpStats, Unready,
};
use crate::chat::Refusal;
use crate::limits::ADMIN_LISTED_MAX;
use crate::net::encryption::EncryptionCounters;
use crate::server::CloseReason;
use crate::time::Time;
use crate::tls::{Acceptor, Certificate};

/// The commit that the program was built from, if it is known: `src/build.rs`.
const COMMIT: Option<&str> = option_env!("MIO_CHAT_COMMIT");

impl Reactor {
    /// Serves the clients of the admin listener, if there is one and it is time.
    pub(super) fn serve_admin(&mut self) {
        let Some(mut admin) = self.operations.admin.take() else { return };
        let short = self.sockets.listeners.is_short_of_descriptors();
        let (acceptor, registry) =
            (self.sockets.encryption.acceptor(), self.sockets.poll.registry());
        if admin.poll((self.clock, registry), short, acceptor, &*self) {
            self.sockets.listeners.note_freed(self.now);
        }
        self.operations.admin = Some(admin);
    }

    fn connection_stats(&self) -> ConnectionStats {
        let closed = self.turn.server.status().counters().closed;
        let mut rejected = self.operations.gauges.rejected.counts();
        let proxy_protocol = self.sockets.proxies.counters();
        rejected.0.extend([
            ("proxy-header-bad", proxy_protocol.bad),
            ("proxy-header-late", proxy_protocol.late),
            ("proxy-header-crowded", proxy_protocol.crowded),
        ]);
        ConnectionStats {
            now: self.sockets.connections.len() as u64,
            max: self.sockets.clients_max as u64,
            encodings: Counts(self.turn.server.status().readers().collect()),
            accepted: self.operations.gauges.admitted,
            rejected,
            closed: Counts(CloseReason::NAMES.into_iter().zip(closed).collect()),
        }
    }

    fn chat_stats(&self) -> ChatStats {
        let status = self.turn.server.status();
        let (counters, delivery) = (status.counters(), status.delivery_counters());
        let lobby = status.lobby();
        ChatStats {
            members: lobby.members() as u64,
            rooms: lobby.rooms() as u64,
            messages_in: counters.lines,
            published: delivery.published,
            deliveries: delivery.deliveries,
            sent_bytes: delivery.sent_bytes,
            output_queue_bytes: status.held() as u64,
            slow_consumers: counters.closed[CloseReason::SLOW_CONSUMER],
            presence_dropped: delivery.presence_dropped,
            remembered_bytes: lobby.remembered() as u64,
            flood_held: counters.held,
            flood_held_address: counters.held_by_origin,
            flood_held_room: counters.held_by_room,
            passwords_refused: counters.passwords_refused,
            introduced: counters.introduced,
            introductions_refused: counters.introductions_refused,
            refused: Counts(Refusal::KINDS.into_iter().zip(delivery.refused).collect()),
        }
    }

    fn udp_stats(&self) -> UdpStats {
        let matchmaker = self.turn.server.status().matchmaker();
        UdpStats::of(matchmaker.counters(), matchmaker.keyed_counters(), matchmaker.players())
    }

    /// Nothing without certificates, unless somebody came when there were some.
    fn tls_stats(&self) -> Option<TlsStats> {
        let encryption = &self.sockets.encryption;
        let (counters, connections) = (encryption.counters(), encryption.len() as u64);
        let certificates = encryption.acceptor().map(Acceptor::certificates);
        if certificates.is_none() && connections == 0 && counters == EncryptionCounters::default() {
            return None;
        }
        let full = counters.handshakes - counters.resumed;
        Some(TlsStats {
            connections,
            handshakes: Counts(vec![("full", full), ("resumed", counters.resumed)]),
            failed: counters.failed,
            put_off: counters.put_off,
            certificates: certificates.unwrap_or_default().iter().map(certificate).collect(),
        })
    }

    fn largest_rooms(&self, most: usize) -> Vec<RoomSize> {
        let rooms = self.turn.server.status().lobby().largest_rooms(most).into_iter();
        let stats = rooms.map(|(name, members)| (name.as_str().to_owned(), members as u64));
        stats.map(|(name, members)| RoomSize { name, members }).collect()
    }

    fn slow_readers(&self, now: Time, most: usize) -> Vec<SlowClient> {
        let slow = self.turn.server.status().slowest_readers(most).into_iter();
        let stats = slow.map(|reader| SlowClient {
            nickname: reader.nickname.map(|name| name.as_str().to_owned()),
            bytes: reader.bytes as u64,
            age_seconds: now.since(reader.since).as_secs_f64(),
        });
        stats.collect()
    }
}

fn certificate(certificate: &Certificate) -> CertificateStats {
    CertificateStats {
        name: certificate.name().to_owned(),
        ends_at: certificate.ends().millis() / 1_000,
        ends_on: certificate.ends_on().to_owned(),
    }
}

impl StatusSource for Reactor {
    fn unready(&self) -> Option<Unready> {
        if self.lifecycle.leaving {
            Some(Unready::Draining)
        } else if self.sockets.listeners.is_short_of_descriptors() {
            Some(Unready::Descriptors)
        } else {
            self.is_full().then_some(Unready::Full)
        }
    }

    fn snapshot(&self, with_lists: bool) -> Snapshot {
        let (now, gauges) = (self.clock.now(), self.turn.gauges());
        let connections = self.connection_stats();
        let listed = if with_lists { ADMIN_LISTED_MAX } else { 0 };
        Snapshot {
            version: env!("CARGO_PKG_VERSION"),
            commit: COMMIT.filter(|commit| !commit.is_empty()).unwrap_or("unknown"),
            uptime_seconds: now.since(Time::ZERO).as_secs_f64(),
            not_ready: self.unready(),
            chat: self.chat_stats(),
            turn_seconds: self.operations.gauges.turns.clone(),
            flush_clients: gauges.flushes.clone(),
            delivery_latency_seconds: gauges.deliveries.clone(),
            turns_cut: self.operations.gauges.turns_cut(&gauges.hit),
            udp: self.udp_stats(),
            tls: self.tls_stats(),
            log_dropped: self.operations.log.dropped(),
            store: self.operations.persistence.as_ref().map(|persistence| persistence.stats()),
            process: self.operations.process.read(connections.now),
            rooms_by_size: self.largest_rooms(listed),
            slow_clients: self.slow_readers(now, listed),
            connections,
        }
    }
}
