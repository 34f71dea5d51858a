//! What a scan gives, in words that those of another scan can be compared with.
//!
//! A column is known by its name, whatever its place in the rows of one scan or another, so that places are all 0 here.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, internal_err};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::utils::reassign_expr_columns;
use datafusion::physical_expr::{ScalarFunctionExpr, conjunction_opt};
use datafusion::physical_expr_common::physical_expr::fmt_sql;

use super::Expression;
use crate::scan::provider::Projection;

/// Settings that every function here has, so that two calls differ by what they compute alone. None of the functions
/// that a scan computes looks at them.
static SETTINGS: LazyLock<Arc<ConfigOptions>> = LazyLock::new(Arc::default);

/// What a scan gives.
#[derive(Clone, Debug)]
pub struct Refinement {
    /// What it decodes.
    pub decoded: Arc<Projection>,
    /// It gives the rows that meet all of these.
    pub conditions: Vec<Expression>,
    /// What it gives of each of them.
    pub outputs: Vec<Expression>,
    /// The batches' schema: a field for each output.
    pub schema: SchemaRef,
}

impl Refinement {
    /// Every row as it is decoded.
    pub fn of(decoded: Arc<Projection>) -> Refinement {
        let outputs = decoded.schema.fields().iter().map(|field| column(field.name())).collect();
        Refinement { conditions: Vec::new(), outputs, schema: Arc::clone(&decoded.schema), decoded }
    }

    /// These outputs of the decoded rows that meet the conditions; columns are known by their names.
    pub fn new(decoded: Arc<Projection>, conditions: Vec<Expression>, outputs: Vec<Expression>) -> Result<Refinement> {
        let fields = outputs.iter().map(|output| field(output, &decoded.schema)).collect::<Result<Vec<_>>>()?;
        Ok(Refinement { conditions, outputs, schema: Arc::new(Schema::new(fields)), decoded })
    }

    /// Of the rows that it gives those that meet these conditions, too, and of them these outputs instead of its own, each
    /// over the fields of its schema.
    pub fn refined(&self, conditions: &[Expression], outputs: &[Expression]) -> Result<Refinement> {
        let over_decoded = |expressions: &[Expression]| {
            expressions.iter().map(|expression| self.over_decoded(expression)).collect::<Result<Vec<_>>>()
        };
        let conditions = [self.conditions.clone(), over_decoded(conditions)?].concat();
        Refinement::new(Arc::clone(&self.decoded), conditions, over_decoded(outputs)?)
    }

    /// What it computes beside the columns that it hands on, as SQL says it.
    pub fn computed(&self) -> impl Iterator<Item = String> {
        self.outputs.iter().filter(|output| !output.is::<Column>()).map(shown)
    }

    /// Its conditions as SQL says them.
    pub fn shown_conditions(&self) -> Option<String> {
        conjunction_opt(self.conditions.iter().cloned()).as_ref().map(shown)
    }

    fn over_decoded(&self, expression: &Expression) -> Result<Expression> {
        let over = Arc::clone(expression).transform_down(|part| {
            let Some(column) = part.downcast_ref::<Column>() else { return Ok(Transformed::no(part)) };
            match self.outputs.get(column.index()) {
                Some(output) => Ok(Transformed::new(Arc::clone(output), true, TreeNodeRecursion::Jump)),
                None => internal_err!("a scan gives no column {}", column.index()),
            }
        })?;
        let comparable = over.data.transform_up(|part| {
            let Some(call) = part.downcast_ref::<ScalarFunctionExpr>() else { return Ok(Transformed::no(part)) };
            let (function, arguments) = (Arc::new(call.fun().clone()), call.args().to_vec());
            let field = part.return_field(&self.decoded.schema)?;
            let call = ScalarFunctionExpr::new(call.name(), function, arguments, field, Arc::clone(&SETTINGS));
            Ok(Transformed::yes(Arc::new(call) as Expression))
        })?;
        Ok(comparable.data)
    }
}

/// The field of an output over rows of that schema.
fn field(output: &Expression, decoded: &Schema) -> Result<FieldRef> {
    if let Some(column) = output.downcast_ref::<Column>() {
        return Ok(Arc::new(decoded.field_with_name(column.name())?.clone()));
    }
    let field = reassign_expr_columns(Arc::clone(output), decoded)?.return_field(decoded)?;
    Ok(Arc::new(field.as_ref().clone().with_name(shown(output))))
}

/// A column in an expression that can be compared.
pub fn column(name: &str) -> Expression {
    Arc::new(Column::new(name, 0))
}

fn shown(expression: &Expression) -> String {
    fmt_sql(expression.as_ref()).to_string()
}
