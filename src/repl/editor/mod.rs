//! How lines are read: reedline on a terminal that can be painted on, plain lines elsewhere.
//!
//! The only room that names reedline. It must not run anything: a line is a value.

mod colours;
mod complete;
mod history;
mod plain;
mod prompt;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crossterm::terminal::{enable_raw_mode, is_raw_mode_enabled};
use parking_lot::RwLock;
use reedline::{
    ColumnarMenu, DefaultHinter, EditCommand, EditMode, Emacs, HistoryItem, InputMode, KeyCode, KeyModifiers,
    Keybindings, MenuBuilder, Reedline, ReedlineEvent, ReedlineMenu, Signal, ValidationResult, Validator, Vi,
    default_emacs_keybindings, default_vi_insert_keybindings, default_vi_normal_keybindings,
};

use super::pieces;
use super::session::Surroundings;
use crate::engine::Vocabulary;
use crate::error::{Error, Result};
use crate::ui::{Colour, while_ours};

pub use colours::painted_sql;
use history::Lasting;
use plain::PlainLines;
pub use prompt::FIRST;
use prompt::PinqPrompt;

const MENU: &str = "completion";

/// What a text begins with that the history does not take.
pub const PRIVATE_MARK: char = ' ';

/// How keys are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keys {
    /// As Emacs reads them.
    #[default]
    Emacs,
    /// As vi reads them.
    Vi,
}

/// What can be done with the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// Painted on.
    Painted,
    /// Written to line by line: `TERM=dumb`, or one that standard output does not lead to.
    Lines,
}

/// How lines are read.
#[derive(Clone, Debug)]
pub struct EditorOptions {
    /// What the terminal can do.
    pub surface: Surface,
    /// Whether it is coloured.
    pub colour: Colour,
    /// Where lines are kept from session to session, if anywhere.
    pub history: Option<PathBuf>,
}

/// What a user submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A text: commands and whole statements.
    Text(String),
    /// Nothing: the line was given up.
    Cleared,
    /// There is no more.
    End,
}

/// Reads what a user submits.
pub struct Editor {
    reader: Reader,
    keys: Keys,
}

enum Reader {
    Painted(Box<Reedline>),
    Lines(PlainLines),
}

impl Editor {
    /// An editor whose completion offers what `vocabulary` holds at that moment, and why it does without a history
    /// where that can't be used.
    pub fn open(
        options: EditorOptions,
        vocabulary: Arc<RwLock<Vocabulary>>,
        surroundings: Arc<RwLock<Surroundings>>,
    ) -> (Editor, Option<Error>) {
        let keys = Keys::default();
        if options.surface == Surface::Lines {
            return (Editor { reader: Reader::Lines(PlainLines::default()), keys }, None);
        }
        let (history, trouble) = match options.history.clone().map(Lasting::open) {
            Some(Ok(history)) => (Some(history), None),
            Some(Err(error)) => (None, Some(error)),
            None => (None, None),
        };
        let painted = painted(options, history, keys, vocabulary, surroundings);
        (Editor { reader: Reader::Painted(Box::new(painted)), keys }, trouble)
    }

    /// Tells that Ctrl-C was pressed while a line is read, where it comes as a signal: what was typed counts no more.
    pub fn giving_up(&self) -> Option<Arc<AtomicBool>> {
        match &self.reader {
            Reader::Painted(_) => None,
            Reader::Lines(lines) => Some(lines.given_up()),
        }
    }

    /// Reads keys that way from the next line on.
    pub fn use_keys(&mut self, keys: Keys) {
        if self.keys == keys {
            return;
        }
        self.keys = keys;
        if let Reader::Painted(reedline) = &mut self.reader {
            let plain = std::mem::replace(reedline.as_mut(), Reedline::create());
            **reedline = plain.with_edit_mode(edit_mode(keys));
        }
    }

    /// Puts a text into the history, as if it had been typed: not if it begins with a blank.
    pub fn remember(&mut self, text: &str) {
        if text.starts_with(PRIVATE_MARK) {
            return;
        }
        if let Reader::Painted(reedline) = &mut self.reader {
            // That it can't be kept is no reason to stop.
            let _unkept = reedline.history_mut().save(HistoryItem::from_command_line(text.trim_end()));
            let _unkept = reedline.sync_history();
        }
    }

