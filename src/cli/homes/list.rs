//! Which homes are meant, in which order, and which of them cannot be worked in.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use crate::diagnostic::{Diagnostic, visible};
use crate::exit::{CommandError, ExitStatus};
use crate::store::presence;
use crate::store::regular;

/// How long a folder is waited for that does not say what it holds, such as one on a share whose
/// server is away; all of them together; and one of them when that time is over.
const PATIENCE: Duration = Duration::from_secs(10);
const PATIENCE_WITH_ALL: Duration = Duration::from_secs(60);
const LEAST_PATIENCE: Duration = Duration::from_millis(100);

/// Folders that only a home holds: one that has any of them and no `pipelines/` has lost it.
const OF_A_HOME: [&str; 3] = ["state", "inputs", "reports"];

/// A home as it is listed.
#[derive(Debug, Clone)]
pub(in crate::cli) struct ListedHome {
    /// What it is called: its line in the list, or the name of its folder.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// What was found there.
    pub found: FoundHome,
}

impl ListedHome {
    /// Whether the same home is listed before.
    pub(in crate::cli) fn is_listed_before(&self) -> bool {
        matches!(self.found, FoundHome::Twice(_))
    }
}

/// What was found where a home is listed.
#[derive(Debug, Clone)]
pub(in crate::cli) enum FoundHome {
    /// A home.
    Home,
    /// A home that is listed before under this name.
    Twice(String),
    /// None, or none that can be looked into.
    Nothing(CommandError),
}

/// What a folder says of itself.
struct SeenFolder {
    /// Device and number: two paths to one folder have the same.
    identity: (u64, u64),
    is_folder: bool,
    is_home: bool,
    has_parts: bool,
}

/// The homes of a folder or a list, in order.
///
/// # Errors
/// It cannot be read, or it has no home.
pub(super) fn read(place: &Path) -> Result<Vec<ListedHome>, CommandError> {
    let about = fs::metadata(place).map_err(|e| CommandError::io("read", place, &e))?;
    let homes = if about.is_dir() {
        of_folder(place)?
    } else {
        of_list(place)?
    };
    if homes.is_empty() {
        let message = format!("{} names no home", place.display());
        let hint = if presence::is_folder(&place.join("pipelines"))? {
            "it is itself one: give it with --home"
        } else {
            "--homes takes a folder whose subfolders hold pipelines/, or a text file with the path of one home a line"
        };
        let error = Diagnostic::error("no-homes", message).hint(hint);
        return Err(CommandError::environment(error));
    }
    Ok(told_apart(homes))
}

/// A name, a path, and what was seen there.
type Seen = (String, PathBuf, Result<SeenFolder, CommandError>);

