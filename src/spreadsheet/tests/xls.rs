use std::io::{Cursor, Write};

use super::{cells, dump};

fn record(kind: u16, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = u16::try_from(content.len()).unwrap();
    [&kind.to_le_bytes()[..], &length.to_le_bytes(), &content].concat()
}

fn cell(kind: u16, row: u16, column: u16, style: u16, value: &[u8]) -> Vec<u8> {
    let head = [row, column, style].map(u16::to_le_bytes).concat();
    record(kind, &[&head, value])
}

fn formula(row: u16, column: u16, result: [u8; 8]) -> Vec<u8> {
    cell(6, row, column, 0, &[&result[..], &[0; 8]].concat())
}

fn compound(stream: &[u8]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    file.create_stream("/Workbook")
        .unwrap()
        .write_all(stream)
        .unwrap();
    file.flush().unwrap();
    file.into_inner().into_inner()
}

/// A workbook whose texts are said to be of a code page that they are not of, as some libraries
/// write it, with a shared text and the formats general, percent, date and one beyond 382.
fn book(records: &[Vec<u8>]) -> Vec<u8> {
    compound(&stream(records))
}

fn stream(records: &[Vec<u8>]) -> Vec<u8> {
    let begin = |kind: u16| record(0x0809, &[&[0, 6], &kind.to_le_bytes(), &[0; 12]]);
    let style = |format: u16| record(0x00E0, &[&[0, 0], &format.to_le_bytes(), &[0; 16]]);
    let code = b"dd/mm/yyyy";
    let head = [
        begin(5),
        record(0x0042, &[&1252u16.to_le_bytes()]),
        record(
            0x041E,
            &[
                &400u16.to_le_bytes(),
                &(code.len() as u16).to_le_bytes(),
                &[0],
                code,
            ],
        ),
        style(0),
        style(9),
        style(14),
        style(400),
    ]
    .concat();
    let texts = record(0x00FC, &[&[1, 0, 0, 0, 1, 0, 0, 0], &[3, 0, 0], b"a\xF1o"]);
    let end = record(0x000A, &[]);
    let name = |start: u32| record(0x0085, &[&start.to_le_bytes(), &[0, 0, 1, 0], b"H"]);
    let start = head.len() + name(0).len() + texts.len() + end.len();
    [
        head,
        name(start as u32),
        texts,
        end.clone(),
        begin(0x10),
        records.concat(),
        end,
    ]
    .concat()
}

