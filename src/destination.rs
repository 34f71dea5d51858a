//! Where answers go: standard output, one file, or a folder of files, on disk or on S3.
//!
//! Owns that an output is whole or not there: answers are written beside their place, and take it only
//! when they are complete. What stood there before stays until then. It must not know of a command line or a prompt:
//! both say in values what they want.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, Result};
use crate::location::Location;
use crate::output::{Format, Formulas, MaxRows, Sink, TableOptions};
use crate::store::Stores;
use crate::ui::Ui;

/// Which place was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// None but standard output.
    Stdout,
    /// One file for all answers.
    File(Location),
    /// A file for each answer.
    Folder(Location),
}

impl Destination {
    /// What `output` names; a path is below `working_folder`. One that ends in `/`, is a folder, or has no extension
    /// and is no file is a folder. Nothing and `-` are standard output.
    ///
    /// # Errors
    /// It is no location.
    pub fn of(output: Option<&str>, working_folder: &Path) -> Result<Destination> {
        let Some(output) = output.filter(|output| *output != "-") else { return Ok(Destination::Stdout) };
        let location = Location::parse(output, working_folder)?;
        let stands = |test: fn(&Path) -> bool| matches!(&location, Location::Folder(path) if test(path));
        let bare = Path::new(output).extension().is_none() && !stands(Path::is_file);
        let is_folder = output.ends_with('/') || bare || stands(Path::is_dir);
        Ok(if is_folder { Destination::Folder(location) } else { Destination::File(location) })
    }

    /// What a file's extension says, else a table for standard output and CSV for a folder.
    fn format(&self) -> Format {
        match self {
            Destination::Stdout => Format::Table,
            Destination::File(place) => format_of(place).unwrap_or(Format::Table),
            Destination::Folder(_) => Format::Csv,
        }
    }
}

/// The format that the extension of a place asks for, if it is one of theirs.
pub fn format_of(place: &Location) -> Option<Format> {
    match place {
        Location::Folder(path) => Format::of_path(path),
        Location::S3 { prefix, .. } => Format::of_path(Path::new(prefix)),
    }
}

/// Where the answers of a command go, and as what.
#[derive(Debug)]
pub struct Output {
    /// Which place was asked for.
    pub destination: Destination,
    /// What was asked for, or the destination implies.
    pub format: Format,
    /// How tables are drawn there.
    pub options: TableOptions,
}

impl Output {
    /// Answers to `destination`, in `format` where one was asked for.
    ///
    /// # Errors
    /// A terminal would get bytes that it can't show.
    pub fn new(
        ui: &Ui,
        destination: Destination,
        format: Option<Format>,
        max_rows: MaxRows,
        formulas: Formulas,
    ) -> Result<Output> {
        let format = format.unwrap_or_else(|| destination.format());
        let width = ui.options().width.filter(|_| destination == Destination::Stdout);
        if width.is_some() && matches!(format, Format::Arrow | Format::Parquet) {
            return Err(Error::usage(format!("{format} is not for a terminal"))
                .hint("redirect standard output, or use `--output PATH`"));
        }
        Ok(Output { destination, format, options: TableOptions { width, max_rows, formulas } })
    }

    /// A draft of the answer called `name`. Where all answers go into one file, it is that file's.
    pub fn draft(&self, name: &str) -> Result<Draft> {
        match &self.destination {
            Destination::Stdout => Ok(Draft::Stdout),
            Destination::File(place) => Draft::at(place.clone()),
            Destination::Folder(folder) => Draft::at(folder.join(&format!("{name}.{}", self.format.extension()))),
        }
    }
}

/// A place for bytes that are not whole yet.
#[derive(Debug)]
pub enum Draft {
    /// Standard output takes them as they come.
    Stdout,
    /// A file beside its place, or one that is to be uploaded.
    File {
        /// Removed when it is dropped.
        written: NamedTempFile,
        /// Where it goes.
        place: Location,
    },
}

impl Draft {
    /// A draft for what will stand at `place`.
    ///
    /// # Errors
    /// Nothing can be written beside it.
    pub fn at(place: Location) -> Result<Draft> {
        let failed = |error| unwritten(&place, error);
        let mut builder = tempfile::Builder::new();
        builder.prefix(".pinq-").suffix(".tmp");
        // Its mode is what the user's umask leaves, as for any file that a program writes. Tempfile's own way of making
        // it would say its name in errors, which nobody asked for.
        let make = |path: &Path| File::create_new(path);
        let written = match &place {
            Location::Folder(path) => {
                let folder = path.parent().unwrap_or(Path::new("."));
                std::fs::create_dir_all(folder).map_err(failed)?;
                builder.make_in(folder, make).map_err(failed)?
            }
            Location::S3 { .. } => builder.make(make).map_err(failed)?,
        };
        Ok(Draft::File { written, place })
    }

    /// A sink that adds to the draft's bytes; answers that share a file take one after another.
    pub fn sink(&self, ui: &Ui) -> Result<Sink> {
        match self.file()? {
            None => Ok(ui.stdout()),
            Some(file) => {
                let Draft::File { place, .. } = self else { return Ok(ui.stdout()) };
                Ok(Box::new(BufWriter::with_capacity(1 << 16, Placed { file, place: place.clone() })))
            }
        }
    }

