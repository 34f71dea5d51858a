//! What lasts from line to line: the engine, parameters, settings, the last statement and its answer.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parking_lot::RwLock;

use super::editor::Keys;
use crate::engine::{Access, Engine, Vocabulary};
use crate::output::{Format, Upright};
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
}

/// One session of one user.
pub struct Session<'a> {
    ui: &'a Ui,
    engine: Arc<Engine>,
    pub access: Access,
    pub parameters: Parameters,
    pub settings: Settings,
    pub places: Places,
    pub programs: Programs,
    pub last: Option<Last>,
    /// How many files include the one that is being run.
    pub depth: usize,
    vocabulary: Arc<RwLock<Vocabulary>>,
}

impl<'a> Session<'a> {
    /// A session with the settings of somebody who set nothing.
    pub fn new(
        ui: &'a Ui,
        engine: Arc<Engine>,
        access: Access,
        parameters: Parameters,
        places: Places,
        programs: Programs,
    ) -> Self {
        let settings = Settings {
            timing: Switch::On,
            upright: Upright::Auto,
            pager: Switch::On,
            format: Format::Table,
            seeing: Seeing::default(),
            keys: Keys::default(),
        };
        let vocabulary = Arc::new(RwLock::new(engine.vocabulary()));
        Session { ui, engine, access, parameters, settings, places, programs, last: None, depth: 0, vocabulary }
    }

    pub fn ui(&self) -> &'a Ui {
        self.ui
    }

    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// A path that a command names; `~/` is the user's home.
    pub fn path(&self, named: &str) -> PathBuf {
        match (named.strip_prefix("~/"), &self.places.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => self.places.working_folder.join(named),
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
            *vocabulary.write() = engine.vocabulary();
        });
    }

    /// Takes over what the last statement made known.
    pub fn update_vocabulary(&self) {
        *self.vocabulary.write() = self.engine.vocabulary();
    }

    /// Whether answers can't be written any more, by which the session has lost its reader.
    pub fn output_is_lost(&self) -> bool {
        self.ui.options().width.is_none()
    }
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
