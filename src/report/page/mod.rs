//! The page of a run: one HTML file that needs no network.
//!
//! Owns what it looks like. It must not run a question, nor read or write a destination: it is given values and
//! returns text.

mod model;

pub use model::{Change, Changes, Page, QuestionPage, TableOfRows};
