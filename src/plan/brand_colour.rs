//! The brand's colour and what can be read on it.

use super::report::Brand;

/// Used where the definition names no colour.
const PLAIN_COLOUR: &str = "#1f4e79";

impl Brand {
    /// The main colour as `#rrggbb`.
    pub fn colour(&self) -> String {
        hex_colour(self.color.as_deref())
    }
}

/// `#rrggbb`, or the plain colour: nothing else may stand in a style.
fn hex_colour(text: Option<&str>) -> String {
    text.filter(|text| {
        text.strip_prefix('#')
            .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
    })
    .unwrap_or(PLAIN_COLOUR)
    .to_owned()
}

/// White or black, whichever reads better on `colour`. One of them always has a contrast of at
/// least 4.5 : 1; a softer black has not.
pub fn ink_on(colour: &str) -> &'static str {
    let luminance = luminance(colour);
    if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) {
        "#000000"
    } else {
        "#ffffff"
    }
}

/// The relative luminance of WCAG.
fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let byte = colour
            .get(at..at + 2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
            .unwrap_or(0);
        let share = f64::from(byte) / 255.0;
        if share <= 0.04045 {
            share / 12.92
        } else {
            ((share + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_colour_may_stand_in_a_style() {
        assert_eq!(hex_colour(Some("#12ab9F")), "#12ab9F");
        for text in ["red;background:url(x)", "#12345", "#12345g", "123456"] {
            assert_eq!(hex_colour(Some(text)), PLAIN_COLOUR);
        }
        assert_eq!(
            (ink_on("#ffffff"), ink_on("#000000"), ink_on(PLAIN_COLOUR)),
            ("#000000", "#ffffff", "#ffffff")
        );
    }

    /// A middle grey has little contrast to white, and less to a black that is none.
    #[test]
    fn the_ink_can_be_read_on_every_colour() {
        let step = || (0u8..=255).step_by(15);
        for red in step() {
            for green in step() {
                for blue in step() {
                    let colour = format!("#{red:02x}{green:02x}{blue:02x}");
                    let (a, b) = (luminance(&colour), luminance(ink_on(&colour)));
                    let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                    assert!(contrast >= 4.5, "{colour}: {contrast}");
                }
            }
        }
    }
}
