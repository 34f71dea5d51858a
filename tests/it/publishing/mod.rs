//! What stands at a report's destination, on disk and on S3: whole runs alone, whoever writes, is killed or is late.

mod conditions;
mod kills;
mod layout;
mod place;
mod reader;
mod simulation;
mod table;
mod tries;
