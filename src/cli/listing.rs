//! Where the answers go that pinq itself makes, such as the list of tables: in the same formats and to the same places
//! as answers to SQL.

use std::io::Write;

use super::options::CommonArgs;
use crate::config::Environment;
use crate::destination::Output;
use crate::error::Result;
pub use crate::output::ReportColumn;
use crate::output::{self, Format};
use crate::store::Stores;
use crate::ui::Ui;

/// Where such an answer goes, known before the work for it is done.
pub struct Listing<'a> {
    ui: &'a Ui,
    output: Output,
}

impl<'a> Listing<'a> {
    /// A listing to where the arguments say.
    pub fn new(ui: &'a Ui, common: &CommonArgs, environment: &Environment) -> Result<Listing<'a>> {
        Ok(Listing { ui, output: common.output(ui, environment)? })
    }

    /// What it is written as.
    pub fn format(&self) -> Format {
        self.output.format
    }

    /// The width of the terminal that it goes to, if it does.
    pub fn width(&self) -> Option<usize> {
        self.output.options.width
    }

    /// Writes lines that are drawn already, as the answer called `name`.
    pub async fn write_lines(self, stores: &Stores, name: &str, lines: Vec<String>) -> Result<()> {
        let draft = self.output.draft(name)?;
        let mut sink = draft.sink(self.ui)?;
        for line in lines {
            writeln!(sink, "{line}")?;
        }
        sink.flush()?;
        drop(sink);
        draft.commit(stores).await
    }

    /// Writes the columns, which have equally many rows, as the answer called `name`.
    pub async fn write(self, stores: &Stores, name: &str, columns: Vec<ReportColumn>) -> Result<()> {
        let Listing { ui, output } = self;
        let batch = output::report(columns)?;
        let draft = output.draft(name)?;
        let mut encoder = output::encoder(output.format, batch.schema(), draft.sink(ui)?, &output.options)?;
        encoder.write(&batch)?;
        encoder.finish()?;
        draft.commit(stores).await
    }
}
