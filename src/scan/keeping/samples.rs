//! Small scans and rows that are kept, for the tests beside this file.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use datafusion::execution::memory_pool::{GreedyMemoryPool, MemoryConsumer, MemoryPool};
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, lit};

use super::kept_batch::{Allowance, CONSUMER, KeptBatch, KeptTables};
use crate::column::{Column, ColumnType};
use crate::scan::provider::Projection;
use crate::scan::refining::{Expression, Refinement, column};

/// A condition on the column a.
pub fn above(least: i64) -> Expression {
    Arc::new(BinaryExpr::new(column("a"), Operator::Gt, lit(least)))
}

/// A scan that gives these of the columns a and b, of the rows that meet these conditions.
pub fn scan(outputs: &[&str], conditions: Vec<Expression>) -> Refinement {
    let columns = ["a", "b"].map(|name| Column::new(name, ColumnType::BigInt)).to_vec();
    let decoded = Arc::new(Projection::of(columns, Vec::new(), Vec::new()));
    Refinement::new(decoded, conditions, outputs.iter().map(|name| column(name)).collect()).unwrap()
}

/// Batches of so many rows with both columns, b ten times a.
pub fn kept(allowance: &Allowance, sizes: &[i64]) -> Vec<Arc<KeptBatch>> {
    let mut next = 0;
    let batch = |size: &i64| {
        let numbers = Int64Array::from_iter_values(next..next + size);
        next += size;
        let tens = Int64Array::from_iter_values(numbers.values().iter().map(|number| number * 10));
        let columns: Vec<ArrayRef> = vec![Arc::new(numbers), Arc::new(tens)];
        let batch = RecordBatch::try_new(scan(&["a", "b"], Vec::new()).schema, columns).unwrap();
        Arc::new(allowance.keep(batch).unwrap_or_else(|batch| batch))
    };
    sizes.iter().map(batch).collect()
}

/// Half of so much memory, for what is kept, and the pool that has it.
pub fn allowance(limit: usize) -> (Arc<Allowance>, Arc<dyn MemoryPool>) {
    let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(limit));
    let reservation = MemoryConsumer::new(CONSUMER).register(&pool);
    (Arc::new(Allowance::new(&KeptTables::default(), &pool, reservation)), pool)
}
