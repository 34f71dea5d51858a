//! What IAM calls a request, and the smallest policy that allows it.
//!
//! Owns the names of the actions and the JSON of the policy. It must not send or judge anything.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

/// What was asked of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The names below a prefix.
    List,
    /// An object, or a part of one.
    Read,
    /// An object in its place.
    Write,
    /// That an object goes.
    Delete,
}

/// A policy of one statement: an action, on one prefix of one bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    action: Action,
    /// `aws`, or the name of another part of AWS.
    partition: &'static str,
    bucket: String,
    /// Empty, or ends in `/`.
    folder: String,
}

/// What stands before the policy in a hint that holds one.
const SMALLEST: &str = "; the smallest policy that does so: ";

impl Action {
    /// The action of what messages call `list`, `read`, `write` and `delete`.
    pub fn of(doing: &str) -> Option<Action> {
        Some(match doing {
            "list" => Action::List,
            "read" => Action::Read,
            "write" => Action::Write,
            "delete" => Action::Delete,
            _ => return None,
        })
    }

    /// What IAM calls it.
    pub fn name(self) -> &'static str {
        match self {
            Action::List => "s3:ListBucket",
            Action::Read => "s3:GetObject",
            Action::Write => "s3:PutObject",
            Action::Delete => "s3:DeleteObject",
        }
    }
}

impl Policy {
    /// Allows `action` below `prefix` of `bucket`, in the part of AWS that has `region`.
    pub fn new(action: Action, region: &str, bucket: &str, prefix: &str) -> Policy {
        let partition = match region {
            _ if region.starts_with("cn-") => "aws-cn",
            _ if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        let slash = if prefix.is_empty() || prefix.ends_with('/') { "" } else { "/" };
        Policy { action, partition, bucket: bucket.to_owned(), folder: format!("{prefix}{slash}") }
    }

    /// What it is about: the bucket for a listing, else its objects.
    pub fn resource(&self) -> String {
        let Policy { partition, bucket, folder, .. } = self;
        match self.action {
            Action::List => format!("arn:{partition}:s3:::{bucket}"),
            _ => format!("arn:{partition}:s3:::{bucket}/{folder}*"),
        }
    }

    /// On several lines, to be copied.
    pub fn pretty(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The fragment that says what to allow: without the policy itself.
    pub fn allowance(&self) -> String {
        format!("allow `{}` on `{}`", self.action.name(), self.resource())
    }

    /// The fragment for a hint, in one line, with the policy.
    pub fn hint(&self) -> String {
        format!("{}{SMALLEST}{self}", self.allowance())
    }

    /// Whether a hint is one that holds a policy.
    pub fn is_hint(hint: &str) -> bool {
        hint.contains(SMALLEST)
    }
}

/// On one line.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).unwrap_or_default())
    }
}

/// The document, its keys in the order in which people write them.
impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut document = serializer.serialize_map(None)?;
        document.serialize_entry("Version", "2012-10-17")?;
        document.serialize_entry("Statement", &[Statement(self)])?;
        document.end()
    }
}

struct Statement<'a>(&'a Policy);

impl Serialize for Statement<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Statement(policy) = self;
        let mut statement = serializer.serialize_map(None)?;
        statement.serialize_entry("Effect", "Allow")?;
        statement.serialize_entry("Action", policy.action.name())?;
        statement.serialize_entry("Resource", &policy.resource())?;
        if policy.action == Action::List && !policy.folder.is_empty() {
            let condition: Value = json!({ "StringLike": { "s3:prefix": format!("{}*", policy.folder) } });
            statement.serialize_entry("Condition", &condition)?;
        }
        statement.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(policy: &Policy) -> Value {
        serde_json::from_str(&policy.to_string()).unwrap()
    }

    #[test]
    fn a_listing_is_of_the_bucket_and_for_a_prefix() {
        let policy = Policy::new(Action::List, "eu-west-1", "b", "topics");
        let document = document(&policy);
        assert_eq!(document["Statement"][0]["Resource"], "arn:aws:s3:::b");
        assert_eq!(document["Statement"][0]["Condition"]["StringLike"]["s3:prefix"], "topics/*");
        assert!(!Policy::new(Action::List, "", "b", "").to_string().contains("Condition"));
        assert!(Policy::is_hint(&policy.hint()) && !Policy::is_hint("run it again"));
    }

    #[test]
    fn what_is_read_are_objects_of_a_part_of_aws() {
        let policy = Policy::new(Action::Read, "cn-north-1", "b", "");
        assert_eq!(policy.resource(), "arn:aws-cn:s3:::b/*");
        assert_eq!(Policy::new(Action::Read, "", "b", "topics").resource(), "arn:aws:s3:::b/topics/*");
        assert!(
            policy
                .to_string()
                .starts_with(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject""#)
        );
    }

    #[test]
    fn every_word_of_a_message_has_its_action() {
        let names = ["list", "read", "write", "delete"].map(|doing| Action::of(doing).map(Action::name));
        assert_eq!(names, ["s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject"].map(Some));
        assert_eq!(Action::of("paint"), None);
    }
}
