//! All rows that are kept of a table, and what becomes of them as fewer scans are ahead.
//!
//! Owns the columns that are kept and the batches that hold all rows at once. It must not decide who reads what.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::common::Result;

use super::collected::Collected;
use super::kept_batch::{Allowance, KeptBatch};
use super::union::Union;
use crate::scan::refining::{Narrowing, Refinement};

/// A scan that has read nothing yet: what it gives, and how.
pub type Ahead = (Arc<Refinement>, Delivery);

/// How a scan hands on its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// In batches, as they come.
    InBatches,
    /// In one batch, where they are kept: who reads it does nothing before it has all of them.
    AtOnce,
}

/// The rows that every scan wants that was announced, and others that some do.
pub struct WholeRows {
    refinement: Arc<Refinement>,
    batches: Vec<Arc<KeptBatch>>,
    /// What of them was put into one batch, and will be read again.
    collected: Vec<Arc<Collected>>,
    allowance: Arc<Allowance>,
}

impl WholeRows {
    /// These batches, of which none has more columns than `refinement` says.
    pub fn new(refinement: &Arc<Refinement>, batches: Vec<Arc<KeptBatch>>, allowance: &Arc<Allowance>) -> WholeRows {
        let (refinement, allowance) = (Arc::clone(refinement), Arc::clone(allowance));
        WholeRows { refinement, batches, collected: Vec::new(), allowance }
    }

    /// The batches.
    pub fn batches(&self) -> &[Arc<KeptBatch>] {
        &self.batches
    }

    /// How what a scan gives is made of them; `None` where something is missing.
    ///
    /// # Errors
    /// Those of [`Narrowing::between`].
    pub fn narrowing(&self, scan: &Refinement) -> Result<Option<Narrowing>> {
        Narrowing::between(&self.refinement, scan)
    }

    /// The batch that holds all that a scan wants, with the way to it, and for the others that want the same rows at once
    /// what they give of them; `None` where it can't be made of what is kept.
    ///
    /// # Errors
    /// Those of putting one scan into the words of another.
    pub fn collected<'a, Others: Iterator<Item = &'a Ahead>>(
        &mut self,
        scan: &Arc<Refinement>,
        others: Others,
        threads: usize,
    ) -> Result<Option<(Arc<Collected>, Narrowing)>> {
        for collected in &self.collected {
            if let Some(narrowing) = collected.narrowing(scan)? {
                return Ok(Some((Arc::clone(collected), narrowing)));
            }
        }
        let is_served = |scan: &&Arc<Refinement>| self.narrowing(scan).is_ok_and(|narrowing| narrowing.is_some());
        let all = Union::of_the_same_rows(scan, at_once(others).filter(is_served)).refinement()?;
        let Some(narrowing) = self.narrowing(&all)? else { return Ok(None) };
        let (kept, allowance) = (self.batches.clone(), Arc::clone(&self.allowance));
        let collected = Arc::new(Collected::begin(all, narrowing, kept, allowance, threads));
        self.collected.push(Arc::clone(&collected));
        Ok(collected.narrowing(scan)?.map(|narrowing| (collected, narrowing)))
    }

    /// Lets the batches go that hold all rows and that none of these will read: they go with who reads them.
    pub fn forget_collected<'a, Others: Iterator<Item = &'a Ahead>>(&mut self, others: impl Fn() -> Others) {
        self.collected.retain(|collected| {
            at_once(others()).any(|scan| collected.narrowing(scan).is_ok_and(|narrowing| narrowing.is_some()))
        });
    }

    /// Keeps the columns only that scans ahead want.
    pub fn trim(&mut self, ahead: &[Ahead]) {
        let ways = ahead.iter().filter_map(|(scan, _)| self.narrowing(scan).ok().flatten());
        let places: Vec<usize> = ways.flat_map(|way| way.reads()).collect::<BTreeSet<_>>().into_iter().collect();
        if places.len() == self.refinement.outputs.len() {
            return;
        }
        let outputs = places.iter().filter_map(|place| self.refinement.outputs.get(*place)).cloned().collect();
        let (decoded, conditions) = (Arc::clone(&self.refinement.decoded), self.refinement.conditions.clone());
        let Ok(refinement) = Refinement::new(decoded, conditions, outputs) else { return };
        let trimmed = |batch: &Arc<KeptBatch>| Some(Arc::new(batch.with_columns(&places)?));
        if let Some(batches) = self.batches.iter().map(trimmed).collect::<Option<Vec<_>>>() {
            self.batches = batches;
            self.refinement = Arc::new(refinement);
        }
    }
}

