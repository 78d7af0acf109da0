//! What holds of every store.

use std::thread;

use super::on_both::{TestStore, on_each_store};
use super::{Store, keep};
use crate::diagnostic::Diagnostic;

on_each_store!(
    an_object_is_there_as_it_was_put,
    an_object_is_never_overwritten,
    the_same_bytes_are_kept_once_and_others_are_told,
    of_many_that_put_at_once_one_wins,
    objects_are_listed_by_folder_and_home,
    nothing_is_there_before_it_is_put,
);

fn an_object_is_there_as_it_was_put(kind: TestStore) {
    let folder = tempfile::tempdir().unwrap();
    let large: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let store = kind.open(folder.path(), "León/1");
    for (key, bytes) in [
        ("archive/ab/abc", b"abc".as_slice()),
        ("editions/p/2026-T1/v1.json", b""),
        ("files/p%2Fq/large", &large),
    ] {
        assert!(store.put_new(key, bytes).unwrap(), "{key}");
        let again = kind.open(folder.path(), "León/1");
        assert_eq!(again.get(key).unwrap().as_deref(), Some(bytes), "{key}");
    }
}

fn an_object_is_never_overwritten(kind: TestStore) {
    let folder = tempfile::tempdir().unwrap();
    for bytes in [b"first".as_slice(), b"second", b"first"] {
        let store = kind.open(folder.path(), "leon");
        let is_new = store.put_new("a/b", bytes).unwrap();
        assert_eq!(is_new, bytes == b"first" && !was_there(&*store));
        assert_eq!(store.get("a/b").unwrap().unwrap(), b"first");
        keep(&*store, "there", b"").unwrap();
    }
}

fn was_there(store: &dyn Store) -> bool {
    store.get("there").unwrap().is_some()
}

fn the_same_bytes_are_kept_once_and_others_are_told(kind: TestStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = kind.open(folder.path(), "leon");
    keep(&*store, "a", b"abc").unwrap();
    keep(&*store, "a", b"abc").unwrap();
    let refused = keep(&*store, "a", b"abd").unwrap_err();
    assert!(!refused.is_passing());
    let told = Diagnostic::from(refused);
    assert_eq!(told.code, "store-other-bytes");
    for words in ["a in ", store.place(), "ba7816bf", "a52d159f"] {
        assert!(told.message.contains(words), "{words}: {}", told.message);
    }
    assert_eq!(store.get("a").unwrap().unwrap(), b"abc");
}

fn of_many_that_put_at_once_one_wins(kind: TestStore) {
    let folder = tempfile::tempdir().unwrap();
    let wins = || {
        thread::scope(|scope| {
            let puts: Vec<_> = (0..6_u8)
                .map(|n| {
                    let store = kind.open(folder.path(), "leon");
                    scope.spawn(move || store.put_new("contended", &[n; 70_000]).unwrap())
                })
                .collect();
            let won = puts.into_iter().map(|put| put.join().unwrap());
            won.filter(|won| *won).count()
        })
    };
    assert_eq!(wins(), 1);
    let store = kind.open(folder.path(), "leon");
    let kept = store.get("contended").unwrap().unwrap();
    assert!(kept.len() == 70_000 && kept.iter().all(|byte| *byte == kept[0]));
    assert_eq!(wins(), 0);
}

fn objects_are_listed_by_folder_and_home(kind: TestStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = kind.open(folder.path(), "leon");
    let other = kind.open(folder.path(), "leon-2");
    for n in 0..3 {
        keep(&*store, &format!("a/{n}/x"), b"").unwrap();
    }
    keep(&*store, "ab/x", b"").unwrap();
    keep(&*other, "a/9/x", b"").unwrap();
    assert_eq!(store.list("a").unwrap(), ["a/0/x", "a/1/x", "a/2/x"]);
    assert_eq!(other.list("a").unwrap(), ["a/9/x"]);
}

fn nothing_is_there_before_it_is_put(kind: TestStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = kind.open(folder.path(), "leon");
    assert_eq!(store.get("a/b").unwrap(), None);
    assert!(store.list("a").unwrap().is_empty());
}

#[test]
fn a_folder_that_is_not_there_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let gone = folder.path().join("not-mounted");
    let store = TestStore::Folder.open(&gone, "leon");
    for refused in [
        store.put_new("a", b"").map(|_| ()),
        store.get("a").map(|_| ()),
        store.list("a").map(|_| ()),
    ] {
        let told = Diagnostic::from(refused.unwrap_err());
        assert_eq!(told.code, "store-missing");
    }
    assert!(!gone.exists());
}
