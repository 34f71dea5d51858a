//! Reading one key: `<topic>/partition=<n>/<topic>+<n>+<start offset>.json` and its relatives.
//!
//! Owns the grammar of keys relative to a landing or to one table's location, and the reasons why a
//! key is not data. A key is text as S3 gives it: nothing is decoded, `+` least of all.

use std::fmt;

use super::compression::Compression;

/// What a data object's key says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LandingKey {
    /// The topic, from the file's name or else from the last folder that is no `name=value`.
    pub topic: Option<String>,
    /// The Kafka partition, from a folder `partition=<n>` or else from the file's name. The folder wins, so
    /// that whoever knows the folder alone knows the partition of every object below it.
    pub partition: Option<i32>,
    /// Every `name=value` folder from the outside in, `partition` included, as they stand.
    pub folders: Vec<Folder>,
    /// The offset of the object's first record.
    pub start_offset: Option<u64>,
    /// What the extension says; the first bytes of the object are the truth.
    pub compression: Compression,
}

/// A folder `name=value`; both as they stand in the key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Folder {
    /// Before the first `=`; a folder that is read has one, the default is a plain folder and has none.
    pub name: String,
    /// After it, perhaps empty.
    pub value: String,
}

/// Why a key is not data. `Display` is a fragment for a person.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NotData {
    /// Ends in `/`: a marker that consoles make for a folder.
    FolderMarker,
    /// An empty name, `.` or `..` between slashes, which no file system and few clients can name.
    BrokenName,
    /// A name that begins with a dot; the name.
    Hidden(String),
    /// A name that begins with `_`, such as `_SUCCESS` or `_temporary/`; the name.
    Bookkeeping(String),
    /// An object that is still being written: `.tmp`, `.inprogress` and the like; the extension.
    Unfinished(String),
    /// A checksum beside the data; the extension.
    Checksum(String),
    /// JSON in a compression that pinq does not read; the extension.
    UnknownCompression(String),
    /// Another format; the extension.
    OtherFormat(String),
    /// No extension at all.
    NoExtension,
}

/// JSON by name: one record a line, or not; the decoder finds out.
const DATA: [&str; 4] = ["json", "jsonl", "ndjson", "jsons"];
const UNFINISHED: [&str; 7] = ["tmp", "temp", "inprogress", "in-progress", "part", "partial", "crdownload"];
const CHECKSUMS: [&str; 5] = ["crc", "md5", "sha1", "sha256", "checksum"];
const OTHER_COMPRESSIONS: [&str; 9] = ["bz2", "xz", "lz4", "snappy", "sz", "lzo", "br", "deflate", "zip"];
/// Folders in which other tools keep their books, some of them as `.json`.
const BOOK_FOLDERS: [&str; 5] = ["_temporary", "_spark_metadata", "_delta_log", "_checkpoints", "_checkpoint"];

impl Folder {
    /// Reads a folder's name; a plain one is none.
    pub fn parse(folder: &str) -> Option<Folder> {
        let (name, value) = folder.split_once('=').filter(|(name, _)| !name.is_empty())?;
        Some(Folder { name: name.to_owned(), value: value.to_owned() })
    }

    /// The partition of every key below these folders: what `partition=` says, if it says a number that
    /// Kafka can give a partition.
    pub fn partition(folders: &[Folder]) -> Option<i32> {
        let folder = folders.iter().find(|folder| folder.name == "partition")?;
        folder.value.parse().ok().filter(|partition| *partition >= 0)
    }
}

impl LandingKey {
    /// Reads a key relative to a landing (`topic/partition=0/...`) or to a table's location
    /// (`partition=0/...`). The error says why the key is not data.
    pub fn parse(key: &str) -> Result<LandingKey, NotData> {
        let (folders, name) = key.rsplit_once('/').map_or((None, key), |(folders, name)| (Some(folders), name));
        if name.is_empty() {
            return Err(NotData::FolderMarker);
        }
        let mut named = Vec::new();
        let mut plain = None;
        for folder in folders.into_iter().flat_map(|folders| folders.split('/')) {
            check_folder(folder)?;
            match Folder::parse(folder) {
                Some(folder) => named.push(folder),
                None => plain = Some(folder),
            }
        }
        let (stem, compression) = read_extensions(name)?;
        let folder_partition = Folder::partition(&named);
        let sink = SinkName::parse(stem, folder_partition);
        if name.starts_with('_') && sink.is_none() {
            return Err(NotData::Bookkeeping(name.to_owned()));
        }
        Ok(LandingKey {
            topic: sink.as_ref().map(|sink| sink.topic).or(plain).map(str::to_owned),
            partition: folder_partition.or(sink.as_ref().map(|sink| sink.partition)),
            folders: named,
            start_offset: sink.map(|sink| sink.start_offset),
            compression,
        })
    }
}

