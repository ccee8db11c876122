//! The state on disk of a program that was built without the feature `store`: there is none, and
//! opening it fails with an explanation.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::chat::{Archive, RoomName, SaveBatch, StoredLobby};

#[path = "pace.rs"]
mod pace;

pub use pace::Pace;

/// Why there is no state.
#[derive(Debug, Error)]
pub enum StoreError {
    /// This program cannot keep it.
    #[error(
        "cannot keep the state in {}: this mio-chat was built without the feature `store`",
        folder.display()
    )]
    Folder {
        /// Which folder.
        folder: PathBuf,
        /// Says the same.
        source: io::Error,
    },
}

impl StoreError {
    fn absent(folder: &Path) -> Self {
        Self::Folder { folder: folder.to_owned(), source: io::ErrorKind::Unsupported.into() }
    }
}

/// A state that cannot be opened.
#[derive(Debug)]
pub enum Store {}

impl Store {
    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub fn open(folder: &Path, _: u32, _: usize) -> Result<(Self, StoredLobby), StoreError> {
        Err(StoreError::absent(folder))
    }

    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub fn resume(folder: &Path) -> Result<Self, StoreError> {
        Err(StoreError::absent(folder))
    }

    /// Never called, as everything below: there is no such state.
    ///
    /// # Errors
    /// None.
    pub fn archive(&self) -> Result<Box<dyn Archive>, StoreError> {
        match *self {}
    }

    /// See [`Self::archive`].
    ///
    /// # Errors
    /// None.
    pub fn surplus(
        &mut self,
        _: usize,
        _: u32,
        _: impl Fn(&RoomName) -> bool,
    ) -> Result<Vec<RoomName>, StoreError> {
        match *self {}
    }

    /// See [`Self::archive`].
    ///
    /// # Errors
    /// None.
    pub fn begin(&mut self, _: &SaveBatch<'_>) -> Result<(), StoreError> {
        match *self {}
    }

    /// See [`Self::archive`].
    ///
    /// # Errors
    /// None.
    pub fn commit(&mut self, _: &SaveBatch<'_>) -> Result<(), StoreError> {
        match *self {}
    }

    /// See [`Self::archive`].
    ///
    /// # Errors
    /// None.
    pub fn checkpoint(&mut self) -> Result<(), StoreError> {
        match *self {}
    }

    /// See [`Self::archive`].
    ///
    /// # Errors
    /// None.
    pub fn close(self) -> Result<(), StoreError> {
        match self {}
    }

    /// See [`Self::archive`].
    pub fn log_bytes(&self) -> u64 {
        match *self {}
    }

    /// See [`Self::archive`].
    pub fn skipped(&self) -> u64 {
        match *self {}
    }
}