    /// Waits for a line, which begins with `draft`.
    ///
    /// # Errors
    /// The terminal fails.
    pub fn read(&mut self, draft: Option<&str>) -> Result<Line> {
        let reedline = match &mut self.reader {
            Reader::Lines(lines) => return lines.read(draft),
            Reader::Painted(reedline) => reedline,
        };
        if let Some(draft) = draft {
            reedline.run_edit_commands(&[EditCommand::InsertString(draft.to_owned())]);
        }
        // Here, where it can be refused: the line editor finds it done. Once the process ends, no line is read any more.
        let Some(taken) = while_ours(enable_raw_mode) else { return Ok(Line::End) };
        match taken.and_then(|()| reedline.read_line(&PinqPrompt)) {
            Ok(Signal::Success(text)) => {
                // A line is kept at once, so that no way of ending loses it. That it can't be is no reason to stop.
                let _unkept = reedline.sync_history();
                Ok(Line::Text(text))
            }
            Ok(Signal::CtrlC) => Ok(Line::Cleared),
            Ok(_) => Ok(Line::End),
            Err(error) => Err(Error::statement("the terminal can't be read").because(error)),
        }
    }
}

/// Leaves the line that is being read while the process ends: the screen without what belongs to a line. The terminal's
/// driver is not its own to give back.
pub fn leave_line() {
    // Elsewhere nothing was asked of the terminal, and nothing odd may be written to it.
    if !is_raw_mode_enabled().unwrap_or(false) {
        return;
    }
    // Pastes are marked by what standard output is told; the line stands on it, too.
    let _unheard = crossterm::execute!(
        std::io::stdout(),
        crossterm::event::DisableBracketedPaste,
        crossterm::cursor::Show,
        crossterm::style::Print("\r\n")
    );
}

fn painted(
    options: EditorOptions,
    history: Option<Lasting>,
    keys: Keys,
    vocabulary: Arc<RwLock<Vocabulary>>,
    surroundings: Arc<RwLock<Surroundings>>,
) -> Reedline {
    let has_colour = options.colour == Colour::Always;
    let menu = ColumnarMenu::default().with_name(MENU).with_columns(4).with_column_padding(2);
    // What stands after the cursor counts: the table whose column is being typed.
    let menu = menu.with_input_mode(InputMode::FullBuffer).with_marker("> ");
    let mut reedline = Reedline::create()
        .use_bracketed_paste(true)
        .with_ansi_colors(has_colour)
        .with_validator(Box::new(Submitted))
        .with_completer(Box::new(complete::Words::new(Arc::clone(&vocabulary), surroundings)))
        .with_quick_completions(true)
        .with_partial_completions(true)
        .with_menu(ReedlineMenu::EngineCompleter(Box::new(menu)))
        .with_highlighter(Box::new(colours::Colours::new(vocabulary)))
        .with_hinter(Box::new(DefaultHinter::default().with_style(colours::hint())))
        .with_history_exclusion_prefix(Some(PRIVATE_MARK.to_string()))
        .with_edit_mode(edit_mode(keys));
    if let Some(history) = history {
        reedline = reedline.with_history(Box::new(history));
    }
    reedline
}

fn edit_mode(keys: Keys) -> Box<dyn EditMode> {
    match keys {
        Keys::Emacs => Box::new(Emacs::new(bound(default_emacs_keybindings()))),
        Keys::Vi => Box::new(Vi::new(bound(default_vi_insert_keybindings()), default_vi_normal_keybindings())),
    }
}

/// The usual keys, and those of completion and of lines that are not submitted.
fn bound(mut bindings: Keybindings) -> Keybindings {
    let complete = ReedlineEvent::UntilFound(vec![ReedlineEvent::Menu(MENU.to_owned()), ReedlineEvent::MenuNext]);
    bindings.add_binding(KeyModifiers::NONE, KeyCode::Tab, complete);
    bindings.add_binding(KeyModifiers::SHIFT, KeyCode::BackTab, ReedlineEvent::MenuPrevious);
    let new_line = ReedlineEvent::Edit(vec![EditCommand::InsertNewline]);
    bindings.add_binding(KeyModifiers::ALT, KeyCode::Enter, new_line);
    bindings
}

/// Submits what the tokenizer finds complete.
struct Submitted;

impl Validator for Submitted {
    fn validate(&self, text: &str) -> ValidationResult {
        if pieces::is_complete(text) { ValidationResult::Complete } else { ValidationResult::Incomplete }
    }
}
