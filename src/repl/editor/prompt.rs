//! What stands before the cursor.

use std::borrow::Cow;

use reedline::{Prompt, PromptEditMode, PromptHistorySearch, PromptHistorySearchStatus, PromptViMode};

/// What stands before the first line of a statement.
pub const FIRST: &str = "pinq> ";
/// What stands before its other lines.
pub const NEXT: &str = "  ..> ";

/// The same before every statement.
pub struct PinqPrompt;

impl Prompt for PinqPrompt {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        "pinq".into()
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        "".into()
    }

    fn render_prompt_indicator(&self, mode: PromptEditMode) -> Cow<'_, str> {
        match mode {
            PromptEditMode::Vi(PromptViMode::Normal | PromptViMode::Visual) => ": ",
            _ => "> ",
        }
        .into()
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        NEXT.into()
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        let found = match search.status {
            PromptHistorySearchStatus::Passing => "search",
            PromptHistorySearchStatus::Failing => "nothing found",
        };
        format!("({found}: {}) ", search.term).into()
    }
}
