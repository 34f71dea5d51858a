//! The plan of EXPLAIN as text: its lines are long and already drawn as a tree, which a table would break.

use std::io::Write;

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Schema};
use arrow::record_batch::RecordBatch;

use super::{Encoder, Sink, Written};
use crate::error::{Error, Result};
use crate::printable;

/// Whether an answer is a plan.
pub(super) fn is_plan(schema: &Schema) -> bool {
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    names == ["plan_type", "plan"]
}

/// Writes each plan below its type.
pub(super) struct PlanEncoder {
    sink: Sink,
    rows: u64,
}

impl PlanEncoder {
    pub(super) fn new(sink: Sink) -> Self {
        PlanEncoder { sink, rows: 0 }
    }
}

impl Encoder for PlanEncoder {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let text = |column: usize| cast(batch.column(column), &DataType::Utf8);
        let (kinds, plans) = text(0)
            .and_then(|kinds| Ok((kinds, text(1)?)))
            .map_err(|error| Error::statement("a plan is no text").because(error))?;
        let (kinds, plans) = (kinds.as_string::<i32>(), plans.as_string::<i32>());
        for row in 0..batch.num_rows() {
            let blank = if self.rows > 0 { "\n" } else { "" };
            writeln!(self.sink, "{blank}{}", printable::one_line(kinds.value(row)))?;
            if plans.is_valid(row) {
                writeln!(self.sink, "{}", printable::lines(plans.value(row).trim_end()))?;
            }
            self.rows += 1;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<Written> {
        self.sink.flush()?;
        Ok(Written { rows: self.rows })
    }
}
