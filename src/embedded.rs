//! What the binary carries: an example home with León's plan, its inputs and the templates.

/// Paths relative to a home folder, with `/`, and contents; sorted by path.
pub(crate) static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The files below `folder`, by their path in it.
pub(crate) fn below(folder: &str) -> impl Iterator<Item = (&'static str, &'static [u8])> {
    let prefix = format!("{folder}/");
    FILES
        .iter()
        .filter_map(move |(path, bytes)| Some((path.strip_prefix(prefix.as_str())?, *bytes)))
}
