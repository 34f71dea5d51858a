//! What lasts from line to line: the engine, parameters, settings, the last statement and its answer.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parking_lot::RwLock;

use super::answers_file::AnswersFile;
use super::commands::Reach;
use super::editor::{self, Keys, Surface};
use crate::engine::{Access, Engine, Vocabulary};
use crate::output::{Format, Formulas, Upright};
use crate::sql::{Parameters, SourceStatement};
use crate::ui::{Pager, Ui};

/// Bytes of the last answer that are kept for `\chart` and `\copy`.
const KEPT_BYTES: usize = 64 << 20;

/// Whether the prompt goes on after a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It does.
    Continue,
    /// The user leaves.
    Leave,
}

/// Which objects a statement sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Seeing {
    /// Those that are there when it begins.
    #[default]
    Fresh,
    /// Those that were there when this was asked for.
    Pinned,
}

/// A setting that is on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// What the user set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Rows, time and origin under each answer.
    pub timing: Switch,
    /// Whether records stand upright.
    pub upright: Upright,
    /// Whether long answers go through the pager.
    pub pager: Switch,
    /// How answers are written.
    pub format: Format,
    /// What becomes of cells of csv and tsv that a spreadsheet would compute.
    pub formulas: Formulas,
    /// Which objects a statement sees.
    pub seeing: Seeing,
    /// How keys are read.
    pub keys: Keys,
}

/// Folders that commands know.
#[derive(Clone, Debug)]
pub struct Places {
    /// Relative paths are below it.
    pub working_folder: PathBuf,
    /// What `~/` stands for.
    pub home: Option<PathBuf>,
    /// The project's questions.
    pub questions: PathBuf,
}

/// Programs of the user.
#[derive(Clone, Debug)]
pub struct Programs {
    /// Shows long answers.
    pub pager: Pager,
    /// Edits a text; as a shell reads it.
    pub editor: String,
}

/// A file of statements and commands while it is run.
#[derive(Clone, Debug)]
pub struct RunningFile {
    /// Files that it names are below this folder.
    pub folder: PathBuf,
    /// How far its commands may reach.
    pub furthest: Reach,
}

/// Whether the history takes a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privacy {
    /// It does.
    Recorded,
    /// It does not, nor what is made of the text.
    Private,
}

impl Privacy {
    /// What begins with a blank is kept out of the history.
    pub fn of(text: &str) -> Self {
        if text.starts_with(editor::PRIVATE_MARK) { Privacy::Private } else { Privacy::Recorded }
    }
}

/// The text of a statement, and whether whoever typed it kept it out of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latest {
    /// The text.
    pub text: String,
    /// Whether the history takes what is made of it.
    pub privacy: Privacy,
}

/// What a command leaves for the next line.
#[derive(Clone, Debug, Default)]
pub struct LeftBehind {
    /// A text that the next line begins with: a statement that is not finished.
    pub draft: Option<String>,
    /// A text that the history takes, as if it had been typed.
    pub entry: Option<String>,
}

/// What completion of commands has to know beside the names of the landing.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Folders that commands know.
    pub places: Places,
    /// Names of parameters that are set.
    pub parameters: Vec<String>,
    /// Columns of the last answer.
    pub columns: Vec<String>,
}

/// The last statement that gave an answer.
pub struct Last {
    /// The statement.
    pub statement: SourceStatement,
    /// Its answer's columns.
    pub schema: SchemaRef,
    /// Its rows, if they were few enough to be kept.
    pub rows: LastRows,
}

/// The rows of the last answer.
pub enum LastRows {
    /// All of them.
    Whole(Vec<RecordBatch>),
    /// They were too many: the statement has to run again.
    TooMany,
    /// Whoever read them left before the last: it has to run again, too.
    NotAll,
}

/// One session of one user.
pub struct Session<'a> {
    ui: &'a Ui,
    engine: Arc<Engine>,
    pub parameters: Parameters,
    pub settings: Settings,
    pub places: Places,
    pub programs: Programs,
    pub last: Option<Last>,
    /// The statement that was run last, also where it failed.
    pub latest: Option<Latest>,
    /// Whether the history takes what was typed last.
    pub line_privacy: Privacy,
    /// The files that are being run, each included by the one before it.
    pub files: Vec<RunningFile>,
    /// What the next line begins with, and what Up brings back beside the lines that were typed.
    pub left_behind: LeftBehind,
    /// Where answers go instead of the screen.
    pub answers_file: Option<Arc<AnswersFile>>,
    /// When the process began, in seconds since 1970, UTC, and what has passed since.
    pub began: Option<(i64, Instant)>,
    /// The statement that has no end yet, and how many lines stand before it: what `\g` and its like are about.
    pub open: Option<(String, usize)>,
    /// How lines are read.
    pub surface: Surface,
    vocabulary: Arc<RwLock<Vocabulary>>,
    surroundings: Arc<RwLock<Surroundings>>,
}

