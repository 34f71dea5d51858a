//! A CASE that chooses among constants by comparisons is computed for whole batches.
//!
//! The engine leaves the rows out that a condition has decided before it looks at the next one, and puts the results
//! together from as many pieces. Where conditions only compare, and results are constants, that costs several times what
//! it spares. Owns the expression that looks at every condition for all rows, and the rule that puts it into projections.
//! It must not take on what could fail.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch, UInt8Array};
use arrow::buffer::{Buffer, ScalarBuffer};
use arrow::compute::{prep_null_mask_filter, take};
use arrow::datatypes::{DataType, Schema};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, ScalarValue, internal_datafusion_err};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::expressions::{CaseExpr, Literal};
use datafusion::physical_expr::{Partitioning, PhysicalExpr};
use datafusion::physical_plan::ExecutionPlanProperties;
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};

use super::Plan;
use super::refined_scans::is_safe_condition;
use crate::scan::Expression;

/// The same projection with such expressions in place of the engine's.
pub(super) fn rewrite(node: Plan) -> Result<Transformed<Plan>> {
    let Some(projection) = node.downcast_ref::<ProjectionExec>() else { return Ok(Transformed::no(node)) };
    if knows_of_cases(projection.input())? {
        return Ok(Transformed::no(node));
    }
    let mut is_changed = false;
    let mut outputs = Vec::with_capacity(projection.expr().len());
    for output in projection.expr() {
        let over = Arc::clone(&output.expr).transform_down(|part| Ok(ConstantCase::in_place_of(part)))?;
        is_changed |= over.transformed;
        outputs.push(ProjectionExpr::new(over.data, output.alias.clone()));
    }
    if !is_changed {
        return Ok(Transformed::no(node));
    }
    Ok(Transformed::yes(Arc::new(ProjectionExec::try_new(outputs, Arc::clone(projection.input()))?)))
}

/// Whether it is known of rows how they are sorted by a CASE, or divided by one, or what one is equal to. The steps above
/// a projection were planned with that, and it is known of the engine's own expression alone. The step that hands on what
/// was known, [`super::Gathering`], would hold back rows that a LIMIT above waits for.
fn knows_of_cases(rows: &Plan) -> Result<bool> {
    let known = rows.equivalence_properties();
    let sorted = known.oeq_class().iter().flat_map(|ordering| ordering.iter().map(|by| &by.expr));
    let equal = known.eq_group().iter().flat_map(|class| class.iter());
    let divided = match rows.output_partitioning() {
        Partitioning::Hash(by, _) => by.as_slice(),
        _ => &[],
    };
    for expression in sorted.chain(equal).chain(divided) {
        if expression.exists(|part| Ok(part.is::<CaseExpr>()))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A [`CaseExpr`] without a base expression, whose conditions can't fail and whose results are literals.
#[derive(Debug, Eq)]
struct ConstantCase {
    case: Expression,
}

impl ConstantCase {
    fn in_place_of(expression: Expression) -> Transformed<Expression> {
        let is_such = expression.downcast_ref::<CaseExpr>().is_some_and(|case| {
            let mut branches = case.when_then_expr().iter();
            case.expr().is_none()
                && case.when_then_expr().len() < usize::from(u8::MAX)
                && case.else_expr().is_none_or(|result| result.is::<Literal>())
                && branches.all(|(condition, result)| is_safe_condition(condition) && result.is::<Literal>())
        });
        match is_such {
            // The engine's own case stays inside, and is not to be looked at again.
            true => Transformed::new(Arc::new(ConstantCase { case: expression }), true, TreeNodeRecursion::Jump),
            false => Transformed::no(expression),
        }
    }
}

impl PartialEq for ConstantCase {
    fn eq(&self, other: &ConstantCase) -> bool {
        *self.case == *other.case
    }
}

impl Hash for ConstantCase {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.case.hash(state);
    }
}

/// As the engine shows the CASE itself.
impl fmt::Display for ConstantCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.case.fmt(f)
    }
}

impl PhysicalExpr for ConstantCase {
    fn data_type(&self, schema: &Schema) -> Result<DataType> {
        self.case.data_type(schema)
    }

    fn nullable(&self, schema: &Schema) -> Result<bool> {
        self.case.nullable(schema)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let case = self.case.downcast_ref::<CaseExpr>().ok_or_else(|| internal_datafusion_err!("a CASE"))?;
        let data_type = case.data_type(batch.schema_ref())?;
        let mut results = vec![match case.else_expr() {
            Some(result) => constant(result, &data_type)?,
            None => ScalarValue::try_new_null(&data_type)?,
        }];
        // For each row the place of its result. The first condition that is met counts, and so is noted last.
        let mut chosen = Chosen::none(batch.num_rows());
        for (place, (condition, result)) in (1..=u8::MAX).zip(case.when_then_expr().iter().rev()) {
            chosen.choose(&condition.evaluate(batch)?, place);
            results.push(constant(result, &data_type)?);
        }
        let results = ScalarValue::iter_to_array(results)?;
        Ok(ColumnarValue::Array(take(&results, &chosen.into_places(), None)?))
    }

    fn children(&self) -> Vec<&Expression> {
        self.case.children()
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Expression>) -> Result<Expression> {
        Ok(Self::in_place_of(Arc::clone(&self.case).with_new_children(children)?).data)
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.case.fmt_sql(f)
    }
}

/// A number for each row, eight of them in a word: row 0 is in the lowest byte, whatever the machine's order.
struct Chosen {
    words: Vec<u64>,
    rows: usize,
}

/// A byte eight times over, times that byte.
const EACH: u64 = 0x0101_0101_0101_0101;

