//! The program over a landing on S3: the binary as a user runs it, against the project's own server in this process.
//!
//! Each file beneath is one promise. `program` runs the binary and `landings` fills buckets; what the server itself
//! does is `s3_server`'s to test.

mod access;
mod answers;
mod caching;
mod changes;
mod credentials;
mod doctor;
mod doctor_samples;
mod fetching;
mod fixed_answer;
mod keys;
pub(crate) mod landings;
mod long_folders;
mod metadata_service;
mod outputs;
pub(crate) mod program;
mod pruning;
mod refusals;
mod regions;
mod relisting;
mod reports;
mod requests;
mod sampling;
mod side_by_side;
mod stops;
mod tls;
