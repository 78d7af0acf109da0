//! A zip of XML parts, opened with its bounds: entry count, declared sizes, bytes as they come.

use std::io::{BufRead, BufReader, Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::cell::Trouble;
use crate::pipeline::Limits;

const MAX_ENTRIES: usize = 10_000;

/// An opened zip.
pub struct Package<'b> {
    zip: ZipArchive<Cursor<&'b [u8]>>,
    /// Names as they are, and folded for comparison.
    names: Vec<(String, String)>,
    inflated: u64,
}

impl<'b> Package<'b> {
    /// Opens the zip and checks what its directory declares.
    pub fn open(bytes: &'b [u8], limits: &Limits) -> Result<Self, Trouble> {
        let zip = ZipArchive::new(Cursor::new(bytes))
            .map_err(|_| Trouble::damaged("su índice interno (zip) no se puede leer, como ocurre cuando la copia queda a medias"))?;
        if zip.len() > MAX_ENTRIES {
            return Err(too_big(&format!("contiene {} partes", zip.len())));
        }
        if zip.has_duplicate_names() {
            return Err(Trouble::damaged("contiene dos partes con el mismo nombre"));
        }
        let inflated = limits.inflated_mib.saturating_mul(1 << 20);
        let mut package = Self {
            zip,
            names: Vec::new(),
            inflated,
        };
        package.check_directory()?;
        Ok(package)
    }

    fn check_directory(&mut self) -> Result<(), Trouble> {
        let mut total = 0u64;
        for index in 0..self.zip.len() {
            let entry = self
                .zip
                .by_index_data(index)
                .map_err(|_| Trouble::damaged("una entrada de su índice no se puede leer"))?;
            if entry.encrypted() {
                return Err(password());
            }
            total = total.saturating_add(entry.size());
            let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
            let folded = normal(&name);
            if folded.split('/').any(|part| part == "..") {
                return Err(Trouble::damaged("contiene rutas que salen de él"));
            }
            self.names.push((name, folded));
        }
        if total > self.inflated {
            return Err(too_big(&format!("descomprimido mide {} MB", total >> 20)));
        }
        Ok(())
    }

    /// Whether there is such a part.
    pub fn has(&self, name: &str) -> bool {
        self.index(name).is_some()
    }

    fn index(&self, name: &str) -> Option<usize> {
        let folded = normal(name);
        self.names.iter().position(|(_, known)| *known == folded)
    }

    /// Opens a part; `None` where there is none.
    pub fn part(&mut self, name: &str) -> Result<Option<Box<dyn BufRead + '_>>, Trouble> {
        let Some(index) = self.index(name) else {
            return Ok(None);
        };
        let budget = self.inflated;
        let file = self.zip.by_index(index).map_err(|error| match error {
            ZipError::InvalidPassword => password(),
            _ => Trouble::damaged(&format!("su parte «{}» no se puede abrir", short(name))),
        })?;
        Ok(Some(Box::new(BufReader::with_capacity(
            32 << 10,
            Bounded {
                inner: file,
                left: budget,
            },
        ))))
    }

    /// A small part, whole.
    pub fn bytes(&mut self, name: &str, most: u64) -> Result<Option<Vec<u8>>, Trouble> {
        let Some(reader) = self.part(name)? else {
            return Ok(None);
        };
        let mut out = Vec::new();
        reader
            .take(most)
            .read_to_end(&mut out)
            .map_err(|_| Trouble::damaged(&format!("su parte «{}» está cortada", short(name))))?;
        Ok(Some(out))
    }
}

fn normal(name: &str) -> String {
    name.trim_start_matches('/')
        .replace('\\', "/")
        .to_lowercase()
}

fn short(name: &str) -> String {
    name.chars().take(60).collect()
}

/// Inflated bytes counted as they come: declared sizes can lie.
struct Bounded<R> {
    inner: R,
    left: u64,
}

/// What the reader says when a part inflates beyond its bound.
pub const TOO_MUCH: &str = "inflates beyond the limit";

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buf)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| std::io::Error::other(TOO_MUCH))?;
        Ok(read)
    }
}

/// The finding about a file over a bound.
pub fn too_big(what: &str) -> Trouble {
    Trouble::new(
        "file-too-big",
        format!("El archivo es demasiado grande para leerlo: {what}."),
        "Deje sólo la hoja con los datos del periodo, borre los renglones y columnas vacíos con formato, y guárdelo de nuevo.",
    )
}

/// The finding about a file that asks for a password.
pub fn password() -> Trouble {
    Trouble::new(
        "password-protected",
        "El archivo está protegido con contraseña y no se puede leer.",
        "Ábralo, quite la contraseña (Archivo ▸ Información ▸ Proteger libro ▸ Cifrar con contraseña: déjela en blanco) y guárdelo de nuevo.",
    )
}
