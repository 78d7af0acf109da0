use super::{cells, zipped};

fn record(kind: u32, content: &[u8]) -> Vec<u8> {
    let mut out = if kind < 128 {
        vec![kind as u8]
    } else {
        vec![kind as u8 | 0x80, (kind >> 7) as u8]
    };
    assert!(content.len() < 128);
    out.push(content.len() as u8);
    out.extend(content);
    out
}

fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut out = (units.len() as u32).to_le_bytes().to_vec();
    out.extend(units.into_iter().flat_map(u16::to_le_bytes));
    out
}

fn row(number: u32, hidden: bool) -> Vec<u8> {
    let mut content = [&number.to_le_bytes()[..], &[0; 13]].concat();
    content[11] = if hidden { 0x10 } else { 0 };
    record(0, &content)
}

/// A cell that tells its column and style.
fn cell(kind: u32, column: u32, style: u32, value: &[u8]) -> Vec<u8> {
    record(
        kind,
        &[&column.to_le_bytes(), &style.to_le_bytes(), value].concat(),
    )
}

fn book(rows: &[Vec<u8>], after: &[Vec<u8>], relations: &str) -> Vec<u8> {
    let style = |number: u16| record(47, &[&[0, 0][..], &number.to_le_bytes(), &[0; 12]].concat());
    let sheet = [
        vec![record(129, &[]), record(145, &[])],
        rows.to_vec(),
        vec![record(146, &[])],
        after.to_vec(),
        vec![record(130, &[])],
    ];
    let workbook = [
        record(131, &[]),
        record(143, &[]),
        record(156, &[&[0; 8][..], &wide("r1"), &wide("H")].concat()),
        record(144, &[]),
        record(132, &[]),
    ];
    zipped(&[
        ("xl/workbook.bin", &workbook.concat()),
        ("xl/_rels/workbook.bin.rels", relations.as_bytes()),
        (
            "xl/styles.bin",
            &[
                record(617, &[]),
                style(0),
                style(14),
                style(9),
                record(618, &[]),
            ]
            .concat(),
        ),
        ("xl/worksheets/s.bin", &sheet.concat().concat()),
    ])
}

const RELATIONS: &str = r#"<ns0:Relationships><ns0:Relationship Id="r1" Type="x/worksheet" Target="worksheets/s.bin"/></ns0:Relationships>"#;

#[test]
fn what_calamine_does_not_tell_of_a_sheet() {
    let half = 0.5f64.to_le_bytes();
    let seven = (7u32 << 2 | 2).to_le_bytes();
    let text = [&[1u8][..], &wide("rico"), &[0; 4]].concat();
    for (fact, rows, told) in [
        (
            "percents and dates by their formats",
            vec![
                row(0, false),
                cell(5, 0, 2, &half),
                cell(2, 1, 1, &seven),
                cell(2, 2, 0, &seven),
            ],
            "A1 % 0.5; B1 d 7; C1 n 7",
        ),
        (
            "a formula's error is not blank",
            vec![
                row(0, false),
                cell(11, 1, 0, &[7, 0, 0, 0]),
                cell(3, 2, 0, &[0x17]),
            ],
            "B1 e \"#DIV/0!\"; C1 e \"#REF!\"",
        ),
        (
            "cells that do not tell their column, and a text with fonts",
            vec![
                row(4, false),
                cell(2, 2, 0, &seven),
                record(16, &[&2u32.to_le_bytes()[..], &half].concat()),
                record(17, &[&[0; 4][..], &wide("corto")].concat()),
                record(12, &[0; 4]),
                cell(62, 7, 0, &text),
            ],
            "C5 n 7; D5 % 0.5; E5 t \"corto\"; H5 t \"rico\"",
        ),
        (
            "hidden rows",
            vec![
                row(0, true),
                cell(2, 0, 0, &seven),
                row(1, true),
                row(2, false),
                cell(2, 0, 0, &seven),
            ],
            "hidden 1; A1 n 7; hidden 2; A3 n 7",
        ),
        (
            "a row beyond the sheet does not end it without a word",
            vec![
                row(0, false),
                cell(2, 0, 0, &seven),
                row(0x0010_0001, false),
                cell(2, 0, 0, &seven),
            ],
            "A1 n 7; error damaged-file Some(\"A1\") El archivo está dañado o incompleto: hay celdas con una posición imposible.",
        ),
        (
            "a cell cut short is not filled with the one before it",
            vec![row(0, false), cell(5, 0, 0, &half), cell(5, 1, 0, &[0, 0])],
            "A1 n 0.5; error damaged-file Some(\"B1\") El archivo está dañado o incompleto: uno de sus registros está incompleto.",
        ),
        (
            "a text that is not there, where calamine panics",
            vec![
                row(0, false),
                cell(2, 0, 0, &seven),
                cell(7, 1, 0, &[9, 0, 0, 0]),
            ],
            "A1 n 7; error damaged-file Some(\"A1\") El archivo está dañado o incompleto: su contenido está revuelto por dentro.",
        ),
        (
            "a format that is not there",
            vec![row(0, false), cell(2, 0, 9, &seven)],
            "error damaged-file Some(\"A1\") El archivo está dañado o incompleto: hay celdas cuyo formato no está en el archivo, y sin él no se distingue una fecha de un número.",
        ),
    ] {
        assert_eq!(cells(&book(&rows, &[], RELATIONS)), told, "{fact}");
    }
}

#[test]
fn merged_areas() {
    let area = [1u32, 2, 0, 1].map(u32::to_le_bytes).concat();
    let seven = (7u32 << 2 | 2).to_le_bytes();
    let bytes = book(
        &[row(0, false), cell(2, 0, 0, &seven)],
        &[record(176, &area)],
        RELATIONS,
    );
    assert_eq!(cells(&bytes), "A1 n 7; merged A2:B3");
}
