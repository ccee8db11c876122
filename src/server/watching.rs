//! Whom an operator asks for by name: those who read most slowly.
//!
//! Looked for when asked; nothing is kept up to date for it. What is published and not handed out
//! yet is not counted, which is less than a turn's worth.

use super::Server;
use crate::chat::Nickname;
use crate::time::Time;

/// Somebody whose socket does not take all that waits.
#[derive(Clone, Copy, Debug)]
pub struct SlowReader<'a> {
    /// The nickname, if there is one.
    pub nickname: Option<&'a Nickname>,
    /// Bytes that wait.
    pub bytes: usize,
    /// Since when the oldest of them do.
    pub since: Time,
}

impl Server {
    /// Those for whom most waits, most first.
    pub fn slowest_readers(&self, most: usize) -> Vec<SlowReader<'_>> {
        if most == 0 {
            return Vec::new();
        }
        let outboxes =
            self.sessions.iter().filter_map(|(id, _)| Some((id, self.fanout.outbox(id)?)));
        let mut waiting: Vec<_> = outboxes
            .filter_map(|(id, outbox)| Some((outbox.backlog(), outbox.waiting_since()?, id)))
            .collect();
        waiting.sort_unstable_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
        waiting.truncate(most);
        let reader = |(bytes, since, id)| {
            let nickname = self.lobby.nickname(id);
            SlowReader { nickname, bytes, since }
        };
        waiting.into_iter().map(reader).collect()
    }
}
