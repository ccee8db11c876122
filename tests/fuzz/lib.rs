//! What the fuzz targets share with the tests: the properties, and the server in memory.

#[path = "../common/mod.rs"]
mod common;
pub mod properties;
