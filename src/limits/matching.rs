//! Bounds of matchmaking: of the server that answers datagrams, and of players.

use std::ops::RangeInclusive;
use std::time::Duration;

// ---- UDP ---------------------------------------------------------------------------------

/// Bytes of the longest datagram looked at; a longer one is dropped.
pub const DATAGRAM_BYTES_MAX: usize = 512;
/// Datagrams received in one turn and socket.
pub const DATAGRAMS_PER_TURN: usize = 256;
/// Addresses of this host, all UDP sockets taken together, that answers are known to leave by. A
/// host may own a whole network; answers from its further addresses leave by whichever suits.
pub const LOCAL_ENDPOINTS_MAX: usize = 256;
/// Endpoints remembered by plain pairing; the oldest goes first. Just below the size at which the
/// hash table doubles, so that a flood from made-up addresses costs under 1 MB.
pub const PAIRED_ENDPOINTS_MAX: usize = 7_168;
/// How long an endpoint waits for a partner, and how long a pair's repeats are answered.
pub const PAIRING_TIMEOUT: Duration = Duration::from_secs(30);
/// Shortest time between two answers of plain pairing to one endpoint: less than clients wait for
/// one that may have been lost.
pub const PAIRING_ANSWER_INTERVAL: Duration = Duration::from_millis(200);
/// Datagrams a second answered per IPv4 address or IPv6 /64. Default of `--udp-rate`.
pub const UDP_RATE_PER_SECOND: u32 = 20;
/// Datagrams answered at once before that rate binds: a classroom behind one address.
pub const UDP_RATE_BURST: u32 = 60;
/// Cells of the table of these rates; two addresses may share one.
pub const UDP_RATE_CELLS: usize = 8_192;
/// Bytes of the longest answer, kept inline: a STUN refusal with all it may list takes 56.
pub const ANSWER_BYTES_MAX: usize = 64;
/// How long a cookie of the keyed protocol is good at the least; at the most twice as long.
pub const COOKIE_SLOT: Duration = Duration::from_secs(120);
/// Bytes of a queue's name: a word and a random number, or a whole hash.
pub const QUEUE_NAME_BYTES_MAX: usize = 64;
/// Players of one match, at the least and at the most: all their addresses fit into one datagram.
pub const MATCH_PLAYERS: RangeInclusive<u8> = 2..=16;
/// Private addresses that one player may name: a cable and a radio.
pub const LAN_CANDIDATES_MAX: usize = 2;
/// Bytes of the longest MATCH: passes any path that IPv6 does.
pub const MATCH_BYTES_MAX: usize = 1_200;
/// Endpoints that have proved their address and wait, or have met others, at some 400 bytes each.
/// When there are more the oldest match goes first, then one of the most crowded network.
pub const PLAYERS_MAX: usize = 16_384;
/// Such endpoints of one IPv4 address or IPv6 /64 that wait, or have not confirmed their match: a
/// classroom. Loopback is exempt.
pub const PLAYERS_PER_ADDRESS_MAX: u16 = 64;
/// Such endpoints of one IPv4 /24 or IPv6 /48, which one customer may own whole.
pub const PLAYERS_PER_PREFIX_MAX: u16 = 1_024;
/// All such endpoints of one IPv4 address or IPv6 /64, those that know of their match included: a
/// school. So one address cannot fill the table alone.
pub const SEATS_PER_ADDRESS_MAX: u16 = 512;
/// The same for an IPv4 /24 or IPv6 /48.
pub const SEATS_PER_PREFIX_MAX: u16 = 2_048;
/// Matched players of one IPv4 /24 or IPv6 /48 that are never asked to make room in a full table: a
/// school. Beyond that the youngest one that is gone, or has not confirmed its match, makes room.
pub const CROWDED_SEATS: u16 = 512;
/// The youngest of these players that are checked to find such a one: some microseconds.
pub const CROWDED_SEATS_TRIES: usize = 64;
/// Shortest time between two answers to a player that asks again: less than clients wait for one.
pub const PLAYER_ANSWER_INTERVAL: Duration = Duration::from_millis(200);
/// Cells of each of the tables that count them; two networks may share one.
pub const PLAYER_CELLS: usize = 8_192;
/// How long an endpoint waits for others without asking again.
pub const PLAYER_WAIT: Duration = Duration::from_secs(30);
/// How long a match is remembered after the last datagram of any of its players.
pub const MATCH_IDLE: Duration = Duration::from_secs(60);
/// Old matches looked at to find one that may be forgotten for a newcomer.
pub const EVICTION_TRIES: usize = 16;
/// Time from telling players of each other until they send to each other: enough for the news to
/// reach all of them, so that each NAT is open when the first datagram from outside comes.
pub const PUNCH_DELAY: Duration = Duration::from_millis(200);
/// Times after which a MATCH is sent again to a player that has not confirmed it: six times in four
/// seconds, of which a path that loses a third of all datagrams loses all once in 1,400.
pub const MATCH_REPEATS: [Duration; 5] = [
    Duration::from_millis(250),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_millis(1_000),
    Duration::from_millis(2_000),
];
/// Time from a match until a silent player is taken to be gone: its MATCH was sent five times by
/// then.
pub const GHOST_AFTER: Duration = Duration::from_secs(2);
/// How long the others of such a match may take to ask for their old place in the queue.
pub const PLACE_KEPT: Duration = Duration::from_secs(3);
/// Players with a due timer, served in one turn.
pub const PLAYERS_DUE_PER_TURN: usize = 1_024;
/// Shortest time between two moves of a matched player to another address, in the long run …
pub const MOVE_INTERVAL: Duration = Duration::from_secs(1);
/// … and moves at once: each has the match sent again to up to fifteen others.
pub const MOVES_AT_ONCE: u32 = 4;
/// How long a token of the chat may wait for its endpoint.
pub const TOKEN_TTL: Duration = Duration::from_secs(600);
/// Bytes of game data in one relayed datagram: the most that ENet (so Godot) and Quake 3 send. With
/// our line and the headers of IP and UDP it still fits into an Ethernet frame.
pub const RELAY_PAYLOAD_BYTES_MAX: usize = 1_400;
/// Bytes of the longest relayed datagram, its line included.
pub const RELAY_DATAGRAM_BYTES_MAX: usize = 1_480;
/// Bytes charged for each relayed datagram beside its payload: our header and those of IP and UDP,
/// so that many small ones are bounded, too.
pub const RELAY_OVERHEAD_BYTES: usize = 60;
/// Silence of a player after which nothing is relayed to it any more: it may be gone, and its
/// address another client's. Clients send something each 15 s (RFC 7675 has 30 s).
pub const RELAY_CONSENT: Duration = Duration::from_secs(45);
/// Bytes a second relayed for one player. Default of `--relay-rate`: a fast game, not a video.
pub const RELAY_RATE_BYTES: usize = 64 * 1_024;
/// Bytes relayed for one player in one match. Default of `--relay-quota`: a quarter of an hour at
/// that rate, hours of a usual game.
pub const RELAY_QUOTA_BYTES: usize = 64 * 1_024 * 1_024;
/// Bytes a second relayed for all players together. Default of `--relay-total`.
pub const RELAY_TOTAL_BYTES: usize = 4 * 1_024 * 1_024;
/// One network (an IPv4 address or IPv6 /64) may use this part of that rate, so that no household
/// takes the relay from all others.
pub const RELAY_NETWORK_SHARE: usize = 8;
/// Cells of the table that keeps the rates of networks; two may share one.
pub const RELAY_CELLS: usize = 1_024;
/// Attribute types that one STUN refusal lists; more would make the answer long, not clearer.
pub const STUN_UNKNOWN_LISTED_MAX: usize = 8;

