//! A file that takes answers: `\copy` gives it one, `\o` those that follow.
//!
//! Owns that it holds whole answers only, and that it takes its place when it is closed and not before.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use crate::destination::Draft;
use crate::error::{Error, Result};
use crate::location::Location;
use crate::output::{self, Encoder, Format, Formulas, MaxRows, Sink, TableOptions, Written};
use crate::store::Stores;
use crate::ui::human;

/// Bytes that are gathered before they are written.
const BUFFERED: usize = 1 << 16;

/// A file that is not in its place yet. Dropping it leaves what stood there.
pub struct AnswersFile {
    draft: Draft,
    place: Location,
    format: Format,
    formulas: Formulas,
    tally: Arc<Tally>,
}

/// What was written up to now.
#[derive(Debug, Default)]
struct Tally {
    answers: AtomicU64,
    rows: AtomicU64,
}

/// What a file holds that took its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileWritten {
    /// Where it stands.
    pub place: String,
    /// Answers in it.
    pub answers: u64,
    /// Their rows.
    pub rows: u64,
    /// Its bytes.
    pub bytes: u64,
}

impl FileWritten {
    /// `12 rows, 345 B written to out.csv`.
    pub fn told(&self) -> String {
        let answers = if self.answers == 1 { String::new() } else { format!("{} answers, ", self.answers) };
        let rows = human::counted(self.rows, "row", "rows");
        format!("{answers}{rows}, {} written to {}", human::bytes(self.bytes), self.place)
    }
}

impl AnswersFile {
    /// Begins a file for `place`.
    ///
    /// # Errors
    /// It is a folder, its folder is not there, or nothing can be written in it.
    pub fn begin(place: Location, format: Format, formulas: Formulas) -> Result<AnswersFile> {
        let is_folder = match &place {
            Location::Folder(path) => path.is_dir() || path.file_name().is_none(),
            Location::S3 { prefix, .. } => prefix.is_empty() || prefix.ends_with('/'),
        };
        if is_folder {
            return Err(Error::usage(format!("`{place}` is a folder")).hint("name a file in it: `answer.csv`"));
        }
        if let Location::Folder(path) = &place
            && let Some(folder) = path.parent().filter(|folder| !folder.is_dir())
        {
            return Err(
                Error::usage(format!("there is no folder `{}`", folder.display())).hint("make it, or name another")
            );
        }
        let draft = Draft::at(place.clone())?;
        Ok(AnswersFile { draft, place, format, formulas, tally: Arc::default() })
    }

    /// Where it will stand.
    pub fn place(&self) -> String {
        self.place.to_string()
    }

    /// An encoder of one more answer. If it is dropped before its end, nothing of the answer stays.
    ///
    /// # Errors
    /// The format holds one answer, and the file has it.
    pub fn encoder(&self, schema: SchemaRef) -> Result<Box<dyn Encoder>> {
        let answers = self.tally.answers.load(Ordering::Relaxed);
        if answers > 0 && holds_one(self.format) {
            return Err(Error::usage(format!("`{}` is {} and holds one answer", self.place, self.format))
                .hint("`\\o` closes it, and answers are shown again")
                .hint(format!("`\\o FILE` holds more with {}", endings_of_several().join(", "))));
        }
        let Some(file) = self.draft.file()? else { return Err(Error::bug("a file of answers has no file")) };
        let before = file.metadata()?.len();
        let mut sink: Sink = Box::new(BufWriter::with_capacity(BUFFERED, file.try_clone()?));
        if answers > 0 && self.format != Format::Ndjson {
            writeln!(sink)?;
        }
        let options = TableOptions { width: None, max_rows: MaxRows::All, formulas: self.formulas };
        let inner = output::encoder(self.format, schema, sink, &options)?;
        Ok(Box::new(WholeAnswer { inner: Some(inner), file, before, tally: Arc::clone(&self.tally) }))
    }

    /// Puts the file in its place. Where that fails, or is given up, it stays a draft, and it can be tried again.
    pub async fn commit(&self, stores: &Stores) -> Result<FileWritten> {
        let written = FileWritten {
            place: self.place(),
            answers: self.tally.answers.load(Ordering::Relaxed),
            rows: self.tally.rows.load(Ordering::Relaxed),
            bytes: self.draft.length()?,
        };
        self.draft.commit(stores).await?;
        Ok(written)
    }

    /// Has the draft stay on disk, and gives its path.
    pub fn keep(&self) -> Result<PathBuf> {
        let kept = self.draft.keep(self.format.extension())?;
        kept.ok_or_else(|| Error::bug("a file of answers has no file"))
    }
}

/// Whether a file of the format is one answer.
fn holds_one(format: Format) -> bool {
    matches!(format, Format::Arrow | Format::Parquet | Format::Json)
}

fn endings_of_several() -> Vec<String> {
    let several = Format::ALL.into_iter().filter(|format| !holds_one(*format));
    several.map(|format| format!("`.{}`", format.extension())).collect()
}

