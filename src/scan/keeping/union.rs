//! What the scans of a table that are to come want of it, in all.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::physical_expr::ScalarFunctionExpr;
use datafusion::physical_expr::expressions::Column;

use crate::scan::provider::Projection;
use crate::scan::refining::{Expression, Refinement, add_new};

/// The scans of a table, and the least from which the rows of each can be made.
///
/// A name means one column of a table, whichever scan says it: where a record holds a key with the name of a
/// metadata column, no scan has that metadata column.
#[derive(Clone, Debug, Default)]
pub struct Union {
    scans: Vec<Arc<Refinement>>,
}

impl Union {
    /// Adds what a scan wants.
    pub fn add(&mut self, scan: &Arc<Refinement>) {
        self.scans.push(Arc::clone(scan));
    }

    /// Those of `scans` that ask the same of rows as `first`, which is among them.
    pub fn of_the_same_rows<'a>(
        first: &Arc<Refinement>,
        scans: impl IntoIterator<Item = &'a Arc<Refinement>>,
    ) -> Union {
        let asks = |one: &Refinement, other: &Refinement| {
            one.conditions.iter().all(|condition| other.conditions.contains(condition))
        };
        let mut union = Union { scans: vec![Arc::clone(first)] };
        let same = scans.into_iter().filter(|scan| asks(scan, first) && asks(first, scan));
        same.for_each(|scan| union.add(scan));
        union
    }

    /// A scan that gives all of it: of the rows that meet the conditions that all have in common whatever one of them
    /// gives, and what the conditions look at that it has for itself: columns, and what is computed of them.
    ///
    /// # Errors
    /// A scan gives something of a column that it does not decode.
    pub fn refinement(&self) -> Result<Refinement> {
        let mut conditions: Vec<Expression> = Vec::new();
        if let Some((first, others)) = self.scans.split_first() {
            let have = |condition: &&Expression| others.iter().all(|scan| scan.conditions.contains(*condition));
            conditions.extend(first.conditions.iter().filter(have).cloned());
        }
        let mut outputs: Vec<Expression> = Vec::new();
        for scan in &self.scans {
            let own = scan.conditions.iter().filter(|condition| !conditions.contains(condition));
            let looked_at = own.map(looked_at).collect::<Result<Vec<_>>>()?.into_iter().flatten();
            add_new(&mut outputs, scan.outputs.iter().cloned().chain(looked_at));
        }
        Refinement::new(Arc::new(self.decoded()), conditions, outputs)
    }

    fn decoded(&self) -> Projection {
        let (mut columns, mut origin, mut unread) = (Vec::new(), Vec::new(), Vec::new());
        for scan in &self.scans {
            add_new(&mut columns, scan.decoded.columns.iter().cloned());
            add_new(&mut origin, scan.decoded.origin.iter().cloned());
            add_new(&mut unread, scan.decoded.unread.iter().cloned());
        }
        unread.retain(|column| !columns.contains(column));
        Projection::of(columns, origin, unread)
    }
}

