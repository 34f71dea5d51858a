//! One answer on its way into the files of a run: every format at once, batch by batch, and what the page needs of it.
//!
//! Owns which files an answer becomes and what is kept of it, all within bounds: whatever the size of the answer, it is
//! never held as a whole. It must not run anything.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::SchemaRef;
use arrow::ipc::reader::StreamReader;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};

use super::changes::MOST_ROWS;
use super::page::TableOfRows;
use crate::chart::ChartData;
use crate::config::ReportFormat;
use crate::error::{Error, Result};
use crate::output::{self, Encoder, Format, Formulas, MaxRows, Sink, TableOptions};
use crate::publication::FileRecord;

/// Bytes of an answer's rows, in memory, above which they are not kept for the next run to compare with.
const MOST_KEPT_BYTES: usize = 64 << 20;

/// The folder of what is kept for the next run.
const ROWS_FOLDER: &str = ".rows";

/// An answer that is being written.
pub(super) struct AnswerFiles {
    folder: PathBuf,
    schema: SchemaRef,
    files: Vec<(String, Box<dyn Encoder>)>,
    /// The rows for the next run, and their bytes; none where there are too many.
    kept: Option<(Box<dyn Encoder>, usize)>,
    kept_path: PathBuf,
    page: Option<(TableOfRows, ChartData)>,
    rows: u64,
}

/// An answer that was written.
pub(super) struct WrittenAnswer {
    /// Its columns.
    pub(super) schema: SchemaRef,
    /// Its rows.
    pub(super) rows: u64,
    /// The files of its formats.
    pub(super) files: Vec<FileRecord>,
    /// What the page shows and draws; none where there is no page.
    pub(super) page: Option<(TableOfRows, ChartData)>,
    kept_path: PathBuf,
}

impl AnswerFiles {
    /// Files of the answer called `name` in `folder`, in `formats`, csv and tsv with their formulas so.
    ///
    /// # Errors
    /// A file can't be made, or a format has no place for the columns.
    pub(super) fn create(
        folder: &Path,
        name: &str,
        schema: SchemaRef,
        formats: &[ReportFormat],
        formulas: Formulas,
    ) -> Result<AnswerFiles> {
        let kept_path = folder.join(ROWS_FOLDER).join(format!("{name}.arrow"));
        std::fs::create_dir_all(folder.join(ROWS_FOLDER)).map_err(|error| unwritten(&kept_path, error))?;
        let kept = encoder(Format::Arrow, &schema, &kept_path, formulas)?;
        let mut answer = AnswerFiles {
            folder: folder.to_owned(),
            files: Vec::new(),
            kept: Some((kept, 0)),
            kept_path,
            page: None,
            rows: 0,
            schema,
        };
        for format in formats {
            match format {
                ReportFormat::Html => {
                    answer.page = Some((TableOfRows::new(&answer.schema), ChartData::new(&answer.schema)));
                }
                ReportFormat::File(format) => {
                    let file = format!("{name}.{}", format.extension());
                    match encoder(*format, &answer.schema, &folder.join(&file), formulas) {
                        Ok(encoder) => answer.files.push((file, encoder)),
                        Err(error) => {
                            let _first_error_counts = std::fs::remove_file(folder.join(&file));
                            answer.discard();
                            return Err(error);
                        }
                    }
                }
            }
        }
        Ok(answer)
    }

