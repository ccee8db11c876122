//! Which of those who hear a room are told of something.
//!
//! In a big room comings and goings are told as numbers to those who read them. Programs that keep
//! a list of who is in a room have no use for numbers: they are told of a member when it first has
//! a part in what is told, and of its leaving only if they were told of it.

/// Some of those who hear a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Audience {
    /// All of them.
    #[default]
    Everybody,
    /// Those who keep a list of its members.
    Listing,
    /// Those who do not.
    Counting,
}

impl Audience {
    /// Whether those are told who keep a list of members, or those who do not.
    pub fn includes(self, keeps_list: bool) -> bool {
        match self {
            Self::Everybody => true,
            Self::Listing => keeps_list,
            Self::Counting => !keeps_list,
        }
    }

    /// Those who are told that a member has left. `is_counted`: it is a part of the next numbers;
    /// `is_unseen`: those who keep a list were not told of it.
    pub(super) fn of_departure(is_counted: bool, is_unseen: bool) -> Option<Self> {
        match (is_counted, is_unseen) {
            (false, false) => Some(Self::Everybody),
            (false, true) => Some(Self::Counting),
            (true, false) => Some(Self::Listing),
            (true, true) => None,
        }
    }

    /// Those who are told something about a member that does not make it known.
    pub(super) fn about(is_unseen: bool) -> Self {
        if is_unseen { Self::Counting } else { Self::Everybody }
    }
}