    /// The draft's bytes, for adding to them and cutting them; none where standard output takes them.
    pub fn file(&self) -> Result<Option<File>> {
        let Draft::File { written, place } = self else { return Ok(None) };
        let opened = std::fs::OpenOptions::new().append(true).open(written.path());
        opened.map(Some).map_err(|error| unwritten(place, error))
    }

    /// Bytes written up to now; standard output is not asked.
    pub fn length(&self) -> Result<u64> {
        match self {
            Draft::Stdout => Ok(0),
            Draft::File { written, .. } => Ok(written.as_file().metadata()?.len()),
        }
    }

    /// Takes back what was written beyond `length`.
    pub fn cut(&self, length: u64) -> Result<()> {
        match self {
            Draft::Stdout => Ok(()),
            Draft::File { written, .. } => Ok(written.as_file().set_len(length)?),
        }
    }

    /// Puts the whole draft in its place. Where that fails, or is given up, the draft stays, and it can be tried again.
    pub async fn commit(&self, stores: &Stores) -> Result<()> {
        let Draft::File { written, place } = self else { return Ok(()) };
        match place {
            Location::Folder(path) => std::fs::rename(written.path(), path).map_err(|error| unwritten(place, error)),
            Location::S3 { bucket, prefix } => upload(stores, bucket, prefix, written.path()).await,
        }
    }

    /// Has the draft outlive the process under a name that can be seen, and gives its path; none where standard output
    /// took it.
    pub fn keep(&self, extension: &str) -> Result<Option<PathBuf>> {
        let Draft::File { written, .. } = self else { return Ok(None) };
        let name = written.path().file_stem().unwrap_or_default().to_string_lossy();
        let kept = written.path().with_file_name(format!("{}.{extension}", name.trim_start_matches('.')));
        // A second name, as the first one is taken away; where a disk knows no second ones, another one.
        std::fs::hard_link(written.path(), &kept).or_else(|_| std::fs::rename(written.path(), &kept))?;
        Ok(Some(kept))
    }
}

/// A file that says in its errors where it goes.
struct Placed {
    file: File,
    place: Location,
}

impl Placed {
    fn told<T>(&self, done: io::Result<T>) -> io::Result<T> {
        done.map_err(|error| io::Error::new(error.kind(), unwritten(&self.place, error)))
    }
}

impl Write for Placed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes);
        self.told(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.file.flush();
        self.told(flushed)
    }
}

fn unwritten(place: &Location, error: io::Error) -> Error {
    let is_full =
        matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge);
    let told = Error::statement(format!("`{place}` could not be written")).because(error);
    match place {
        _ if !is_full => told,
        Location::Folder(_) => told
            .hint("what stood there is as it was; make room on that disk, or name a place on another by `--output`"),
        Location::S3 { .. } => told
            .hint("what stood there is as it was; an answer waits for its end in the folder for temporary files: set `TMPDIR` to one on a disk with room"),
    }
}

async fn upload(stores: &Stores, bucket: &str, key: &str, file: &Path) -> Result<()> {
    let bucket = Location::S3 { bucket: bucket.to_owned(), prefix: String::new() };
    stores.open(&bucket).await?.put_file(key, file).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::UiOptions;

    fn destination(output: &str) -> Destination {
        Destination::of(Some(output), Path::new("/nowhere")).unwrap()
    }

    #[test]
    fn a_name_with_an_extension_is_a_file() {
        assert_eq!(destination("out.csv"), Destination::File(Location::Folder("/nowhere/out.csv".into())));
        assert_eq!(destination("out"), Destination::Folder(Location::Folder("/nowhere/out".into())));
        assert!(matches!(destination("s3://b/answers/"), Destination::Folder(_)));
        assert!(matches!(destination("s3://b/answers/a.parquet"), Destination::File(_)));
        assert_eq!(destination("-"), Destination::Stdout);
    }

    #[test]
    fn the_extension_says_the_format() {
        let format = |output| destination(output).format();
        assert_eq!(format("a.parquet"), Format::Parquet);
        assert_eq!(format("s3://b/a.ndjson"), Format::Ndjson);
        assert_eq!(format("folder/"), Format::Csv);
        assert_eq!(format("-"), Format::Table);
    }

    #[test]
    fn bytes_that_no_terminal_shows_are_not_written_to_one() {
        let output = |width, format, output: &str| {
            let ui = Ui::new(UiOptions { width, ..UiOptions::default() });
            Output::new(&ui, destination(output), Some(format), MaxRows::default(), Formulas::default())
        };
        for format in [Format::Arrow, Format::Parquet] {
            assert!(output(Some(80), format, "-").unwrap_err().message().contains("is not for a terminal"));
            assert!(output(None, format, "-").is_ok());
            assert_eq!(output(Some(80), format, "a.bin").unwrap().options.width, None);
        }
        assert_eq!(output(Some(80), Format::Csv, "-").unwrap().options.width, Some(80));
    }

    #[test]
    fn a_draft_that_is_dropped_leaves_the_old_output_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answer.csv");
        std::fs::write(&path, "old").unwrap();
        let draft = Draft::at(Location::Folder(path.clone())).unwrap();
        let ui = Ui::new(Default::default());
        Write::write_all(&mut draft.sink(&ui).unwrap(), b"half").unwrap();
        drop(draft);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
