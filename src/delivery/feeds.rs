//! Feeds: the subscribers of each room, by the encoding in which they read.
//!
//! A room has one [`Feed`] for each encoding that anybody there has read in, which is one for
//! nearly every room. Changing them is left to `subscriptions`.
//!
//! Invariants:
//! - a client is in one feed of a room at most, that of its own encoding, and its outbox (or
//!   `others`, for all rooms but the first) knows at which place;
//! - a transcript that is open is a feed's, or that of the news in one encoding;
//! - of the rooms that share a member at most one has something pending, so that everybody is told
//!   of all their rooms in the order in which things happened.

use std::collections::HashMap;

use smallvec::SmallVec;

use super::batch::Batch;
use super::transcript::{Span, TranscriptId, Transcripts};
use crate::chat::{RoomEvent, RoomId, RoomRef};
use crate::dialect::Encoding;
use crate::id::ClientId;
use crate::limits::NEWS_TRANSCRIPTS_MAX;

/// A client's place among those who hear one room in its encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subscription {
    pub(super) room: RoomId,
    /// Index into the subscribers of the feed.
    pub(super) place: u32,
}

impl Subscription {
    /// The subscription of a client that hears no room.
    pub(super) const NONE: Self = Self { room: RoomId::MAIN, place: u32::MAX };
}

/// The subscribers of a room in one encoding, and the messages for them.
#[derive(Debug)]
pub(super) struct Feed {
    pub(super) encoding: Encoding,
    pub(super) subscribers: Vec<ClientId>,
    /// The transcript of the room's messages, once there is one.
    transcript: TranscriptId,
    pub(super) batch: Batch,
    /// Listed as having something pending.
    is_listed: bool,
}

/// The feeds of one room.
#[derive(Debug, Default)]
pub(super) struct RoomFeeds {
    pub(super) feeds: SmallVec<[Feed; 1]>,
    /// The number of subscribers that hear other rooms too.
    pub(super) shared: u32,
}

/// Names one feed.
pub(super) type FeedId = (RoomId, usize);

/// The feeds of all rooms.
#[derive(Debug)]
pub(super) struct Feeds {
    pub(super) rooms: Vec<RoomFeeds>,
    /// The subscriptions of those who hear several rooms, but for their first.
    pub(super) others: HashMap<ClientId, Vec<Subscription>>,
    /// By encoding that anybody has read in: the transcript of who comes, goes and is renamed, in
    /// all rooms.
    news: Vec<(Encoding, TranscriptId)>,
    /// Feeds with something pending, and some that had.
    listed: Vec<FeedId>,
    /// The room with members who hear others too that was spoken to last.
    pub(super) shared_pending: Option<RoomId>,
}

impl Feeds {
    /// Without any subscriber.
    pub(super) fn new() -> Self {
        Self {
            rooms: Vec::new(),
            others: HashMap::new(),
            news: Vec::new(),
            listed: Vec::new(),
            shared_pending: None,
        }
    }

    /// A room, which may have been silent so far.
    pub(super) fn room_mut(&mut self, room: RoomId) -> &mut RoomFeeds {
        if room.index() >= self.rooms.len() {
            self.rooms.resize_with(room.index() + 1, RoomFeeds::default);
        }
        &mut self.rooms[room.index()]
    }

    /// The number of feeds of a room.
    pub(super) fn of_room(&self, room: RoomId) -> usize {
        self.rooms.get(room.index()).map_or(0, |room| room.feeds.len())
    }

    /// A feed.
    pub(super) fn get_mut(&mut self, (room, index): FeedId) -> Option<&mut Feed> {
        self.rooms.get_mut(room.index())?.feeds.get_mut(index)
    }

    /// The feed of a room in an encoding, if there is one.
    pub(super) fn find_mut(&mut self, room: RoomId, encoding: Encoding) -> Option<&mut Feed> {
        let room = self.rooms.get_mut(room.index())?;
        room.feeds.iter_mut().find(|feed| feed.encoding == encoding)
    }

