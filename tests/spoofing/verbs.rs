//! The keyed protocol (MC1) in datagrams of every verb, as strangers may send them who have proved
//! nothing.

/// An identity and a match, made up.
const ID: &str = "id=0123456789abcdef";
const M: &str = "m=fedcba9876543210";
const MAC: &str = "x=01234567 ok=0 h=0123456789abcdef";

/// What is answered without any proof, each once.
pub(crate) fn requests() -> Vec<Vec<u8>> {
    let pad = "x".repeat(96);
    lines(&[
        &format!("JOIN {ID} q=duel n=2 pad={pad}"),
        &format!("JOIN {ID} q=duel n=2 c=0123456789abcdef"),
        &format!("JOIN {ID} token=0123456789abcdef pad={pad}"),
        &format!("JOIN {ID} q=duel n=16 lan=192.168.1.7:4000,203.0.113.7:4000"),
        &shortest_join(),
        &format!("CHECK {ID} pad={pad}"),
        &format!("CHECK {ID} pad=xxxxxxxxxxxxxxxxxxxxxxxx"),
    ])
}

/// The shortest request that earns a cookie, as long as the answer: 50 bytes each.
pub(crate) fn shortest_join() -> String {
    format!("JOIN {ID} q=duel n=2 xxxxxxxxx")
}

/// What is never answered: too short, from a port that we do not have, by a player that is none;
/// and what servers and players say to others.
pub(crate) fn not_to_be_answered() -> Vec<Vec<u8>> {
    lines(&[
        &format!("JOIN {ID} q=duel n=2"),
        &format!("CHECK {ID}"),
        &format!("CHECK {ID} from=9 pad={}", "x".repeat(96)),
        &format!("ACK {ID} {M}"),
        &format!("RESULT {ID} {M} peer=2 how=direct rtt=12"),
        &format!("LEAVE {ID}"),
        "DATA t=0123456789abcdef to=2\nhello",
        &format!("COOKIE {ID} c=0123456789abcdef"),
        &format!("WAIT {ID} have=1 need=2 ttl=30"),
        &format!(
            "MATCH {ID} {M} k=0123456789abcdef0123456789abcdef you=1@10.77.0.1:50000 \
             peer=2@10.77.0.2:50000 at=200 relay=0123456789abcdef"
        ),
        &format!("LEFT {ID}"),
        &format!("ERR {ID} code=full retry=10"),
        &format!("SEEN {ID} you=10.77.0.1:50000 also=50000,50001"),
        &format!("DATA {M} by=1\nhello"),
        &format!("PING {M} by=1 to=2 {MAC}"),
        &format!("PONG {M} by=1 to=2 {MAC}"),
        "",
    ])
}

/// As they go over the wire.
pub(crate) fn lines(lines: &[&str]) -> Vec<Vec<u8>> {
    lines.iter().map(|line| format!("MC1 {line}\n").into_bytes()).collect()
}