/// An answer that is whole or not there.
struct WholeAnswer {
    /// None once it is whole.
    inner: Option<Box<dyn Encoder>>,
    file: File,
    before: u64,
    tally: Arc<Tally>,
}

impl Encoder for WholeAnswer {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        match &mut self.inner {
            Some(inner) => inner.write(batch),
            None => Err(Error::bug("rows came after the end of their answer")),
        }
    }

    fn finish(&mut self) -> Result<Written> {
        let Some(inner) = &mut self.inner else { return Err(Error::bug("an answer ended twice")) };
        let written = inner.finish()?;
        self.inner = None;
        self.tally.answers.fetch_add(1, Ordering::Relaxed);
        self.tally.rows.fetch_add(written.rows, Ordering::Relaxed);
        Ok(written)
    }
}

impl Drop for WholeAnswer {
    fn drop(&mut self) {
        // What its buffer still holds is written first, so that it is cut as well.
        if let Some(inner) = self.inner.take() {
            drop(inner);
            let _stays_a_draft = self.file.set_len(self.before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{ReportColumn, report};

    fn batch(texts: &[&str]) -> RecordBatch {
        report(vec![ReportColumn::Text("t", texts.iter().map(|text| Some((*text).to_owned())).collect())]).unwrap()
    }

    fn stores() -> Stores {
        Stores::new(&crate::config::StorageConfig::default(), &crate::config::Environment::empty("/nowhere"))
    }

    #[tokio::test]
    async fn half_an_answer_leaves_nothing_and_the_old_file_stays_until_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "old").unwrap();
        let file = AnswersFile::begin(Location::Folder(path.clone()), Format::Csv, Formulas::Keep).unwrap();
        let rows = batch(&["x", "y"]);
        let mut whole = file.encoder(rows.schema()).unwrap();
        whole.write(&rows).unwrap();
        whole.finish().unwrap();
        drop(whole);
        let mut half = file.encoder(rows.schema()).unwrap();
        half.write(&rows).unwrap();
        drop(half);
        let mut next = file.encoder(rows.schema()).unwrap();
        next.write(&batch(&["z"])).unwrap();
        next.finish().unwrap();
        drop(next);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        let written = file.commit(&stores()).await.unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "t\nx\ny\n\nt\nz\n");
        assert_eq!((written.answers, written.rows, written.bytes), (2, 3, 11));
        assert_eq!(written.told(), format!("2 answers, 3 rows, 11 B written to {}", path.display()));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_format_of_one_answer_takes_one() {
        let folder = tempfile::tempdir().unwrap();
        let file =
            AnswersFile::begin(Location::Folder(folder.path().join("a.parquet")), Format::Parquet, Formulas::Keep)
                .unwrap();
        let rows = batch(&["x"]);
        let mut only = file.encoder(rows.schema()).unwrap();
        only.write(&rows).unwrap();
        only.finish().unwrap();
        assert!(file.encoder(rows.schema()).err().unwrap().render().contains("`\\o` closes it"));
        assert!(AnswersFile::begin(Location::Folder(folder.path().to_owned()), Format::Csv, Formulas::Keep).is_err());
    }

    #[tokio::test]
    async fn a_file_that_could_not_take_its_place_is_tried_again_or_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let file = AnswersFile::begin(Location::Folder(path.clone()), Format::Csv, Formulas::Keep).unwrap();
        let rows = batch(&["x"]);
        let mut only = file.encoder(rows.schema()).unwrap();
        only.write(&rows).unwrap();
        only.finish().unwrap();
        drop(only);
        std::fs::create_dir(&path).unwrap();
        let failed = file.commit(&stores()).await.unwrap_err();
        assert_eq!(failed.message(), format!("`{}` could not be written", path.display()));
        let kept = file.keep().unwrap();
        assert_eq!((kept.parent(), kept.extension().unwrap().to_str()), (Some(folder.path()), Some("csv")));
        std::fs::remove_dir(&path).unwrap();
        file.commit(&stores()).await.unwrap();
        drop(file);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "t\nx\n");
        assert_eq!(std::fs::read_to_string(&kept).unwrap(), "t\nx\n", "what is kept outlives the draft");
    }

    #[test]
    fn a_folder_that_is_not_there_is_named_and_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        let error =
            AnswersFile::begin(Location::Folder(missing.join("a.csv")), Format::Csv, Formulas::Keep).err().unwrap();
        assert_eq!(error.message(), format!("there is no folder `{}`", missing.display()));
        assert!(!missing.exists());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn errors_name_the_place_and_nothing_else() {
        let place = Location::Folder("/proc/x.csv".into());
        let error = AnswersFile::begin(place, Format::Csv, Formulas::Keep).err().unwrap().render();
        assert!(error.contains("`/proc/x.csv` could not be written") && !error.contains(".pinq-"), "{error}");
    }
}
