//! The checksums of whole objects, as S3 tells them to whoever sends `x-amz-checksum-mode: ENABLED`.
//!
//! It owns which one is told. They are computed when they are asked for; objects must not be changed by it.

use crc_fast::CrcAlgorithm;
use s3s::S3Result;
use s3s::dto::ChecksumType;

use super::bodies;
use super::bucket::Entry;

/// Which checksum is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checksums {
    /// None, as by most services but AWS.
    #[default]
    Untold,
    /// CRC-64/NVME, what AWS computes of every new object.
    Crc64Nvme,
    /// CRC-32C.
    Crc32c,
}

/// A checksum in the places where an answer has it.
#[derive(Default)]
pub(super) struct Told {
    pub(super) crc32c: Option<String>,
    pub(super) crc64nvme: Option<String>,
    pub(super) kind: Option<ChecksumType>,
}

impl Checksums {
    /// Reads `none`, `crc64nvme` or `crc32c`.
    pub fn parse(text: &str) -> Result<Checksums, String> {
        match text {
            "none" => Ok(Checksums::Untold),
            "crc64nvme" => Ok(Checksums::Crc64Nvme),
            "crc32c" => Ok(Checksums::Crc32c),
            _ => Err(format!("`{text}` is none of none, crc64nvme, crc32c")),
        }
    }

    pub(super) async fn of(self, entry: &Entry) -> S3Result<Told> {
        let kind = Some(ChecksumType::from_static(ChecksumType::FULL_OBJECT));
        if self == Checksums::Untold {
            return Ok(Told::default());
        }
        let body = bodies::receive(Some(bodies::send(entry, 0..entry.size).await?)).await?;
        Ok(match self {
            Checksums::Untold => Told::default(),
            Checksums::Crc64Nvme => {
                let sum = crc_fast::checksum(CrcAlgorithm::Crc64Nvme, &body);
                Told { crc64nvme: Some(bodies::base64(&sum.to_be_bytes())), kind, ..Told::default() }
            }
            Checksums::Crc32c => {
                let sum = crc_fast::checksum(CrcAlgorithm::Crc32Iscsi, &body).to_be_bytes();
                Told { crc32c: Some(bodies::base64(&sum[4..])), kind, ..Told::default() }
            }
        })
    }
}
