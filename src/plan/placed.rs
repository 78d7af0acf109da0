//! A value of the definition that keeps its place.

/// A text of the definition with the place it has there, for error messages.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Byte range in the definition's text.
    pub span: std::ops::Range<usize>,
}
