//! `median` up to a share of the memory: beyond it, the statement is to sort rather than to list values.
//!
//! Owns that bound. It must not compute: all else is the engine's own `median`.
//!
//! Without it the engine finds out too late. Partial lists are handed on as single rows, which are copied from step to
//! step, spilled and read again as wholes: 50 million values under a limit of 256 MB took 960 MB before they failed.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray};
use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::functions_aggregate::median::median_udaf;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, EmitTo, GroupsAccumulator, Signature,
};

use crate::ui::human;

/// Of the memory limit, what the values of one partition may take.
const SHARE: usize = 8;

/// The engine's `median` for a session of that memory limit, in bytes.
pub fn bounded_median(limit: usize) -> AggregateUDF {
    AggregateUDF::from(BoundedMedian { inner: median_udaf(), limit })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct BoundedMedian {
    inner: Arc<AggregateUDF>,
    limit: usize,
}

impl AggregateUDFImpl for BoundedMedian {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arguments)
    }

    fn state_fields(&self, arguments: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        self.inner.state_fields(arguments)
    }

    fn accumulator(&self, arguments: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(BoundedOne { inner: self.inner.accumulator(arguments)?, limit: self.limit }))
    }

    fn create_sliding_accumulator(&self, arguments: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        self.inner.create_sliding_accumulator(arguments)
    }

    fn groups_accumulator_supported(&self, arguments: AccumulatorArgs<'_>) -> bool {
        self.inner.groups_accumulator_supported(arguments)
    }

    fn create_groups_accumulator(&self, arguments: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        let inner = self.inner.create_groups_accumulator(arguments)?;
        Ok(Box::new(Bounded { inner, limit: self.limit, rows: 0 }))
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.inner.documentation()
    }
}

/// Lists of values that are refused where they grow too long.
struct Bounded {
    inner: Box<dyn GroupsAccumulator>,
    limit: usize,
    /// Rows since the size was looked at, which takes a look at every group.
    rows: usize,
}

/// Rows after which the size is looked at again.
const LOOK_AFTER: usize = 64 << 10;

impl Bounded {
    fn check(&mut self, rows: usize) -> Result<()> {
        self.rows = self.rows.saturating_add(rows);
        if self.rows < LOOK_AFTER {
            return Ok(());
        }
        self.rows = 0;
        allow(self.inner.size(), self.limit)
    }
}

/// Refuses more than the share of a limit, as a pool would.
fn allow(size: usize, limit: usize) -> Result<()> {
    let most = limit / SHARE;
    if size <= most {
        return Ok(());
    }
    Err(DataFusionError::ResourcesExhausted(format!(
        "the memory limit gives a `median` an eighth, {}, and its values have {}",
        human::bytes(most as u64),
        human::bytes(size as u64),
    )))
}

/// The one list of a median without groups.
#[derive(Debug)]
struct BoundedOne {
    inner: Box<dyn Accumulator>,
    limit: usize,
}

impl Accumulator for BoundedOne {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.inner.update_batch(values)?;
        allow(self.inner.size(), self.limit)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.inner.evaluate()
    }

    fn size(&self) -> usize {
        self.inner.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.inner.state()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.inner.merge_batch(states)?;
        allow(self.inner.size(), self.limit)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.inner.retract_batch(values)
    }

    fn supports_retract_batch(&self) -> bool {
        self.inner.supports_retract_batch()
    }
}

impl GroupsAccumulator for Bounded {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        self.inner.update_batch(values, groups, filter, total)?;
        self.check(groups.len())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        self.inner.evaluate(emit_to)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        self.inner.state(emit_to)
    }

    fn merge_batch(&mut self, values: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.inner.merge_batch(values, groups, total)?;
        // A row is a list, however long.
        self.check(LOOK_AFTER)
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        self.inner.convert_to_state(values, filter)
    }

    fn size(&self) -> usize {
        self.inner.size()
    }
}
