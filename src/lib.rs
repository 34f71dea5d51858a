//! pinq answers analytics questions over JSON that Kafka Connect lands on S3.

pub mod error;

pub mod column;
pub mod location;
mod printable;
mod timestamp;

pub mod output;
mod shipped;
pub mod sql;
pub mod ui;

pub mod config;
pub mod landing;
pub mod store;

pub mod json;

mod functions;
mod scan;

mod catalog;
pub mod engine;

pub mod cli;
