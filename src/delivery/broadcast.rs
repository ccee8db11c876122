//! Telling a room: one message into the batch of its lane, and the batch handed out.
//!
//! The outboxes, and what is told to one client alone, are left to `fanout`.

use super::fanout::Fanout;
use super::run::Fit;
use super::transcript::TranscriptId;
use crate::chat::{Audience, Event, Form};
use crate::dialect;
use crate::id::ClientId;
use crate::limits::DEAF_IN_RUN_MAX;

impl Fanout {
    /// Hands all that is pending out to those who hear it.
    pub(super) fn commit(&mut self) {
        for form in Form::ALL {
            self.commit_lane(form);
        }
    }

    pub(super) fn commit_lane(&mut self, form: Form) {
        let run = &mut self.lanes[form.index()].run;
        let Some((span, parts)) = run.finish() else { return };
        let mut hand = |id, span, exceptions| {
            let Some(outbox) = self.outboxes.get_mut(id) else { return };
            if outbox.excepted != exceptions {
                return;
            }
            outbox.excepted = false;
            if let Some(span) = span {
                self.ledger.deliver(id, outbox, span, run.presence, &self.limits);
            }
        };
        for &id in &run.audience {
            hand(id, Some(span), false);
        }
        for part in parts {
            hand(part.id, part.span, true);
        }
    }

    /// Hands one client its part of what is pending, if it has one, because it is told something
    /// alone now.
    pub(super) fn settle(&mut self, id: ClientId) {
        for form in Form::ALL {
            let run = &self.lanes[form.index()].run;
            if run.pending.is_none() {
                continue;
            }
            let is_exception = self.outboxes.get(id).is_some_and(|outbox| outbox.excepted);
            if is_exception || run.audience.contains(&id) {
                self.settle_listener(form, id);
            }
        }
    }

    /// The same for somebody who is known to hear the run: looking for one among thousands takes
    /// longer than all the rest.
    pub(super) fn settle_listener(&mut self, form: Form, id: ClientId) {
        let Some(outbox) = self.outboxes.get_mut(id) else { return };
        let run = &mut self.lanes[form.index()].run;
        if let Some(part) = run.part(id, outbox.excepted) {
            run.begin_part_here(id, std::mem::replace(&mut outbox.excepted, true));
            self.ledger.deliver(id, outbox, part, run.presence, &self.limits);
        }
    }

    /// Makes the run ready for another message. Whether it goes on.
    pub(super) fn prepare_run(
        &mut self,
        audience: Audience<'_>,
        transcript: TranscriptId,
        source: ClientId,
        presence: bool,
    ) -> bool {
        let run = &mut self.lanes[audience.form.index()].run;
        match run.fit(audience, transcript, presence) {
            Fit::Same => {}
            Fit::OneMore(newcomer) => {
                if let Some(outbox) = self.outboxes.get_mut(newcomer) {
                    let is_exception = std::mem::replace(&mut outbox.excepted, true);
                    run.begin_part_here(newcomer, is_exception);
                }
            }
            Fit::OneLess => {
                self.settle_listener(audience.form, source);
                if let Some(outbox) = self.outboxes.get_mut(source) {
                    let is_exception = std::mem::replace(&mut outbox.excepted, true);
                    self.lanes[audience.form.index()].run.end_part(source, is_exception);
                }
            }
            Fit::Other => {
                self.commit_lane(audience.form);
                return false;
            }
        }
        true
    }

    /// Lets those who are deaf to what was appended last miss it: what came before is theirs
    /// already, and the rest of their run begins behind it.
    pub(super) fn skip_for(&mut self, form: Form, deaf: &[ClientId]) {
        for &id in deaf {
            if let Some(outbox) = self.outboxes.get_mut(id) {
                let is_exception = std::mem::replace(&mut outbox.excepted, true);
                self.lanes[form.index()].run.begin_part_here(id, is_exception);
            }
        }
    }

    /// Publishes to everybody in the same bytes.
    pub(super) fn publish_alike(
        &mut self,
        audience: Audience<'_>,
        source: ClientId,
        event: Event<'_>,
    ) {
        let Audience { room, form, members, deaf, .. } = audience;
        let lane = &mut self.lanes[form.index()];
        let transcript = lane.transcript_of(room, event, &mut self.transcripts);
        let presence = event.is_presence();
        let mut goes_on = self.prepare_run(audience, transcript, source, presence);
        if goes_on && deaf.len() > DEAF_IN_RUN_MAX {
            self.commit_lane(form);
            goes_on = false;
        }
        if goes_on {
            for &id in deaf {
                self.settle_listener(form, id);
            }
        }
        let span = self.transcripts.append(transcript, |out| dialect::encode(event, form, out));
        let run = &mut self.lanes[form.index()].run;
        let mut each = span.len as usize;
        if goes_on {
            each = run.extend(audience, span);
        } else {
            run.begin(audience, span, presence);
        }
        self.skip_for(form, deaf);
        if let Some(outbox) = self.outboxes.get_mut(source) {
            outbox.spoke = true;
        }
        let listeners = members.len() - deaf.len();
        self.ledger.note_published(span.len as usize, each, listeners, &self.limits);
        self.counters.published += 1;
        self.counters.deliveries += listeners as u64;
    }
}