fn of_folder(folder: &Path) -> Result<Vec<Seen>, CommandError> {
    let failed = |e: io::Error| CommandError::io("read", folder, &e);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let kind = entry.file_type().map_err(failed)?;
        let hidden = name.as_bytes().starts_with(b".") || name == "lost+found";
        if !hidden && (kind.is_dir() || kind.is_symlink()) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    let mut seen = Vec::new();
    let mut patience = FolderPatience::new(PATIENCE, PATIENCE_WITH_ALL);
    for path in paths {
        let looked = patience.look(&path);
        let other = |look: &SeenFolder| !look.is_folder || (!look.is_home && !look.has_parts);
        if looked.as_ref().is_ok_and(other) {
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        seen.push((visible(&name).into_owned(), path, looked));
    }
    Ok(seen)
}

fn of_list(list: &Path) -> Result<Vec<Seen>, CommandError> {
    let bytes = regular::read(list).map_err(|e| CommandError::io("read", list, &e))?;
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let below = list.parent().unwrap_or(Path::new(""));
    let mut seen = Vec::new();
    let mut patience = FolderPatience::new(PATIENCE, PATIENCE_WITH_ALL);
    for line in bytes.split(|b| *b == b'\n') {
        let line = without_comment(line).trim_ascii();
        if line.is_empty() {
            continue;
        }
        let path = below.join(Path::new(std::ffi::OsStr::from_bytes(line)));
        let name = String::from_utf8_lossy(line);
        let looked = patience.look(&path);
        seen.push((visible(&name).into_owned(), path, looked));
    }
    Ok(seen)
}

/// A comment begins with `#` at the line's begin or behind white space: a name may hold one.
fn without_comment(line: &[u8]) -> &[u8] {
    let begins = |at: usize| line[at] == b'#' && (at == 0 || line[at - 1].is_ascii_whitespace());
    let end = (0..line.len()).find(|at| begins(*at));
    &line[..end.unwrap_or(line.len())]
}

/// How long folders are waited for that do not say what they hold.
struct FolderPatience {
    /// With one of them.
    each: Duration,
    /// With all that come yet.
    left: Duration,
}

impl FolderPatience {
    fn new(each: Duration, all: Duration) -> Self {
        Self { each, left: all }
    }

    /// Looks at a folder in a thread of its own: where the share's server is away, this home fails
    /// and the others do not wait for it. Hundreds of homes on such a share together cost what a
    /// few do.
    fn look(&mut self, path: &Path) -> Result<SeenFolder, CommandError> {
        let asked = path.to_owned();
        match self.answer(move || look_now(&asked)) {
            Ok(Some(looked)) => looked.map_err(|e| CommandError::io("read", path, &e)),
            Ok(None) => {
                let message = format!("{} does not answer", path.display());
                let error = Diagnostic::error("home-silent", message)
                    .hint("look at the disk or share that it lies on; the next run tries again");
                Err(CommandError::new(ExitStatus::Later, error))
            }
            Err(e) => Err(CommandError::io("look at", path, &e)),
        }
    }

    /// What `work` gives; none where that takes too long.
    fn answer<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<Option<T>> {
        let (answer, answers) = channel();
        let working = move || {
            // Whoever asked may have stopped waiting.
            let _ = answer.send(work());
        };
        thread::Builder::new().spawn(working)?;
        let wait = self.each.min(self.left).max(LEAST_PATIENCE);
        let answer = answers.recv_timeout(wait).ok();
        if answer.is_none() {
            self.left = self.left.saturating_sub(wait);
        }
        Ok(answer)
    }
}

fn look_now(path: &Path) -> io::Result<SeenFolder> {
    let about = fs::metadata(path)?;
    let is_there = |name: &str| presence::is_folder(&path.join(name)).map_err(|e| e.source);
    let is_folder = about.is_dir();
    let is_home = is_folder && is_there("pipelines")?;
    let mut has_parts = false;
    for part in OF_A_HOME {
        has_parts |= is_folder && !is_home && is_there(part)?;
    }
    Ok(SeenFolder {
        identity: (about.dev(), about.ino()),
        is_folder,
        is_home,
        has_parts,
    })
}

/// A home that is listed again, under whatever path, is worked in once; no two have one name.
fn told_apart(seen: Vec<Seen>) -> Vec<ListedHome> {
    let mut first: BTreeMap<(u64, u64), String> = BTreeMap::new();
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    let mut homes = Vec::new();
    for (name, path, looked) in seen {
        let path = std::path::absolute(&path).unwrap_or(path);
        let found = match looked {
            Err(error) => FoundHome::Nothing(error),
            Ok(look) if !look.is_home => FoundHome::Nothing(no_home(&path)),
            Ok(look) => match first.get(&look.identity) {
                Some(earlier) => FoundHome::Twice(earlier.clone()),
                None => {
                    first.insert(look.identity, name.clone());
                    FoundHome::Home
                }
            },
        };
        let name = match &found {
            FoundHome::Twice(_) => name,
            FoundHome::Home | FoundHome::Nothing(_) => unique(&mut names, name),
        };
        homes.push(ListedHome { name, path, found });
    }
    homes
}

fn no_home(path: &Path) -> CommandError {
    let message = format!("{} holds no pipelines/", path.display());
    let error = Diagnostic::error("no-home", message)
        .hint("put it right in the list, or mount what belongs there");
    CommandError::environment(error)
}

/// Two names that only look alike, such as some of bytes that are no text, are told apart.
fn unique(names: &mut BTreeMap<String, usize>, name: String) -> String {
    let times = names.entry(name.clone()).or_default();
    *times += 1;
    match *times {
        1 => name,
        times => format!("{name} ({times})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A share whose server is away answers never; a sound folder is seen even then.
    #[test]
    fn many_folders_that_do_not_answer_cost_what_a_few_do() {
        let second = Duration::from_secs(1);
        let mut patience = FolderPatience::new(second, 2 * second);
        let never = || thread::sleep(Duration::from_secs(600));
        for left in [second, Duration::ZERO, Duration::ZERO] {
            assert_eq!(patience.answer(never).unwrap(), None);
            assert_eq!(patience.left, left);
        }
        assert_eq!(patience.answer(|| 7).unwrap(), Some(7));
    }

    #[test]
    fn comments_and_blank_lines_are_no_homes() {
        for (line, path) in [
            ("leon", "leon"),
            ("  leon\t\r", "leon"),
            ("# leon", ""),
            ("   # leon", ""),
            ("leon # the first", "leon"),
            ("leon#2", "leon#2"),
            ("a b", "a b"),
            ("", ""),
        ] {
            let told = without_comment(line.as_bytes()).trim_ascii();
            assert_eq!(told, path.as_bytes(), "{line:?}");
        }
    }

    #[test]
    fn a_folder_under_two_paths_is_one_home() {
        let folder = tempfile::tempdir().unwrap();
        for home in ["b", "a"] {
            fs::create_dir_all(folder.path().join(home).join("pipelines")).unwrap();
        }
        // A folder of something else, a file, what was a home, and a link that leads nowhere.
        fs::create_dir_all(folder.path().join("docs")).unwrap();
        fs::write(folder.path().join("notes.txt"), "").unwrap();
        fs::create_dir_all(folder.path().join("c/state")).unwrap();
        for (to, link) in [("a", "d"), ("gone", "e"), ("notes.txt", "f")] {
            std::os::unix::fs::symlink(folder.path().join(to), folder.path().join(link)).unwrap();
        }
        let told = |homes: Vec<ListedHome>| -> Vec<String> {
            let one = |home: ListedHome| match home.found {
                FoundHome::Home => home.name,
                FoundHome::Twice(of) => format!("{} is {of}", home.name),
                FoundHome::Nothing(error) => format!("{} {}", home.name, error.diagnostics[0].code),
            };
            homes.into_iter().map(one).collect()
        };
        let homes = told(read(folder.path()).unwrap());
        assert_eq!(homes, ["a", "b", "c no-home", "d is a", "e io"]);
        let list = folder.path().join("list.txt");
        fs::write(
            &list,
            "\u{feff}b\r\n\n# all\n./a # one\nb/../a\ndocs\nnone\n",
        )
        .unwrap();
        let homes = told(read(&list).unwrap());
        assert_eq!(
            homes,
            ["b", "./a", "b/../a is ./a", "docs no-home", "none io"]
        );
        let code = |place: &Path| read(place).unwrap_err().diagnostics[0].code.clone();
        assert_eq!(code(&folder.path().join("docs")), "no-homes");
        assert_eq!(code(&folder.path().join("gone")), "io");
    }
}
