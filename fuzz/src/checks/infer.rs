//! Inference: the records that a decoder takes, and columns that hold every value of them.

use crate::column::Column;
use crate::json::{DecodeOptions, Decoder, Framing, Inference, InferredColumn, Record, Records};

/// The bytes as a sample, in each framing.
pub fn check(bytes: &[u8]) {
    for framing in [Framing::Lines, Framing::Values] {
        let records: Vec<Record<'_>> = Records::new(bytes, framing, 1, 0, 0).flatten().collect();
        let mut inference = Inference::new();
        let mut counting = Decoder::new(Vec::new(), &[], DecodeOptions::PLAIN);
        let mut taken = Vec::new();
        for record in &records {
            let observed = inference.observe(record, "one.json").ok();
            assert_eq!(observed, counting.push(record).ok(), "{:?}", String::from_utf8_lossy(record.text));
            if observed.is_some() {
                taken.push(record);
            }
        }
        assert_eq!(inference.records(), counting.rows() as u64);
        let inferred = inference.columns();
        check_columns(&inferred, &taken);
        check_merge(&taken);
    }
}

/// A decoder of the inferred columns takes every record that was observed, and finds no bad value.
fn check_columns(inferred: &[InferredColumn], taken: &[&Record<'_>]) {
    let columns: Vec<Column> = inferred.iter().map(|one| one.column.clone()).collect();
    let mut decoder = Decoder::new(columns.clone(), &[], DecodeOptions::PLAIN);
    for record in taken {
        if let Err(bad) = decoder.push(record) {
            panic!("{bad} with {columns:?}:\n{}", bad.snippet());
        }
    }
    let decoded = decoder.finish().expect("the arrays are small");
    for (array, one) in decoded.columns.iter().zip(inferred) {
        assert_eq!(array.data_type(), &one.column.kind.data_type());
        assert!(one.nulls <= one.seen && one.seen <= decoded.rows as u64);
        assert!(one.widened.as_ref().is_none_or(|from| from.len() > 1));
    }
}

/// Two objects observed apart and merged are both observed one after another.
fn check_merge(taken: &[&Record<'_>]) {
    let (first, second) = taken.split_at(taken.len() / 2);
    let observe = |inference: &mut Inference, records: &[&Record<'_>], object| {
        for record in records {
            inference.observe(record, object).expect("it was observed before");
        }
    };
    let [mut whole, mut merged, mut other] = [(); 3].map(|()| Inference::new());
    observe(&mut whole, first, "one.json");
    observe(&mut whole, second, "two.json");
    observe(&mut merged, first, "one.json");
    observe(&mut other, second, "two.json");
    merged.merge(other);
    assert_eq!(merged.columns(), whole.columns(), "merging is observing one after another");
}
