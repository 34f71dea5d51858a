//! pinq answers analytics questions over JSON that Kafka Connect lands on S3.

pub mod column;
pub mod error;
pub mod location;
