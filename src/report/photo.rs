//! Photos are decoded, turned, scaled and encoded anew, so that nothing but the picture passes: no
//! position, no camera, no hidden parts.

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits};

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
    let orientation = decoder.orientation().map_err(|_| wrong(()))?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(|_| wrong(()))?;
    image.apply_orientation(orientation);
    if image.width().max(image.height()) > LONGEST {
        image = image.resize(LONGEST, LONGEST, FilterType::Triangle);
    }
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode_image(&image.to_rgb8())
        .map_err(|_| wrong(()))?;
    Ok(jpeg)
}
