//! The same for each of a list, several at a time: each hand takes the next that none has begun.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What `work` gives for each item, in the order of the items. There must be a hand at least.
///
/// # Errors
/// That of the first item, in the same order, whose work failed. None is begun after a failure.
pub(crate) fn side_by_side<I: Sync, H: Send, T: Send + Sync, E: Send + Sync>(
    items: &[I],
    hands: impl IntoIterator<Item = H>,
    work: &(dyn Fn(&mut H, &I) -> Result<T, E> + Sync),
) -> Result<Vec<T>, E> {
    let next = AtomicUsize::new(0);
    let done: Vec<OnceLock<Result<T, E>>> = items.iter().map(|_| OnceLock::new()).collect();
    let go = |mut hand: H| {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let (Some(item), Some(slot)) = (items.get(index), done.get(index)) else {
                return;
            };
            let result = work(&mut hand, item);
            if result.is_err() {
                next.store(items.len(), Ordering::Relaxed);
            }
            let _ = slot.set(result);
        }
    };
    let mut hands = hands.into_iter().take(items.len());
    let own = hands.next();
    thread::scope(|scope| {
        for hand in hands {
            let go = &go;
            // A machine that gives no more threads makes this slower, no more.
            let _ = thread::Builder::new().spawn_scoped(scope, move || go(hand));
        }
        own.map(go);
    });
    // Items are begun in order, so that none before the first failure is left out.
    done.into_iter().filter_map(OnceLock::into_inner).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..100).collect();
        let doubled = side_by_side(&items, 0..8, &|_, n| Ok::<_, ()>(n * 2)).unwrap();
        let expected: Vec<usize> = items.iter().map(|n| n * 2).collect();
        assert_eq!(doubled, expected);
    }

    #[test]
    fn the_first_failure_counts_and_nothing_is_begun_after_it() {
        let items: Vec<usize> = (0..10_000).collect();
        let begun = AtomicUsize::new(0);
        let failed = side_by_side(&items, 0..8, &|_, n| {
            begun.fetch_add(1, Ordering::Relaxed);
            if *n < 5 { Ok(()) } else { Err(*n) }
        });
        assert_eq!(failed, Err(5));
        assert!(begun.into_inner() < 10_000);
    }

    #[test]
    fn of_nothing_comes_nothing() {
        assert_eq!(
            side_by_side(&[] as &[u8], 0..8, &|_, _| Err::<(), _>(())),
            Ok(vec![])
        );
    }
}
