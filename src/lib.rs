//! pinq answers analytics questions over JSON that Kafka Connect lands on S3, with no cluster.
//!
//! An [`engine::Engine`] is opened over a landing: a folder or an S3 prefix that holds
//! `<topic>/partition=<n>/...`. Each topic is the table `raw.<last part of the topic>`, cleaned by the
//! view of that name, and an [`engine::Answer`] is a stream of Arrow record batches.
//!
//! ```
//! use futures::TryStreamExt;
//! use pinq::config::{Config, Environment, Overrides};
//! use pinq::engine::Engine;
//!
//! # #[tokio::main]
//! # async fn main() -> pinq::error::Result<()> {
//! let environment = Environment::of_process()?;
//! let overrides = Overrides { landing: Some("data-samples/topics/".into()), ..Overrides::default() };
//! let config = Config::load(&overrides, &environment, &pinq::sql::parse_type)?;
//! let engine = Engine::open(&config, &environment)?;
//!
//! let mut answer = engine.query("select category, count(*) from pin group by category").await?;
//! let mut rows = 0;
//! while let Some(batch) = answer.try_next().await? {
//!     rows += batch.num_rows();
//! }
//! assert_eq!(rows, 14); // thirteen categories, and the posts that have none
//! # Ok(())
//! # }
//! ```
//!
//! The modules in reading order, from the leaves up; each uses what stands above it in this list.

pub mod error;
mod printable;

pub mod column;
pub mod location;
mod questions;
pub mod secret;
mod shipped;
mod spelling;
mod timestamp;

pub mod chart;
mod functions;
pub mod output;
pub mod schedule;
pub mod sql;
pub mod ui;

pub mod config;
pub mod landing;
pub mod store;

mod destination;
pub mod json;
pub mod publication;

mod scan;

mod cache;
mod catalog;

pub mod engine;

pub mod doctor;
pub mod repl;
pub mod report;

pub mod cli;
