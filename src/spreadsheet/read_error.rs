//! Why a file or a sheet can't be read, in the words of those who sent it.

/// Why a file or a sheet can't be read.
#[derive(Debug, Clone)]
pub(crate) struct ReadError {
    /// Stable code.
    pub code: &'static str,
    /// What is wrong, in Spanish.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// The cell near which it happened, zero-based row and column.
    pub near: Option<(u32, u32)>,
}

impl ReadError {
    /// An error without a place.
    pub(crate) fn new(
        code: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            code,
            message: message.into(),
            hint: hint.into(),
            near: None,
        }
    }

    /// The file's inside makes no sense.
    pub(crate) fn damaged(what: &str) -> Self {
        Self::new(
            "damaged-file",
            format!("El archivo está dañado o incompleto: {what}."),
            "Ábralo en Excel o LibreOffice, guárdelo de nuevo con «Guardar como» y vuelva a entregarlo.",
        )
    }

    /// A part ends before its time.
    pub(crate) fn cut_off() -> Self {
        Self::damaged("está cortado, como ocurre cuando la copia queda a medias")
    }

    /// Cells lie where no sheet has any, or twice in one place.
    pub(crate) fn misplaced() -> Self {
        Self::damaged("hay celdas con una posición imposible")
    }

    /// A cell points to a text that is not there.
    pub(crate) fn no_text() -> Self {
        Self::damaged("hay celdas cuyo texto no está en el archivo")
    }

    /// A cell points to a format that is not there: its number could be a date.
    pub(crate) fn no_style() -> Self {
        Self::damaged(
            "hay celdas cuyo formato no está en el archivo, y sin él no se distingue una fecha de un número",
        )
    }

    /// The same, with a place.
    pub(crate) fn near(mut self, row: u32, column: u32) -> Self {
        self.near.get_or_insert((row, column));
        self
    }
}

/// The finding about more text than can be held.
pub(crate) fn too_many_texts() -> ReadError {
    too_big("contiene más de 4 GB de texto")
}

/// A sheet of more than `most` cells that hold something.
pub(crate) fn too_many_cells(most: u64) -> ReadError {
    too_big(&format!("la hoja tiene más de {most} celdas con contenido"))
}

/// The finding about a file over a bound.
pub(crate) fn too_big(what: &str) -> ReadError {
    ReadError::new(
        "file-too-big",
        format!("El archivo es demasiado grande para leerlo: {what}."),
        "Deje sólo la hoja con los datos del periodo, borre los renglones y columnas vacíos con formato, y guárdelo de nuevo.",
    )
}

/// The finding about a file that asks for a password.
pub(crate) fn password() -> ReadError {
    ReadError::new(
        "password-protected",
        "El archivo está protegido con contraseña y no se puede leer.",
        "Ábralo, quite la contraseña (Archivo ▸ Información ▸ Proteger libro ▸ Cifrar con contraseña: déjela en blanco) y guárdelo de nuevo.",
    )
}
