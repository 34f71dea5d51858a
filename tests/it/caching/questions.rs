//! Questions about a random landing, and their answers in a form that can be compared.

use arrow::array::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use futures::TryStreamExt;
use pinq::engine::{Access, Engine};
use pinq::sql::{self, Parameters};

use super::dice::Dice;

/// Columns that a question may ask for in any set.
const COLUMNS: [&str; 10] =
    ["n", "name", "price", "tag", "_line", "_offset", "_object", "_partition", "_size", "_last_modified"];

/// One run.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) text: String,
    /// Whether each run reads the same records of it, so that what is told of them is the same, too.
    pub(super) reads_all: bool,
}

impl Question {
    pub(super) fn any(dice: &mut Dice) -> Question {
        let all = |text: String| Question { text, reads_all: true };
        let few = |text: String| Question { text, reads_all: false };
        let partition = dice.below(4);
        match dice.below(17) {
            0 => all("select count(*) from landed.item".into()),
            1 => all("select count(*), sum(n), min(name), max(tag) from raw.item".into()),
            2..5 => {
                let mut columns = Vec::new();
                for column in COLUMNS {
                    if dice.one_in(3) {
                        columns.push(column);
                    }
                }
                columns.push(dice.of(&["n", "name", "_line"]));
                columns.dedup();
                let columns: Vec<String> =
                    columns.iter().enumerate().map(|(at, column)| format!("{column} as c{at}")).collect();
                all(format!("select {} from landed.{}", columns.join(", "), dice.of(&["item", "user"])))
            }
            5 => all("select count(*), count(*) filter (where _repeat), sum(n) filter (where not _repeat) \
                      from landed.item"
                .into()),
            6 => all("select n, name, count(*) from landed.item where not _repeat group by n, name".into()),
            7 => all("select _object, count(*), max(_line), max(_offset), min(_last_modified), max(_size), _topic \
                      from landed.item group by _object, _topic"
                .into()),
            8 => all(format!("select count(*), sum(n), min(price) from landed.item where _partition = {partition}")),
            9 => few(format!(
                "select n, name, _object, _line from landed.item order by _object desc, _line desc limit {}",
                1 + dice.below(50)
            )),
            10 => all("select i.name, count(*), sum(u.n) from raw.item as i join landed.user as u on i.n = u.n \
                       group by i.name"
                .into()),
            11 => all(format!(
                "select count(name) from landed.item; select sum(n) from landed.item where _partition = {partition}; \
                 set datafusion.execution.batch_size = {}; select count(*), max(tag) from landed.user; \
                 select max(price), count(*) from raw.item; select count(*) filter (where _repeat) from landed.item",
                dice.of(&[3, 100, 8192])
            )),
            12 => all("select count(*) from landed.item; \
                       select * from pinq.rejects"
                .into()),
            13 => {
                few("select count(*) from (select n from landed.item limit 3); select n from landed.user limit 0"
                    .into())
            }
            14 => all(format!(
                "select n, tag from landed.item where n < {} and _partition in ({partition}, 1) and name like '%b%'",
                dice.below(60)
            )),
            15 => all("select _rest, n from landed.item; select count(*), min(_rest) from raw.item".into()),
            _ => all(
                "select count(*) from landed.item as a join landed.item as b on a.n = b.n and a._object = b._object; \
                      select n, name, inner from landed.user"
                    .into(),
            ),
        }
    }

    /// Its answers, row by row in an order of their own, or that it failed.
    pub(super) async fn ask(&self, engine: &Engine) -> Result<Vec<String>, String> {
        let statements = sql::split(&self.text, "<sql>").map_err(|error| error.render())?;
        let parameters = Parameters::new();
        let mut series = engine.series([statements.as_slice()], &parameters, Access::ReadOnly);
        let mut all = Vec::new();
        for number in 0..statements.len() {
            let answer = series.start_next().await.map_err(|error| error.render())?;
            let batches: Vec<RecordBatch> = answer.try_collect().await.map_err(|error| error.render())?;
            let mut rows: Vec<String> = batches.iter().flat_map(|batch| rows(number, batch)).collect();
            rows.sort_unstable();
            all.append(&mut rows);
        }
        Ok(all)
    }
}

fn rows(number: usize, batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::new().with_null("NULL");
    let formatter = |column| ArrayFormatter::try_new(column, &options).expect("every type can be shown");
    let formatters: Vec<_> = batch.columns().iter().map(|column| formatter(column.as_ref())).collect();
    let row = |row| {
        let cells: Vec<String> = formatters.iter().map(|formatter| formatter.value(row).to_string()).collect();
        format!("{number}: {}", cells.join(" | "))
    };
    (0..batch.num_rows()).map(row).collect()
}