/// The calls of a condition, and the columns beside them: a value that was computed is not computed again.
fn looked_at(condition: &Expression) -> Result<Vec<Expression>> {
    let mut looked_at = Vec::new();
    condition.apply(|part| {
        if !part.is::<ScalarFunctionExpr>() && !part.is::<Column>() {
            return Ok(TreeNodeRecursion::Continue);
        }
        looked_at.push(Arc::clone(part));
        Ok(TreeNodeRecursion::Jump)
    })?;
    Ok(looked_at)
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch};
    use datafusion::logical_expr::Operator;
    use datafusion::physical_expr::expressions::{BinaryExpr, NotExpr, lit};

    use super::*;
    use crate::column::{Column, ColumnType};
    use crate::scan::objects::{MetadataColumn, OriginColumn};
    use crate::scan::refining::{Narrowing, column};

    fn projection(read: &[&str], origin: Vec<OriginColumn>, unread: &[&str]) -> Arc<Projection> {
        let columns = |names: &[&str]| names.iter().map(|name| Column::new(*name, ColumnType::BigInt)).collect();
        Arc::new(Projection::of(columns(read), origin, columns(unread)))
    }

    /// A scan that reads these columns as numbers, and which records are repeats.
    fn with_repeats(read: &[&str], unread: &[&str]) -> Refinement {
        Refinement::of(projection(read, vec![OriginColumn::Metadata(MetadataColumn::Repeat)], unread))
    }

    fn union(scans: impl IntoIterator<Item = Refinement>) -> Refinement {
        let mut union = Union::default();
        scans.into_iter().for_each(|scan| union.add(&Arc::new(scan)));
        union.refinement().unwrap()
    }

    fn names(refinement: &Refinement) -> Vec<String> {
        refinement.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    /// A column of a scan's batches, by its place.
    fn place(name: &str, place: usize) -> Expression {
        Arc::new(datafusion::physical_expr::expressions::Column::new(name, place))
    }

    fn above(column: Expression, least: i64) -> Expression {
        Arc::new(BinaryExpr::new(column, Operator::Gt, lit(least)))
    }

    fn numbers(numbers: &[i64]) -> ArrayRef {
        Arc::new(Int64Array::from(numbers.to_vec()))
    }

    #[test]
    fn a_union_holds_each_column_once_and_serves_each_scan() {
        let first = with_repeats(&["a", "b"], &["c", "d"]);
        let second = Refinement::of(projection(&["b", "c"], Vec::new(), &["a", "d"]));
        let union = union([first.clone(), second.clone()]);
        assert_eq!(names(&union), ["a", "b", "_repeat", "c"]);
        assert_eq!(union.decoded.unread, [Column::new("d", ColumnType::BigInt)]);

        let flags = Arc::new(BooleanArray::from(vec![true]));
        let columns = vec![numbers(&[1]), numbers(&[2]), flags as ArrayRef, numbers(&[3])];
        let batch = RecordBatch::try_new(Arc::clone(&union.schema), columns).unwrap();
        let narrow = Narrowing::between(&union, &second).unwrap().unwrap().narrow(&batch).unwrap();
        assert_eq!(narrow.schema(), second.schema);
        assert_eq!(narrow.columns(), [numbers(&[2]), numbers(&[3])]);
        assert!(Narrowing::between(&second, &first).unwrap().is_none());
    }

    #[test]
    fn a_scan_of_no_column_keeps_the_number_of_rows() {
        let wide = Refinement::of(projection(&["a"], Vec::new(), &[]));
        let none = Refinement::of(projection(&[], Vec::new(), &[]));
        let batch = RecordBatch::try_new(Arc::clone(&wide.schema), vec![numbers(&[1, 2])]).unwrap();
        let narrow = |narrow: &Refinement| Narrowing::between(&wide, narrow).unwrap().unwrap().narrow(&batch).unwrap();
        assert_eq!(narrow(&none).num_rows(), 2);
        let some = Refinement::new(Arc::clone(&wide.decoded), vec![above(column("a"), 1)], Vec::new()).unwrap();
        assert_eq!((narrow(&some).num_rows(), narrow(&some).num_columns()), (1, 0));
    }

    #[test]
    fn what_all_scans_ask_of_rows_is_asked_once_and_the_rest_by_each() {
        let not_repeated = |at: usize| Arc::new(NotExpr::new(place("_repeat", at))) as Expression;
        let first = with_repeats(&["a"], &["b"]).refined(&[not_repeated(1)], &[place("a", 0)]).unwrap();
        let second = with_repeats(&["a", "b"], &[]);
        let second = second.refined(&[above(place("b", 1), 5), not_repeated(2)], &[place("a", 0)]).unwrap();
        let union = union([first.clone(), second.clone()]);
        assert_eq!(union.shown_conditions().as_deref(), Some("NOT _repeat"));
        assert_eq!(names(&union), ["a", "b"]);

        let flags = Arc::new(BooleanArray::from(vec![false, false, true])) as ArrayRef;
        let columns = vec![numbers(&[1, 2, 3]), numbers(&[5, 6, 7]), flags];
        let decoded = RecordBatch::try_new(Arc::clone(&union.decoded.schema), columns).unwrap();
        let kept = Narrowing::of(&union).unwrap().narrow(&decoded).unwrap();
        assert_eq!(kept.columns(), [numbers(&[1, 2]), numbers(&[5, 6])]);
        let narrow = |scan: &Refinement| Narrowing::between(&union, scan).unwrap().unwrap().narrow(&kept).unwrap();
        assert_eq!(narrow(&first).columns(), [numbers(&[1, 2])]);
        assert_eq!(narrow(&second).columns(), [numbers(&[2])]);
        // Rows that it wants are not there.
        assert!(Narrowing::between(&union, &with_repeats(&["a"], &["b"])).unwrap().is_none());
    }

    #[test]
    fn scans_of_the_same_rows_are_those_with_the_same_conditions() {
        let scan = |read: &[&str], conditions: &[Expression]| {
            Arc::new(
                Refinement::new(projection(read, Vec::new(), &[]), conditions.to_vec(), vec![column(read[0])]).unwrap(),
            )
        };
        let (above, other) = (above(column("a"), 1), above(column("a"), 2));
        let first = scan(&["a"], std::slice::from_ref(&above));
        let others = [
            scan(&["b", "a"], std::slice::from_ref(&above)),
            scan(&["c", "a"], &[]),
            scan(&["d", "a"], &[above, other]),
        ];
        let union = Union::of_the_same_rows(&first, &others).refinement().unwrap();
        assert_eq!((names(&union), union.conditions.len()), (vec!["a".to_owned(), "b".to_owned()], 1));
    }

    #[test]
    fn what_a_scan_computes_is_kept_in_the_place_of_its_column() {
        let scan = |read: &[&str], at: usize, least: i64| {
            let outputs = [above(place("b", at), least)];
            Refinement::of(projection(read, Vec::new(), &[])).refined(&[], &outputs).unwrap()
        };
        let (first, second, third) = (scan(&["b"], 0, 5), scan(&["a", "b"], 1, 5), scan(&["b"], 0, 6));
        let union = union([first, second.clone()]);
        assert_eq!(names(&union), ["b > 5"]);
        let columns = vec![numbers(&[5, 6]), numbers(&[0, 0])];
        let decoded = RecordBatch::try_new(Arc::clone(&union.decoded.schema), columns).unwrap();
        let kept = Narrowing::of(&union).unwrap().narrow(&decoded).unwrap();
        let given = Narrowing::between(&union, &second).unwrap().unwrap().narrow(&kept).unwrap();
        assert_eq!(given.column(0).as_ref(), &BooleanArray::from(vec![false, true]));
        assert!(Narrowing::between(&union, &third).unwrap().is_none());
    }
}