    /// Appends an event to the transcript that a feed has of such events. Returns the feed and the
    /// new span.
    pub(super) fn append(
        &mut self,
        room: RoomRef<'_>,
        index: usize,
        event: &RoomEvent<'_>,
        transcripts: &mut Transcripts,
    ) -> Option<(&mut Feed, Span)> {
        let feed = self.rooms.get_mut(room.id.index())?.feeds.get_mut(index)?;
        let encoding = feed.encoding;
        let transcript = if !event.is_message() {
            let known = self.news.iter().find(|(known, _)| *known == encoding);
            let is_full = self.news.len() >= NEWS_TRANSCRIPTS_MAX;
            let known = known.or_else(|| self.news.last().filter(|_| is_full));
            known.map(|(_, transcript)| *transcript).unwrap_or_else(|| {
                let transcript = transcripts.open();
                self.news.push((encoding, transcript));
                transcript
            })
        } else {
            if feed.transcript == TranscriptId::NONE {
                feed.transcript = transcripts.open();
            }
            feed.transcript
        };
        let span = transcripts.append(transcript, |out| encoding.room_event(room.name, event, out));
        // Not every encoding has something to say of every event.
        (span.len > 0).then_some((feed, span))
    }

    /// Begins the batch of a feed with its first message.
    pub(super) fn begin_batch(&mut self, id: FeedId, span: Span, presence: bool) {
        let Some(feed) = self.get_mut(id) else { return };
        feed.batch.begin(span, presence);
        if !std::mem::replace(&mut feed.is_listed, true) {
            self.listed.push(id);
        }
    }

    /// Ends the list of feeds with something pending. Each, in the order in which they were spoken
    /// to first, and some that have nothing any more.
    pub(super) fn take_listed(&mut self) -> Vec<FeedId> {
        let listed = std::mem::take(&mut self.listed);
        for &id in &listed {
            if let Some(feed) = self.get_mut(id) {
                feed.is_listed = false;
            }
        }
        listed
    }

    /// Takes back the memory of the list that was taken.
    pub(super) fn reuse_list(&mut self, mut listed: Vec<FeedId>) {
        listed.clear();
        self.listed = listed;
    }

    /// Messages that were published and are in nobody's outbox yet.
    pub(super) fn pending(&self) -> impl Iterator<Item = Span> {
        self.listed.iter().filter_map(|(room, index)| {
            self.rooms.get(room.index())?.feeds.get(*index)?.batch.pending
        })
    }

    /// Ends the transcripts of a room that has closed.
    pub(super) fn close_room(&mut self, room: RoomId, transcripts: &mut Transcripts) {
        let Some(room) = self.rooms.get_mut(room.index()) else { return };
        for feed in std::mem::take(room).feeds {
            debug_assert!(feed.subscribers.is_empty(), "somebody hears a room that has closed");
            if feed.transcript != TranscriptId::NONE {
                transcripts.retire(feed.transcript);
            }
        }
    }

    /// The number of open transcripts.
    pub(super) fn open_transcripts(&self) -> usize {
        let feeds = self.rooms.iter().flat_map(|room| &room.feeds);
        self.news.len() + feeds.filter(|feed| feed.transcript != TranscriptId::NONE).count()
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        self.others.shrink_to_fit();
        for feed in self.rooms.iter_mut().flat_map(|room| &mut room.feeds) {
            feed.batch.trim();
            feed.subscribers.shrink_to_fit();
        }
    }
}

impl RoomFeeds {
    /// The feed of the room in an encoding.
    pub(super) fn feed_of(&mut self, encoding: Encoding) -> &mut Feed {
        let found = self.feeds.iter().position(|feed| feed.encoding == encoding);
        // A feed that nobody reads becomes that of another encoding: there are never more than
        // there were readers of different ones at once.
        let is_free = |feed: &Feed| {
            feed.subscribers.is_empty() && !feed.is_listed && feed.batch.pending.is_none()
        };
        let found = found.or_else(|| {
            let free = self.feeds.iter().position(is_free)?;
            self.feeds[free].encoding = encoding;
            Some(free)
        });
        let index = found.unwrap_or_else(|| {
            self.feeds.push(Feed {
                encoding,
                subscribers: Vec::new(),
                transcript: TranscriptId::NONE,
                batch: Batch::default(),
                is_listed: false,
            });
            self.feeds.len() - 1
        });
        &mut self.feeds[index]
    }
}
