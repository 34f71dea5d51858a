//! Stores for statements that name a location themselves, which `--allow-write` permits.

use datafusion::common::DataFusionError;
use datafusion::logical_expr::{DdlStatement, LogicalPlan};
use datafusion::prelude::SessionContext;
use url::Url;

use crate::location::Location;
use crate::store::Stores;

/// Makes the bucket that `COPY TO` or `CREATE EXTERNAL TABLE` names known to DataFusion.
pub async fn register_stores(
    context: &SessionContext,
    stores: &Stores,
    plan: &LogicalPlan,
) -> Result<(), DataFusionError> {
    let named = match plan {
        LogicalPlan::Copy(copy) => copy.output_url.as_str(),
        LogicalPlan::Ddl(DdlStatement::CreateExternalTable(table)) => match table.locations.first() {
            Some(location) => location.as_str(),
            None => return Ok(()),
        },
        _ => return Ok(()),
    };
    let Ok(url) = Url::parse(named) else { return Ok(()) };
    let (Some(bucket), "s3") = (url.host_str(), url.scheme()) else { return Ok(()) };
    let location = Location::S3 { bucket: bucket.to_owned(), prefix: String::new() };
    let store = stores.open(&location).await.map_err(|error| DataFusionError::External(Box::new(error)))?;
    if let (Some(object_store), Ok(base)) = (store.object_store(), Url::parse(&format!("s3://{bucket}"))) {
        context.register_object_store(&base, object_store);
    }
    Ok(())
}