impl<'a> Session<'a> {
    /// A session with the settings of somebody who set nothing.
    pub fn new(ui: &'a Ui, engine: Arc<Engine>, parameters: Parameters, places: Places, programs: Programs) -> Self {
        let settings = Settings {
            timing: Switch::On,
            upright: Upright::Auto,
            pager: Switch::On,
            format: Format::Table,
            formulas: Formulas::default(),
            seeing: Seeing::default(),
            keys: Keys::default(),
        };
        let vocabulary = Arc::new(RwLock::new(engine.vocabulary()));
        let surroundings = Surroundings { places: places.clone(), parameters: Vec::new(), columns: Vec::new() };
        Session {
            ui,
            engine,
            parameters,
            settings,
            places,
            programs,
            last: None,
            latest: None,
            line_privacy: Privacy::Recorded,
            files: Vec::new(),
            left_behind: LeftBehind::default(),
            answers_file: None,
            began: None,
            open: None,
            surface: Surface::Lines,
            vocabulary,
            surroundings: Arc::new(RwLock::new(surroundings)),
        }
    }

    /// Seconds since 1970, UTC, where anything tells the time.
    pub fn now(&self) -> Option<i64> {
        let (began, then) = self.began?;
        began.checked_add(i64::try_from(then.elapsed().as_secs()).ok()?)
    }

    pub fn ui(&self) -> &'a Ui {
        self.ui
    }

    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Keeps the text of the statement that runs now, as private as the line that runs it.
    pub fn set_latest(&mut self, text: String) {
        self.latest = Some(Latest { text, privacy: self.line_privacy });
    }

    /// A path that a command names; `~/` is the user's home.
    pub fn path(&self, named: &str) -> PathBuf {
        self.places.path(named)
    }

    /// A path of a script: below the folder of the file that names it, as it was not typed.
    pub fn script_path(&self, named: &str) -> PathBuf {
        let path = self.path(named);
        match self.files.last() {
            Some(file) if !named.starts_with("~/") => file.folder.join(named),
            _ => path,
        }
    }

    /// How far commands may reach now.
    pub fn furthest(&self) -> Reach {
        self.files.last().map_or(Reach::Beyond, |file| file.furthest)
    }

    /// What statements may reach now: a file that must not reach beyond the session gets no permission.
    pub fn statement_access(&self) -> Access {
        match self.furthest() {
            Reach::Beyond => Access::Permitted,
            Reach::Session => Access::ReadOnly,
        }
    }

    /// How keys are read from the next line on.
    pub fn keys(&self) -> Keys {
        self.settings.keys
    }

    /// What completion offers, shared with the editor.
    pub fn vocabulary(&self) -> Arc<RwLock<Vocabulary>> {
        Arc::clone(&self.vocabulary)
    }

    /// Has the names learnt while the user types. That they can't be is told by the statement that needs them.
    pub fn learn_names(&self) {
        let (engine, vocabulary) = (Arc::clone(&self.engine), Arc::clone(&self.vocabulary));
        tokio::spawn(async move {
            let _untold = engine.learn_names().await;
            take_over(&vocabulary, engine.vocabulary());
        });
    }

    /// What completion of commands knows, shared with the editor.
    pub fn surroundings(&self) -> Arc<RwLock<Surroundings>> {
        Arc::clone(&self.surroundings)
    }

    /// Takes over what the last line set.
    pub fn update_surroundings(&self) {
        self.vocabulary.write().parameters = self.parameters.keys().cloned().collect();
        let mut surroundings = self.surroundings.write();
        surroundings.parameters = self.parameters.keys().cloned().collect();
        let fields = self.last.iter().flat_map(|last| last.schema.fields());
        surroundings.columns = fields.map(|field| field.name().clone()).collect();
    }

    /// Takes over what the last statement made known.
    pub fn update_vocabulary(&self) {
        take_over(&self.vocabulary, self.engine.vocabulary());
    }

    /// Whether answers can't be written any more, by which the session has lost its reader.
    pub fn output_is_lost(&self) -> bool {
        self.ui.options().width.is_none()
    }
}

/// The engine knows names, and the session its parameters, which stay.
fn take_over(vocabulary: &RwLock<Vocabulary>, learnt: Vocabulary) {
    let mut known = vocabulary.write();
    let parameters = std::mem::take(&mut known.parameters);
    *known = Vocabulary { parameters, ..learnt };
}

/// Rows as they come, kept as long as they are few.
pub struct Keeping {
    rows: LastRows,
    bytes: usize,
}

impl Keeping {
    /// None yet.
    pub fn start() -> Self {
        Keeping { rows: LastRows::Whole(Vec::new()), bytes: 0 }
    }

    /// Keeps a batch, or lets all go where that is too much.
    pub fn add(&mut self, batch: &RecordBatch) {
        let LastRows::Whole(batches) = &mut self.rows else { return };
        self.bytes = self.bytes.saturating_add(batch.get_array_memory_size());
        if self.bytes > KEPT_BYTES {
            self.rows = LastRows::TooMany;
        } else {
            batches.push(batch.clone());
        }
    }

    /// What was kept.
    pub fn finish(self) -> LastRows {
        self.rows
    }
}
