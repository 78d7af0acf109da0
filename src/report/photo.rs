//! Photos are decoded, turned, scaled and encoded anew, so that nothing but the picture passes: no
//! position, no camera, no hidden parts.

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, Rgb, RgbImage};

/// Longest side on the page, in pixels: about 200 to the inch.
const LONGEST: u32 = 1600;
const QUALITY: u8 = 82;

/// A photo as the page gets it: JPEG, upright, at most 1600 pixels on its longer side.
///
/// # Errors
/// Why it cannot be used, in Spanish.
pub fn prepare_photo(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let wrong = |_| "La fotografía está dañada o no es JPG, PNG ni WebP.".to_owned();
    let mut reader = ImageReader::new(std::io::Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| wrong(()))?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(20_000);
    limits.max_image_height = Some(20_000);
    limits.max_alloc = Some(512 << 20);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| wrong(()))?;
    // A damaged orientation is no reason to do without the photo.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(|_| wrong(()))?;
    image.apply_orientation(orientation);
    if image.width().max(image.height()) > LONGEST {
        image = image.resize(LONGEST, LONGEST, FilterType::Triangle);
    }
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode_image(&on_white(&image))
        .map_err(|_| wrong(()))?;
    Ok(jpeg)
}

/// A picture's transparent parts as white paper, which JPEG would make black.
fn on_white(image: &DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.to_rgb8();
    }
    let source = image.to_rgba8();
    RgbImage::from_fn(source.width(), source.height(), |x, y| {
        let [red, green, blue, alpha] = source.get_pixel(x, y).0.map(u16::from);
        let over = |c: u16| u8::try_from((c * alpha + 255 * (255 - alpha)) / 255).unwrap_or(255);
        Rgb([over(red), over(green), over(blue)])
    })
}