/// `<topic><delimiter><partition><delimiter><start offset>`, what the sink calls its objects.
struct SinkName<'a> {
    topic: &'a str,
    partition: i32,
    start_offset: u64,
}

impl<'a> SinkName<'a> {
    /// Reads the name from its end, since a topic may hold the delimiter too. The delimiter is `+`
    /// unless `file.delim` says otherwise. Another one is believed only where the offset is padded
    /// as the sink pads it or the folder agrees, or else `2024-05-01` would be partition 5.
    fn parse(stem: &'a str, folder_partition: Option<i32>) -> Option<SinkName<'a>> {
        let (before_offset, offset) = split_trailing_digits(stem)?;
        let start_offset = offset.parse::<u64>().ok()?;
        let delimiters = before_offset.char_indices().rev().map(|(start, _)| &before_offset[start..]);
        for delimiter in delimiters.take_while(|text| !text.contains(|c: char| c.is_ascii_digit())) {
            let rest = before_offset.strip_suffix(delimiter)?;
            let Some((rest, partition)) = split_trailing_digits(rest) else { continue };
            let Some(topic) = rest.strip_suffix(delimiter).filter(|topic| !topic.is_empty()) else { continue };
            let Ok(partition) = partition.parse::<i32>() else { continue };
            if delimiter == "+" || offset.len() >= 10 || folder_partition == Some(partition) {
                return Some(SinkName { topic, partition, start_offset });
            }
        }
        None
    }
}

fn split_trailing_digits(text: &str) -> Option<(&str, &str)> {
    let start = text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    (start < text.len()).then(|| text.split_at(start))
}

fn check_folder(folder: &str) -> Result<(), NotData> {
    match folder {
        "" | "." | ".." => Err(NotData::BrokenName),
        _ if folder.starts_with('.') => Err(NotData::Hidden(folder.to_owned())),
        // A topic may begin with `_` (Kafka's own do), so only known folders are books.
        _ if BOOK_FOLDERS.contains(&folder) => Err(NotData::Bookkeeping(folder.to_owned())),
        _ => Ok(()),
    }
}

/// Cuts `.json`, `.ndjson.gz` and so on from a file's name.
fn read_extensions(name: &str) -> Result<(&str, Compression), NotData> {
    match name {
        "." | ".." => return Err(NotData::BrokenName),
        _ if name.starts_with('.') => return Err(NotData::Hidden(name.to_owned())),
        _ if name.ends_with('~') => return Err(NotData::Unfinished("~".to_owned())),
        _ => {}
    }
    let Some((stem, last)) = split_extension(name) else {
        return Err(if name.starts_with('_') { NotData::Bookkeeping(name.to_owned()) } else { NotData::NoExtension });
    };
    if DATA.contains(&last.as_str()) {
        return Ok((stem, Compression::None));
    }
    let inner = split_extension(stem).filter(|(_, inner)| DATA.contains(&inner.as_str()));
    match (Compression::of_extension(&last), inner) {
        (Some(compression), Some((stem, _))) => Ok((stem, compression)),
        (None, Some(_)) if OTHER_COMPRESSIONS.contains(&last.as_str()) => Err(NotData::UnknownCompression(last)),
        _ if UNFINISHED.contains(&last.as_str()) => Err(NotData::Unfinished(last)),
        _ if CHECKSUMS.contains(&last.as_str()) => Err(NotData::Checksum(last)),
        _ => Err(NotData::OtherFormat(last)),
    }
}

fn split_extension(name: &str) -> Option<(&str, String)> {
    let (stem, extension) = name.rsplit_once('.')?;
    // The digits of `a.pin+0+0000000000` or of a version are no extension.
    let is_extension =
        !extension.is_empty() && extension.chars().any(|c| c.is_ascii_alphabetic()) && !extension.contains('+');
    (is_extension && !stem.is_empty()).then(|| (stem, extension.to_ascii_lowercase()))
}

impl fmt::Display for NotData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotData::FolderMarker => f.write_str("a folder marker"),
            NotData::BrokenName => f.write_str("an empty name, `.` or `..` between slashes"),
            NotData::Hidden(name) => write!(f, "the name `{name}` is hidden"),
            NotData::Bookkeeping(name) => write!(f, "`{name}` is another tool's bookkeeping"),
            NotData::Unfinished(extension) => write!(f, "`{extension}` marks an unfinished object"),
            NotData::Checksum(extension) => write!(f, "`.{extension}` is a checksum"),
            NotData::UnknownCompression(extension) => {
                write!(f, "`.{extension}` is a compression that pinq does not read")
            }
            NotData::OtherFormat(extension) => write!(f, "`.{extension}` is not JSON"),
            NotData::NoExtension => f.write_str("no extension such as `.json`"),
        }
    }
}

#[cfg(test)]
mod tests;