impl Chosen {
    /// Zero for each row.
    fn none(rows: usize) -> Chosen {
        Chosen { words: vec![0; rows.div_ceil(8)], rows }
    }

    /// Notes `place` for the rows that meet a condition; NULL is met by none.
    fn choose(&mut self, condition: &ColumnarValue, place: u8) {
        let places = u64::from(place).wrapping_mul(EACH);
        match condition {
            ColumnarValue::Scalar(ScalarValue::Boolean(Some(true))) => self.words.fill(places),
            ColumnarValue::Scalar(_) => {}
            ColumnarValue::Array(met) => {
                let met = met.as_boolean();
                let met = if met.null_count() > 0 { &prep_null_mask_filter(met) } else { met };
                let bytes = met.values().bit_chunks().iter_padded().flat_map(u64::to_le_bytes);
                // Without a branch: which rows meet it can't be foreseen.
                for (word, bits) in self.words.iter_mut().zip(bytes) {
                    *word ^= (*word ^ places) & spread(bits);
                }
            }
        }
    }

    fn into_places(self) -> UInt8Array {
        let bytes: Vec<u64> = self.words.into_iter().map(u64::to_le).collect();
        UInt8Array::new(ScalarBuffer::new(Buffer::from_vec(bytes), 0, self.rows), None)
    }
}

/// For each bit a byte, the lowest first: 255 where the bit is set, else 0.
fn spread(bits: u8) -> u64 {
    // Of each byte one bit is left, and carried to its highest; as it is the only one, nothing is carried further.
    let one_of_each = u64::from(bits).wrapping_mul(EACH) & 0x8040_2010_0804_0201;
    let highest = one_of_each.wrapping_add(EACH.wrapping_mul(0x7f)) & EACH.wrapping_mul(0x80);
    (highest >> 7).wrapping_mul(0xff)
}

fn constant(result: &Expression, data_type: &DataType) -> Result<ScalarValue> {
    let literal = result.downcast_ref::<Literal>().ok_or_else(|| internal_datafusion_err!("a literal"))?;
    literal.value().cast_to(data_type)
}

#[cfg(test)]
mod tests {
    use arrow::util::pretty::pretty_format_batches;
    use datafusion::physical_plan::collect;
    use datafusion::prelude::SessionContext;

    use super::*;

    #[test]
    fn each_bit_becomes_a_byte() {
        for bits in 0..=u8::MAX {
            let bytes = spread(bits).to_le_bytes();
            for (bit, byte) in bytes.into_iter().enumerate() {
                assert_eq!(byte, if bits >> bit & 1 == 1 { 0xff } else { 0 }, "{bits:08b}");
            }
        }
    }

    const FEW: &str =
        "select * from (values (1, true), (2, false), (3, null), (null, true), (7, null), (null, null)) as few(n, b)";

    /// Whether a CASE is replaced, after checking that the answer stays what it is by the engine's own plan.
    async fn is_replaced(case: &str, rows: &str) -> bool {
        let context = SessionContext::new();
        context.sql(&format!("create table rows as {rows}")).await.unwrap().collect().await.unwrap();
        let plan = context.sql(&format!("select n, {case} as c from rows")).await.unwrap();
        let plan = plan.create_physical_plan().await.unwrap();
        let replaced = Arc::clone(&plan).transform_up(rewrite).unwrap();
        assert_eq!(replaced.data.schema(), plan.schema());
        let mut answers = Vec::new();
        for plan in [replaced.data, plan] {
            let rows = collect(plan, context.task_ctx()).await.unwrap();
            answers.push(pretty_format_batches(&rows).unwrap().to_string());
        }
        assert_eq!(answers[0], answers[1], "{case}");
        replaced.transformed
    }

    #[tokio::test]
    async fn constants_are_chosen_by_the_first_condition_that_is_met() {
        for case in [
            "case when n <= 1 then 'a' when n <= 2 then 'b' when n <= 3 then 'c' else 'd' end",
            "case when n > 1 then 'a' when n > 2 then 'never' when b then 'a text that no view can hold inside' end",
            "case when n is null then null when not b then 'f' when n = 7 and b is null then '7' else 'x' end",
            "case when n > 100 then 1 when n < 3 or b then 2 else 3.5 end",
            "case when b then date '2020-01-01' when n = 3 then null end",
            "upper(case when n > 2 then 'many' when n > 1 then 'two' else 'one' end)",
            "case when n > 2 then 'many' else 'few' end",
        ] {
            assert!(is_replaced(case, FEW).await, "{case}");
        }
        let branches = |count: usize| (1..=count).map(|n| format!(" when n = {n} then 'a{n}'")).collect::<String>();
        for (count, expected) in [(254, true), (255, false)] {
            assert_eq!(is_replaced(&format!("case{} end", branches(count)), FEW).await, expected, "{count}");
        }
        for rows in [1, 7, 8, 9, 63, 64, 65, 1_000] {
            let rows = format!("select value as n from generate_series(1, {rows})");
            let case = "case when n > 60 and n <> 61 then 'many' when n <= 5 then 'few' when n < 60 then 'some' end";
            assert!(is_replaced(case, &rows).await, "{rows}");
        }
    }

    #[tokio::test]
    async fn what_could_fail_or_is_no_constant_stays_the_engines() {
        for case in [
            "case when n is null then 'none' when 6 / n > 2 then 'a' else 'b' end",
            "case when n > 1 then n when n > 2 then 3 else 4 end",
            "case n when 1 then 'a' when 2 then 'b' else 'c' end",
            "case when n > 1 then 'a' when n > 2 then 'b' else upper('c' || n) end",
        ] {
            assert!(!is_replaced(case, FEW).await, "{case}");
        }
    }
}
