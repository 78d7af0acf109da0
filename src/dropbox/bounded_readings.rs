//! What a run has read so far, within the run's bound. Which files fit depends on their order in
//! the definition and on their sizes, never on which was read first.

use super::blocked::{blocked, file_error};
use crate::ingest::Reading;

/// The readings of a run, by the number of their job.
pub(super) struct BoundedReadings {
    /// Data that all files together may give, in bytes.
    most: u64,
    /// What each file gave, whether it was kept or not.
    sizes: Vec<u64>,
    readings: Vec<Option<Reading>>,
}

impl BoundedReadings {
    /// For `jobs` files and as many MiB.
    pub(super) fn new(jobs: usize, most_mib: u64) -> Self {
        Self {
            most: most_mib.saturating_mul(1 << 20),
            sizes: vec![0; jobs],
            readings: (0..jobs).map(|_| None).collect(),
        }
    }

    /// Puts a reading of `size` bytes in its place. A file does not fit where it and those before
    /// it in the definition exceed the bound; what does not fit is let go at once.
    pub(super) fn put(&mut self, index: usize, size: u64, reading: Reading) {
        if let (Some(slot), Some(known)) = (self.readings.get_mut(index), self.sizes.get_mut(index))
        {
            *slot = Some(reading);
            *known = size;
        }
        let mut total = 0u64;
        for (size, slot) in self.sizes.iter().zip(&mut self.readings) {
            total = total.saturating_add(*size);
            if let Some(kept) = slot
                .as_mut()
                .filter(|r| total > self.most && r.frame.is_some())
            {
                kept.frame = None;
            }
        }
    }

    /// All readings; those that did not fit say so. `files` are the jobs' names.
    pub(super) fn finish<'f>(self, files: impl Iterator<Item = &'f str>) -> Vec<Reading> {
        let mib = self.most >> 20;
        let all = self.readings.into_iter().zip(files);
        all.map(|(reading, file)| {
            let reading = reading.unwrap_or_default();
            if reading.frame.is_some() || reading.is_blocked() {
                return reading;
            }
            let mut refused = blocked(file_error(
                file,
                reading.sheet.as_deref(),
                "run-too-big",
                format!("Con este archivo, los datos de todos los archivos pasan de {mib} MB: no se usó."),
                "Entregue sólo los renglones del periodo. Si hacen falta todos, quien administra el sistema puede subir run_mib en [limits].",
            ));
            refused.findings.extend(reading.findings);
            refused
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use polars::prelude::DataFrame;
    use proptest::prelude::*;

    use super::*;
    use crate::diagnostic::Diagnostic;

    fn kept(sizes: &[u64], order: &[usize]) -> Vec<bool> {
        let mut readings = BoundedReadings::new(sizes.len(), 10);
        for index in order {
            let reading = Reading {
                frame: Some(DataFrame::default()),
                ..Reading::default()
            };
            readings.put(*index, sizes[*index] << 20, reading);
        }
        let readings = readings.finish(sizes.iter().map(|_| "x"));
        readings.iter().map(|r| r.frame.is_some()).collect()
    }

    #[test]
    fn what_does_not_fit_is_told() {
        assert_eq!(
            kept(&[4, 4, 4, 0], &[0, 1, 2, 3]),
            [true, true, false, false]
        );
        assert_eq!(kept(&[4, 6], &[1, 0]), [true, true]);
    }

    #[test]
    fn a_file_that_does_not_fit_keeps_its_own_findings() {
        let mut readings = BoundedReadings::new(1, 0);
        let reading = Reading {
            frame: Some(DataFrame::default()),
            findings: vec![Diagnostic::warning("row-left-out", "x")],
            ..Reading::default()
        };
        readings.put(0, 1, reading);
        let readings = readings.finish(["x"].into_iter());
        let codes: Vec<&str> = readings[0]
            .findings
            .iter()
            .map(|f| f.code.as_str())
            .collect();
        assert_eq!(codes, ["run-too-big", "row-left-out"]);
    }

    proptest! {
        #[test]
        fn which_was_read_first_does_not_matter(
            sizes in prop::collection::vec(0u64..6, 8),
            order in Just((0usize..8).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let all: Vec<usize> = (0..8).collect();
            prop_assert_eq!(kept(&sizes, &order), kept(&sizes, &all));
        }
    }
}
