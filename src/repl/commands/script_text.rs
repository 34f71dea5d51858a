//! The text of a file of statements and commands, bounded.
//!
//! Owns how large such a file may be. It must not run it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Bytes of a file that is read.
const LARGEST: u64 = 16 << 20;

/// The file's bytes.
///
/// # Errors
/// It can't be read, or is larger than a text that somebody wrote.
pub fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // What has no end tells no length, so that one byte more is asked for than there may be.
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 16 MiB"));
    }
    Ok(bytes)
}

/// What the bytes say, without their byte-order mark.
///
/// # Errors
/// They are not UTF-8.
pub fn decoded(bytes: Vec<u8>) -> Result<String, std::str::Utf8Error> {
    let text = String::from_utf8(bytes).map_err(|error| error.utf8_error())?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The file's text.
///
/// # Errors
/// As for [`bytes`], and it is not UTF-8.
pub fn text(path: &Path) -> io::Result<String> {
    decoded(bytes(path)?).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_or_has_no_end_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sql");
        let file = File::create(&path).unwrap();
        file.set_len(LARGEST).unwrap();
        assert_eq!(bytes(&path).unwrap().len() as u64, LARGEST);
        file.set_len(LARGEST + 1).unwrap();
        assert_eq!(bytes(&path).unwrap_err().to_string(), "it is larger than 16 MiB");
        #[cfg(unix)]
        assert!(bytes(Path::new("/dev/zero")).is_err());
    }

    #[test]
    fn a_byte_order_mark_says_nothing() {
        assert_eq!(decoded("\u{feff}\\q".into()).unwrap(), "\\q");
        assert!(decoded(vec![0xff]).is_err());
    }
}