#[test]
fn what_calamine_does_not_tell_of_a_sheet() {
    let number = |n: f64| n.to_le_bytes();
    let long: Vec<u8> = [&20u16.to_le_bytes()[..], &[0], &[b'a'; 10]].concat();
    let rest: Vec<u8> = [&[1u8][..], &[0xF1, 0].repeat(10)].concat();
    for (fact, records, told) in [
        (
            "percents and dates by their formats, those beyond 382 too",
            vec![
                cell(0x0203, 0, 0, 1, &number(0.5)),
                cell(0x0203, 0, 1, 2, &number(45000.0)),
                cell(0x0203, 0, 2, 3, &number(45000.0)),
                cell(0x027E, 0, 3, 0, &(7u32 << 2 | 2).to_le_bytes()),
            ],
            "A1 % 0.5; B1 d 45000; C1 d 45000; D1 n 7".to_owned(),
        ),
        (
            "results of formulas: number, truth, error, text, and the one that was never stored",
            vec![
                formula(0, 0, number(2.5)),
                formula(0, 1, [1, 0, 1, 0, 0, 0, 0xFF, 0xFF]),
                formula(0, 2, [2, 0, 0x17, 0, 0, 0, 0xFF, 0xFF]),
                formula(0, 3, [0, 0, 0, 0, 0, 0, 0xFF, 0xFF]),
                record(0x0207, &[&[2, 0, 0], b"s\xED"]),
                formula(0, 4, [3, 0, 0, 0, 0, 0, 0xFF, 0xFF]),
            ],
            "A1 n 2.5; B1 b true; C1 e \"#REF!\"; D1 t \"sí\"; E1 x".to_owned(),
        ),
        (
            "a text that goes on in the next record, in letters of another width",
            vec![cell(0x0204, 0, 0, 0, &long), record(0x003C, &[&rest])],
            format!("A1 t {:?}", "a".repeat(10) + &"ñ".repeat(10)),
        ),
        (
            "texts are UTF-16 whatever the code page says",
            vec![cell(0x00FD, 0, 0, 0, &[0; 4])],
            "A1 t \"año\"".to_owned(),
        ),
        (
            "a shared text that is not there is not blank",
            vec![cell(0x00FD, 2, 1, 0, &[9, 0, 0, 0]), cell(0x0203, 3, 0, 0, &number(1.0))],
            "error damaged-file Some(\"B3\") El archivo está dañado o incompleto: hay celdas cuyo texto no está en el archivo.".to_owned(),
        ),
        (
            "a cell that comes twice",
            vec![cell(0x0203, 1, 1, 0, &number(1.0)), cell(0x0203, 0, 0, 0, &number(3.0)), cell(0x0203, 1, 1, 0, &number(2.0))],
            "error damaged-file Some(\"B2\") El archivo está dañado o incompleto: hay celdas que aparecen dos veces.".to_owned(),
        ),
        (
            "hidden rows and merged areas",
            vec![
                record(0x0208, &[&[1, 0], &[0; 10], &[0x20, 0, 0, 0]]),
                cell(0x0203, 1, 0, 0, &number(1.0)),
                record(0x00E5, &[&[1, 0], &[1, 0, 2, 0, 0, 0, 1, 0]]),
            ],
            "hidden 2; A2 n 1; merged A2:B3".to_owned(),
        ),
        (
            "a stray cell at the end costs nothing, nor what the sheet says of its size",
            vec![
                record(0x0200, &[&[0; 4], &[0xFF; 4], &[0, 0, 0, 1, 0, 0]]),
                cell(0x0203, 0, 0, 0, &number(1.0)),
                cell(0x0203, 65535, 255, 0, &number(2.0)),
            ],
            "A1 n 1; IV65536 n 2".to_owned(),
        ),
        (
            "a format that is not there",
            vec![cell(0x0203, 0, 0, 9, &number(1.0))],
            "error damaged-file None El archivo está dañado o incompleto: hay celdas cuyo formato no está en el archivo, y sin él no se distingue una fecha de un número.".to_owned(),
        ),
    ] {
        assert_eq!(cells(&book(&records)), told, "{fact}");
    }
}

#[test]
fn a_chain_of_sectors_that_goes_in_a_circle_ends() {
    let rows: Vec<Vec<u8>> = (0..2000)
        .map(|row| cell(0x0203, row, 0, 0, &[0; 8]))
        .collect();
    let mut bytes = book(&rows);
    let table = (u32::from_le_bytes(bytes[76..80].try_into().unwrap()) as usize + 1) * 4096;
    for entry in bytes[table..table + 4096]
        .chunks_exact_mut(4)
        .skip(3)
        .take(4)
    {
        entry.copy_from_slice(&4u32.to_le_bytes());
    }
    let told = dump(&bytes);
    assert!(told.starts_with("error damaged-file"), "{told}");
}

/// As SheetJS writes it.
#[test]
fn a_table_of_sectors_longer_than_the_file() {
    let rows = [cell(0x0203, 0, 0, 0, &1f64.to_le_bytes())];
    let bytes = book(&rows);
    let table = (u32::from_le_bytes(bytes[76..80].try_into().unwrap()) as usize + 1) * 4096;
    let mut longer = bytes.clone();
    for entry in longer[table..table + 4096].chunks_exact_mut(4).skip(100) {
        entry.copy_from_slice(&0xFFFF_FFFEu32.to_le_bytes());
    }
    assert_eq!(cells(&longer), "A1 n 1");
}
