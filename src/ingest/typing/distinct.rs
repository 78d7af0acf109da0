//! Texts as a column that holds each distinct one once, where that is smaller: what a department
//! is asked for is mostly one of a few names, and each text travels from reader to parent.

use std::collections::HashMap;

use polars::prelude::{
    Column as Series, IdxCa, IdxSize, IntoSeries, NamedFrom, NewChunkedArray, PlSmallStr,
    Series as PolarsSeries, StringChunked,
};

/// Texts up to this long lie in the column itself, so that sharing them saves nothing.
const WITHIN: usize = 12;
/// Values after which it is judged whether they repeat.
const PROBE: usize = 256;

/// The column of `values`.
pub(super) fn texts<T: AsRef<str>>(name: PlSmallStr, values: &[Option<T>]) -> Series {
    match shared(&name, values) {
        Some(column) => column,
        None => {
            let values = values.iter().map(|v| v.as_ref().map(AsRef::as_ref));
            StringChunked::from_iter_options(name, values)
                .into_series()
                .into()
        }
    }
}

/// The same values, each distinct text kept once; none where most of them differ or are short.
fn shared<T: AsRef<str>>(name: &PlSmallStr, values: &[Option<T>]) -> Option<Series> {
    let long = |value: &Option<T>| value.as_ref().is_some_and(|v| v.as_ref().len() > WITHIN);
    if !values.iter().take(PROBE).any(long) {
        return None;
    }
    let mut numbers: HashMap<&str, IdxSize> = HashMap::new();
    let mut distinct: Vec<&str> = Vec::new();
    let mut places: Vec<Option<IdxSize>> = Vec::with_capacity(values.len());
    for (read, value) in values.iter().enumerate() {
        if read >= PROBE && distinct.len() > read / 2 {
            return None;
        }
        places.push(match value {
            None => None,
            Some(text) => {
                let next = IdxSize::try_from(distinct.len()).ok()?;
                let text = text.as_ref();
                Some(*numbers.entry(text).or_insert_with(|| {
                    distinct.push(text);
                    next
                }))
            }
        });
    }
    let distinct = PolarsSeries::new(name.clone(), distinct);
    let places = IdxCa::from_iter_options(PlSmallStr::EMPTY, places.into_iter());
    distinct.take(&places).ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn back(column: &Series) -> Vec<Option<String>> {
        let texts = column.str().unwrap();
        texts.iter().map(|t| t.map(str::to_owned)).collect()
    }

    proptest! {
        #[test]
        fn a_shared_text_is_the_same_text(
            names in prop::collection::vec("[a-zñ ]{0,30}", 1..5),
            picks in prop::collection::vec(prop::option::of(0usize..5), 0..700),
        ) {
            let values: Vec<Option<&String>> =
                picks.iter().map(|p| p.map(|p| &names[p % names.len()])).collect();
            let expected: Vec<Option<String>> = values.iter().map(|v| v.cloned()).collect();
            prop_assert_eq!(back(&texts("t".into(), &values)), expected);
        }
    }

    #[test]
    fn long_texts_that_repeat_take_little_room() {
        let streets: Vec<Option<String>> = (0..5_000)
            .map(|n| Some(format!("Reparación de luminaria en la calle {}", n % 50)))
            .collect();
        let folios: Vec<Option<String>> = (0..5_000)
            .map(|n| Some(format!("Folio de reparación número {n}")))
            .collect();
        assert!(shared(&"t".into(), &streets).is_some());
        assert!(shared(&"t".into(), &folios).is_none());
        assert_eq!(back(&texts("t".into(), &streets)), streets);
        assert_eq!(back(&texts("t".into(), &folios)), folios);
    }
}
