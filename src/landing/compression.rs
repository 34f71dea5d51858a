//! How an object's bytes are compressed.
//!
//! Owns the extensions and the magic bytes. It must not decompress.

/// How an object's bytes are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// gzip, perhaps of several members.
    Gzip,
    /// Zstandard.
    Zstd,
}

impl Compression {
    /// What the first bytes of an object say, whatever its name says. Four bytes are enough; JSON
    /// text can begin with neither magic.
    pub fn of_magic(bytes: &[u8]) -> Compression {
        match bytes {
            [0x1f, 0x8b, ..] => Compression::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
            // A skippable frame, which some writers put first.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Compression::Zstd,
            _ => Compression::None,
        }
    }

    /// What an extension, without its dot and in lower case, says; none where it names no
    /// compression that pinq reads.
    pub fn of_extension(extension: &str) -> Option<Compression> {
        match extension {
            "gz" | "gzip" => Some(Compression::Gzip),
            "zst" | "zstd" => Some(Compression::Zstd),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_magic_bytes() {
        assert_eq!(Compression::of_magic(b"\x1f\x8b\x08\0"), Compression::Gzip);
        assert_eq!(Compression::of_magic(b"\x28\xb5\x2f\xfd"), Compression::Zstd);
        assert_eq!(Compression::of_magic(b"\x50\x2a\x4d\x18"), Compression::Zstd);
        for other in [&b"{\"a\":1}"[..], b"", b"\x1f", b"[", b"\xef\xbb\xbf{", b"P*M"] {
            assert_eq!(Compression::of_magic(other), Compression::None);
        }
    }
}