    /// Adds the rows of a batch.
    ///
    /// # Errors
    /// A file can't be written, or a format can't hold a value.
    pub(super) fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows = self.rows.saturating_add(batch.num_rows() as u64);
        for (_, encoder) in &mut self.files {
            encoder.write(batch)?;
        }
        if let Some((table, chart)) = &mut self.page {
            table.push(batch)?;
            chart.push(batch)?;
        }
        if let Some((encoder, bytes)) = &mut self.kept {
            let is_too_long = self.rows > MOST_ROWS;
            if !is_too_long {
                let batch = compact(batch)?;
                *bytes = bytes.saturating_add(batch.get_array_memory_size());
                encoder.write(&batch)?;
            }
            if is_too_long || *bytes > MOST_KEPT_BYTES {
                self.kept = None;
                std::fs::remove_file(&self.kept_path).map_err(|error| unwritten(&self.kept_path, error))?;
            }
        }
        Ok(())
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// As for [`AnswerFiles::push`].
    pub(super) fn finish(mut self) -> Result<WrittenAnswer> {
        if let Err(error) = self.finish_files() {
            self.discard();
            return Err(error);
        }
        let mut files = Vec::with_capacity(self.files.len());
        for (name, _) in &self.files {
            let path = self.folder.join(name);
            let bytes = std::fs::metadata(&path).map_err(|error| unwritten(&path, error))?.len();
            files.push(FileRecord { name: name.clone(), bytes });
        }
        let AnswerFiles { schema, rows, page, kept_path, .. } = self;
        Ok(WrittenAnswer { schema, rows, files, page, kept_path })
    }

    fn finish_files(&mut self) -> Result<()> {
        for (_, encoder) in &mut self.files {
            encoder.finish()?;
        }
        if let Some((encoder, _)) = &mut self.kept {
            encoder.finish()?;
        }
        Ok(())
    }

    /// Takes the files back: half an answer is not published.
    pub(super) fn discard(self) {
        let AnswerFiles { folder, files, kept_path, .. } = self;
        remove(files.iter().map(|(name, _)| folder.join(name)).chain([kept_path]));
    }
}

impl WrittenAnswer {
    /// Takes the files back, as [`AnswerFiles::discard`] does.
    pub(super) fn discard(self) {
        let folder = self.kept_path.parent().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
        remove(self.files.iter().map(|file| folder.join(&file.name)).chain([self.kept_path]));
    }

    /// The rows, as they were kept for the next run; none where there are too many.
    ///
    /// # Errors
    /// The file can't be read.
    pub(super) fn kept_rows(&self) -> Result<Vec<RecordBatch>> {
        let unreadable = |cause: Box<dyn std::error::Error + Send + Sync>| {
            Error::statement(format!("`{}` could not be read", self.kept_path.display())).because(cause)
        };
        let file = match File::open(&self.kept_path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(error.into())),
        };
        let reader = StreamReader::try_new(BufReader::new(file), None).map_err(|error| unreadable(error.into()))?;
        reader.collect::<Result<Vec<_>, _>>().map_err(|error| unreadable(error.into()))
    }
}

fn remove(paths: impl Iterator<Item = PathBuf>) {
    for path in paths {
        // What is not there need not go, and what can't go is named by nothing.
        let _gone = std::fs::remove_file(path);
    }
}

/// The batch with the texts that it shows and no others: an answer's batches share what they were cut from.
fn compact(batch: &RecordBatch) -> Result<RecordBatch> {
    let columns = batch.columns().iter().map(|column| match column.as_string_view_opt() {
        Some(texts) => Arc::new(texts.gc()) as ArrayRef,
        None => Arc::clone(column),
    });
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(batch.schema(), columns.collect(), &options)
        .map_err(|error| Error::bug("a batch could not be made of its own columns").because(error))
}

fn encoder(format: Format, schema: &SchemaRef, path: &Path, formulas: Formulas) -> Result<Box<dyn Encoder>> {
    let file = File::create(path).map_err(|error| unwritten(path, error))?;
    let sink: Sink = Box::new(BufWriter::with_capacity(1 << 16, file));
    let options = TableOptions { width: None, max_rows: MaxRows::All, formulas };
    output::encoder(format, SchemaRef::clone(schema), sink, &options)
}

fn unwritten(path: &Path, error: std::io::Error) -> Error {
    Error::statement(format!("`{}` could not be written", path.display())).because(error)
}