// ---- Matchmaking client ------------------------------------------------------------------

/// Time after which a question to the matchmaking server is asked again; doubles …
pub const ASK_AGAIN_MIN: Duration = Duration::from_millis(250);
/// … up to this: where a third of all packets is lost, so is every second question.
pub const ASK_AGAIN_MAX: Duration = Duration::from_secs(1);
/// Time between two signs of life to a server that has us wait: a tenth of its patience.
pub const WAIT_AGAIN: Duration = Duration::from_secs(3);
/// How long a server may take for its first answer: sixteen questions have been asked by then.
pub const SERVER_PATIENCE: Duration = Duration::from_secs(15);
/// The same for each address of a server but the last, when its name has several.
pub const SERVER_ADDRESS_PATIENCE: Duration = Duration::from_secs(3);
/// How long a server that has answered may then be silent before it counts as gone.
pub const SERVER_SILENCE: Duration = Duration::from_secs(30);
/// Longest time that a server may have us wait before it is asked again, or before we punch.
pub const SERVER_DELAY_MAX: Duration = Duration::from_secs(60);
/// How often LEAVE is sent: nothing waits for its answer for long.
pub const LEAVES_MAX: u8 = 3;
/// Bytes to which a question without cookie is filled up: a server answers with no more.
pub const JOIN_BYTES_MIN: usize = 64;
/// Bytes to which a question for the own address is filled up: its answer lists ports.
pub const CHECK_BYTES: usize = 128;
/// Time between two PINGs to a candidate in the first [`PING_FAST_FOR`] …
pub const PING_FAST: Duration = Duration::from_millis(100);
/// … which is when the NATs on both sides are opened.
pub const PING_FAST_FOR: Duration = Duration::from_secs(1);
/// Time between two PINGs after that.
pub const PING_SLOW: Duration = Duration::from_millis(250);
/// Time after which the relay is tried as well.
pub const RELAY_AFTER: Duration = Duration::from_millis(2_500);
/// Time for which a working path waits for one through the own network, which is better.
pub const LAN_HEAD_START: Duration = Duration::from_millis(400);
/// PINGs on a better way that shows up later, after which it is taken to work one way only.
pub const BETTER_TRIES_MAX: u8 = 8;
/// How long we wait for a peer to say that it, too, knows a path.
pub const PEER_LINGER: Duration = Duration::from_millis(1_500);
/// Time without any path after which a peer counts as out of reach.
pub const PUNCH_FOR: Duration = Duration::from_secs(5);
/// Addresses tried for one peer: the server names three, and NATs make some up.
pub const CANDIDATES_MAX: usize = 8;
/// PINGs to one candidate whose PONG still counts: four seconds of them.
pub const PINGS_REMEMBERED: usize = 16;
/// Time between two PINGs on a path in use. NATs forget a mapping after 30 s at the earliest.
pub const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Time after which a PING on such a path is repeated when nothing comes back.
pub const KEEP_ALIVE_AGAIN: Duration = Duration::from_secs(3);
/// Quiet after the data of a game, after which its sender is sent a PING: a moved player that plays
/// is missed within seconds, and a player who thinks about a move costs two datagrams.
pub const DATA_QUIET: Duration = Duration::from_secs(1);
/// Time for which no peer answers a PING, nor the server speaks, after which we JOIN again: perhaps
/// we have another address, and nobody knows. Doubles …
pub const REJOIN_AFTER: Duration = Duration::from_secs(3);
/// … up to this, which is also the time between two ACKs while a match goes on: the server
/// forgets a match of which it hears nothing for [`MATCH_IDLE`].
pub const SEAT_AGAIN: Duration = Duration::from_secs(25);
/// Time between two looks at our own address, which a phone changes between Wi-Fi and mobile.
pub const OWN_ADDRESS_LOOK: Duration = Duration::from_secs(2);
/// Routers that an opener passes: ours at home, and perhaps a carrier's. With one more it would
/// get to the peer's router, and cost that peer its port.
pub const OPENER_HOPS: u8 = 2;
/// Openers to each address, of which one may be lost …
pub const OPENERS: u8 = 2;
/// … and the time between them: both are gone well before the first PING of the peer arrives.
pub const OPENER_AGAIN: Duration = Duration::from_millis(50);
/// Silence after which a peer counts as gone.
pub const PEER_SILENCE: Duration = Duration::from_secs(45);
/// Bytes of the longest datagram of a game: the relay takes it, and any path.
pub const PEER_DATAGRAM_BYTES_MAX: usize = RELAY_PAYLOAD_BYTES_MAX;
/// Datagrams of quicker peers that are kept until all players are found: a second of a fast game.
pub const EARLY_DATAGRAMS_MAX: usize = 64;
/// Time between two looks whether a signal asks to stop: one may come just before a wait.
pub const SIGNAL_LOOK: Duration = Duration::from_millis(500);
/// Bytes of text in one datagram between two terminals; a longer line takes several.
pub const SPEECH_BYTES_MAX: usize = 1_024;
/// Such datagrams under way at once: fewer than a relay lets through in a second.
pub const SPEECH_WINDOW: u32 = 16;
/// Such datagrams that wait to be sent, above which nothing more is read from stdin.
pub const SPEECH_QUEUE_MAX: usize = 64;
/// Bytes of the longest line between two terminals; a longer one is cut into lines.
pub const SPEECH_LINE_BYTES_MAX: usize = 64 * 1_024;
/// Shortest time after which text is sent again that was not confirmed …
pub const SPEECH_AGAIN_MIN: Duration = Duration::from_millis(100);
/// … and the longest.
pub const SPEECH_AGAIN_MAX: Duration = Duration::from_secs(2);
/// Datagrams that are read before anything else is looked at: a flood must not keep a terminal
/// from its keyboard.
pub const SPEECH_TURN_DATAGRAMS: usize = 64;
/// Time after which a peer that confirms nothing is given up.
pub const SPEECH_PATIENCE: Duration = Duration::from_secs(20);
/// Quiet after which a terminal whose stdin has ended leaves: others may still have answered, and
/// their answers may have been lost and be under way again.
pub const SPEECH_QUIET: Duration = Duration::from_secs(3);
/// How often our goodbye is sent: it is not confirmed.
pub const FAREWELLS: usize = 3;
/// How often a server is asked in a NAT check before silence counts.
pub const CHECK_TRIES: u32 = 4;
/// Time between two such questions.
pub const CHECK_AGAIN: Duration = Duration::from_millis(400);
/// How often the result with a peer is reported to the server: such a report has no answer …
pub const RESULTS_MAX: u8 = 3;
/// … and this is the time in between.
pub const RESULT_AGAIN: Duration = Duration::from_millis(200);

const _: () = {
    assert!(SEAT_AGAIN.as_secs() * 2 < MATCH_IDLE.as_secs(), "one ACK may be lost");
    assert!(OPENER_AGAIN.as_millis() * (OPENERS as u128) < PUNCH_DELAY.as_millis());
    assert!(RELAY_PAYLOAD_BYTES_MAX + 64 <= RELAY_DATAGRAM_BYTES_MAX, "room for the header");
    assert!(UDP_RATE_CELLS.is_power_of_two());
    assert!(PLAYERS_PER_ADDRESS_MAX < SEATS_PER_ADDRESS_MAX);
    assert!(PLAYERS_PER_PREFIX_MAX < SEATS_PER_PREFIX_MAX);
    assert!(SEATS_PER_PREFIX_MAX as usize <= PLAYERS_MAX / 8);
    assert!(DATAGRAM_BYTES_MAX < RELAY_DATAGRAM_BYTES_MAX);
};