/// What those give that have their rows at once.
fn at_once<'a>(scans: impl Iterator<Item = &'a Ahead>) -> impl Iterator<Item = &'a Arc<Refinement>> {
    scans.filter(|(_, delivery)| *delivery == Delivery::AtOnce).map(|(scan, _)| scan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::keeping::samples::{above, allowance, kept, scan};
    use crate::scan::refining::column;

    fn ahead(outputs: &[&str], least: Option<i64>, delivery: Delivery) -> Ahead {
        (Arc::new(scan(outputs, least.map(above).into_iter().collect())), delivery)
    }

    #[test]
    fn columns_that_nobody_ahead_wants_go() {
        // Where nothing more may be kept, and while a reader has its rows still.
        for limit in [1 << 20, 4_000] {
            let (allowance, pool) = allowance(limit);
            let kept = kept(&allowance, &[100]);
            let mut rows = WholeRows::new(&Arc::new(scan(&["a", "b"], Vec::new())), kept.clone(), &allowance);
            let wanted = |names: &[&str]| ahead(names, None, Delivery::InBatches);
            rows.trim(&[wanted(&["a"]), wanted(&["b"])]);
            assert!(rows.narrowing(&wanted(&["a", "b"]).0).unwrap().is_some());
            // A column that a condition looks at is wanted.
            rows.trim(&[ahead(&["b"], Some(3), Delivery::InBatches)]);
            assert!(rows.narrowing(&wanted(&["a", "b"]).0).unwrap().is_some());
            let before = pool.reserved();
            rows.trim(&[wanted(&["b"])]);
            assert!(rows.narrowing(&wanted(&["a"]).0).unwrap().is_none());
            assert!(rows.narrowing(&wanted(&["b"]).0).unwrap().is_some());
            assert_eq!(pool.reserved(), before);
            drop(kept);
            assert!((800..before * 2 / 3).contains(&pool.reserved()), "{} of {before}", pool.reserved());
            // What is counted and not read keeps its rows.
            rows.trim(&[wanted(&[])]);
            assert_eq!(rows.batches()[0].batch.num_rows(), 100);
            drop(rows);
            assert_eq!(pool.reserved(), 0);
        }
    }

    #[tokio::test]
    async fn one_batch_is_made_for_all_that_want_the_same_rows_and_goes_with_the_last() {
        let (allowance, _) = allowance(1 << 20);
        let mut rows = WholeRows::new(&Arc::new(scan(&["a", "b"], Vec::new())), kept(&allowance, &[9, 9]), &allowance);
        let (first, second) = (ahead(&["a"], Some(3), Delivery::AtOnce), ahead(&["b"], Some(3), Delivery::AtOnce));
        let (other, streamed) = (ahead(&["b"], None, Delivery::AtOnce), ahead(&["b"], Some(3), Delivery::InBatches));
        let mut collected = |scan: &Ahead, ahead: &[Ahead]| {
            let collected = rows.collected(&scan.0, ahead.iter(), 2).unwrap().unwrap().0;
            rows.forget_collected(|| ahead.iter());
            collected
        };
        let one = collected(&first, &[second.clone(), other.clone()]);
        assert_eq!(one.batch().await.unwrap().rows.batch.num_columns(), 2);
        assert!(Arc::ptr_eq(&one, &collected(&second, std::slice::from_ref(&second))));
        assert!(!Arc::ptr_eq(&one, &collected(&other, std::slice::from_ref(&second))));
        // Nobody ahead reads it at once.
        assert!(Arc::ptr_eq(&one, &collected(&second, std::slice::from_ref(&streamed))));
        assert!(!Arc::ptr_eq(&one, &collected(&second, &[])));
        // One that can't be served keeps nobody from it.
        let beyond = Refinement::new(Arc::clone(&first.0.decoded), first.0.conditions.clone(), vec![column("b")]);
        let beyond: Ahead = (Arc::new(beyond.unwrap()), Delivery::AtOnce);
        rows.trim(std::slice::from_ref(&first));
        assert!(rows.collected(&first.0, [&beyond].into_iter(), 2).unwrap().is_some());
    }
}
