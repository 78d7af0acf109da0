//! Photos are decoded, turned, scaled and encoded anew, so that nothing but the picture passes: no
//! position, no camera, no hidden parts. A picture that is not whole does not pass either.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage};
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Longest side on the page, in pixels: about 200 to the inch.
const LONGEST: u32 = 1600;
const QUALITY: u8 = 82;
/// Longest side of a photo as it is sent, in pixels.
const MOST_PIXELS: u32 = 20_000;
/// Largest decoded photo, in bytes.
const MOST_DECODED: u64 = 512 << 20;

const DAMAGED: &str = "La fotografía está dañada o no es JPG, PNG ni WebP.";
const CUT: &str = "La fotografía está incompleta: una parte de ella no se puede leer.";

/// Child's side: the photo in `request` prepared, or why it can't be used.
pub fn answer_photo(request: &[u8]) -> Vec<u8> {
    let (sign, mut rest) = match prepare_photo(request) {
        Ok(jpeg) => (b'+', jpeg),
        Err(why) => (b'-', why.into_bytes()),
    };
    rest.insert(0, sign);
    rest
}

/// Parent's side: what [`answer_photo`] gave; none where it makes no sense.
pub fn decode_photo(answer: Vec<u8>) -> Option<Result<Vec<u8>, String>> {
    match answer.split_first()? {
        (b'+', jpeg) if !jpeg.is_empty() => Some(Ok(jpeg.to_vec())),
        (b'-', why) => Some(Err(String::from_utf8_lossy(why).into_owned())),
        _ => None,
    }
}

/// A photo as the page gets it: JPEG, upright, at most 1600 pixels on its longer side.
///
/// # Errors
/// Why it cannot be used, in Spanish.
pub fn prepare_photo(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let damaged = |_| DAMAGED.to_owned();
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| DAMAGED)?;
    let is_jpeg = reader.format() == Some(ImageFormat::Jpeg);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_DECODED);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if width.max(height) > MOST_PIXELS || decoder.total_bytes() > MOST_DECODED {
        return Err(format!(
            "La fotografía mide {width} × {height} píxeles: es demasiado grande."
        ));
    }
    // A damaged orientation is no reason to do without the photo.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = match is_jpeg {
        true => whole_jpeg(bytes, decoder)?,
        // The other decoders say themselves where a picture ends early.
        false => DynamicImage::from_decoder(decoder).map_err(|_| CUT)?,
    };
    image.apply_orientation(orientation);
    if image.width().max(image.height()) > LONGEST {
        image = image.resize(LONGEST, LONGEST, FilterType::Triangle);
    }
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode_image(&on_white(image))
        .map_err(damaged)?;
    Ok(jpeg)
}

/// A JPEG, where all of it is there. `image` fills what it can't decode with grey and says nothing.
fn whole_jpeg(bytes: &[u8], lenient: impl ImageDecoder) -> Result<DynamicImage, String> {
    if !has_end(bytes) {
        return Err(CUT.to_owned());
    }
    match strict_jpeg(bytes) {
        Ok(Some(image)) => Ok(image),
        // Bytes between the headers are against the letter, and no part of the picture.
        Ok(None) => DynamicImage::from_decoder(lenient).map_err(|_| CUT.to_owned()),
        Err(error) if error.to_string().contains("between headers") => {
            DynamicImage::from_decoder(lenient).map_err(|_| CUT.to_owned())
        }
        Err(_) => Err(CUT.to_owned()),
    }
}

/// The picture, decoded so that every fault of it is an error; none for colours that are left to
/// `image`.
fn strict_jpeg(bytes: &[u8]) -> Result<Option<DynamicImage>, DecodeErrors> {
    let most = MOST_PIXELS as usize;
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(most)
        .set_max_height(most)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let pixels = decoder.decode()?;
    let size = decoder.dimensions().and_then(|(width, height)| {
        Some((u32::try_from(width).ok()?, u32::try_from(height).ok()?))
    });
    Ok(size
        .and_then(|(width, height)| RgbImage::from_raw(width, height, pixels))
        .map(DynamicImage::from))
}

/// Whether a JPEG goes on until its end mark. What cameras add behind it does not matter.
fn has_end(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        // Up to the next mark: within the picture's data, 0xFF is followed by zero or by a restart.
        let Some(at) = rest.windows(2).position(
            |pair| matches!(pair, [0xff, mark] if !matches!(mark, 0 | 0xd0..=0xd7 | 0xff)),
        ) else {
            return false;
        };
        rest = rest.get(at..).unwrap_or_default();
        match rest {
            [0xff, 0xd9, ..] => return true,
            // A segment with its length: thumbnails in it have marks of their own.
            [0xff, _, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                rest = rest.get(2 + length.max(2)..).unwrap_or_default();
            }
            _ => return false,
        }
    }
}

/// A picture's transparent parts as white paper, which JPEG would make black.
fn on_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let source = image.to_rgba8();
    RgbImage::from_fn(source.width(), source.height(), |x, y| {
        let [red, green, blue, alpha] = source.get_pixel(x, y).0.map(u16::from);
        let over = |c: u16| u8::try_from((c * alpha + 255 * (255 - alpha)) / 255).unwrap_or(255);
        Rgb([over(red), over(green), over(blue)])
    })
}
