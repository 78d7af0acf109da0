use super::{cells, dump, zipped};

const WORKBOOK: &str =
    r#"<workbook><workbookPr/><sheets><sheet name="H" sheetId="1" r:id="r1"/></sheets></workbook>"#;
const STYLES: &str = r#"<styleSheet><numFmts><numFmt numFmtId="200" formatCode="0.0 %"/><numFmt numFmtId="201" formatCode="[h]:mm"/></numFmts>
<cellXfs><xf numFmtId="0"/><xf numFmtId="9"/><xf numFmtId="14"/><xf numFmtId="200"/><xf numFmtId="201"/><xf numFmtId="57"/></cellXfs></styleSheet>"#;
const STRINGS: &str = r#"<sst uniqueCount="99999999999"><si><t>uno</t></si><si><r><t>dos </t></r><r><t>tres</t></r></si></sst>"#;
const ROOT: &str = r#"<Relationships><Relationship Id="r1" Type="x/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const RELATIONS: &str = r#"<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/s.xml"/></Relationships>"#;

fn book(sheet: &[u8], workbook: &str) -> Vec<u8> {
    zipped(&[
        ("_rels/.rels", ROOT.as_bytes()),
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes()),
        ("xl/styles.xml", STYLES.as_bytes()),
        ("xl/sharedStrings.xml", STRINGS.as_bytes()),
        ("xl/worksheets/s.xml", sheet),
    ])
}

fn sheet(rows: &str) -> String {
    format!("<worksheet><dimension ref=\"1:4\"/><sheetData>{rows}</sheetData></worksheet>")
}

#[test]
fn what_calamine_does_not_tell_of_a_sheet() {
    for (fact, rows, told) in [
        (
            "percents, dates and durations by their formats",
            r#"<row r="1"><c r="A1" s="1"><v>0.9</v></c><c r="B1" s="2"><v>45000</v></c><c r="C1" s="3"><v>0.5</v></c><c r="D1" s="4"><v>1.5</v></c><c r="E1" s="5"><v>45000</v></c><c r="F1"><v>7</v></c></row>"#,
            "A1 % 0.9; B1 d 45000; C1 % 0.5; D1 h 1.5; E1 d 45000; F1 n 7",
        ),
        (
            "a formula without result is not blank",
            r#"<row r="1"><c r="A1"><f>1+1</f></c><c r="B1"><f>1+1</f><v></v></c><c r="C1"><f>2</f><v>2</v></c><c r="D1" t="str"><f>""</f><v></v></c><c r="E1" s="1"/></row>"#,
            "A1 x; B1 x; C1 n 2",
        ),
        (
            "a value before its formula is the value",
            r#"<row r="1"><c r="A1"><v>12</v><f>6+6</f></c><c r="B1" t="inlineStr"><is><t>ñ</t></is><f t="shared" si="0"/></c></row>"#,
            "A1 n 12; B1 t \"ñ\"",
        ),
        (
            "an error that is not known, and what follows it",
            r#"<row r="1"><c r="B1" t="e"><v>#SPILL!</v></c><c r="C1"><v>1</v></c></row><row r="2"><c r="A2" t="e"><v>#REF!</v></c></row>"#,
            "B1 e \"#SPILL!\"; C1 n 1; A2 e \"#REF!\"",
        ),
        (
            "an error that does not tell its place",
            r#"<row r="1"><c t="e"><v>#SPILL!</v></c></row>"#,
            "A1 e \"#SPILL!\"",
        ),
        (
            "spaces around a value",
            "<row r=\"1\"><c r=\"A1\"><v> 12\n</v></c><c r=\"B1\" t=\"s\"><v> 0 </v></c><c r=\"C1\" s=\"1\"><f>1</f><v>\n0.5</v></c></row>",
            "A1 n 12; B1 t \"uno\"; C1 % 0.5",
        ),
        (
            "an inline text where values go",
            r#"<row r="1"><c r="A1" t="inlineStr"><v>a&amp;b</v></c></row>"#,
            "A1 t \"a&b\"",
        ),
        (
            "pieces of a text keep the spaces between them",
            r#"<row r="1"><c r="A1" t="s"><v>1</v></c><c r="B1" t="inlineStr"><is><r><t>En </t></r><r><t>proceso</t></r></is></c><c r="C1"><v>3</v></c></row>"#,
            "A1 t \"dos tres\"; B1 t \"En proceso\"; C1 n 3",
        ),
        (
            "a number in entities is not its first half",
            r#"<row r="1"><c r="A1"><v>1&#50;</v></c></row>"#,
            "error damaged-file Some(\"A1\") El archivo está dañado o incompleto: hay un número escrito con signos especiales.",
        ),
        (
            "a value as CDATA is not blank",
            r#"<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v><![CDATA[12]]></v></c></row>"#,
            "A1 n 1; error damaged-file Some(\"B1\") El archivo está dañado o incompleto: hay un valor partido en pedazos.",
        ),
        (
            "a text's number that is none is not the first text",
            r#"<row r="1"><c r="A1" t="s"><v>x</v></c></row>"#,
            "error damaged-file Some(\"A1\") El archivo está dañado o incompleto: hay celdas cuyo texto no está en el archivo.",
        ),
        (
            "a reference that wraps around",
            r#"<row r="1"><c r="A4294967297"><v>1</v></c></row>"#,
            "error damaged-file Some(\"A1\") El archivo está dañado o incompleto: hay celdas con una posición imposible.",
        ),
        (
            "a cell of another row",
            r#"<row r="1"><c r="A2"><v>1</v></c></row>"#,
            "error damaged-file Some(\"A2\") El archivo está dañado o incompleto: hay celdas con una posición imposible.",
        ),
        (
            "a row beyond the sheet",
            r#"<row r="1048577"><c r="A1048577"><v>1</v></c></row>"#,
            "error damaged-file Some(\"A1\") El archivo está dañado o incompleto: hay celdas con una posición imposible.",
        ),
        (
            "a format that is not there",
            r#"<row r="1"><c r="A1" s="9"><v>45000</v></c></row>"#,
            "error damaged-file Some(\"A1\") El archivo está dañado o incompleto: hay celdas cuyo formato no está en el archivo, y sin él no se distingue una fecha de un número.",
        ),
        (
            "dates in words, with a zone, and long before any sheet",
            r#"<row r="1"><c r="A1" t="d"><v>2025-03-14</v></c><c r="B1" t="d"><v>2025-03-14T00:00:00-06:00</v></c><c r="C1" s="2"><v>-1e300</v></c></row>"#,
            "A1 d 45730; B1 i \"2025-03-14T00:00:00-06:00\"; C1 d -1e300",
        ),
        (
            "a cell that comes twice, blank the first time",
            r#"<row r="1"><c r="A1" s="1"/><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c></row>"#,
            "B1 n 1; error damaged-file Some(\"A1\") El archivo está dañado o incompleto: la celda A1 aparece dos veces o fuera de su lugar.",
        ),
        (
            "an inline text that has a value, too, and what other programs add to a cell",
            r#"<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is><v>0</v></c><c r="B1"><v>1</v><extLst><ext><c/></ext></extLst></c></row>"#,
            "A1 t \"a\"; B1 n 1",
        ),
        (
            "blank cells between others, told and untold",
            r#"<row r="2"><c s="1"/><c><v>2</v></c><c r="E2" s="0"/><c><v>6</v></c><c r="H2"><v>8</v></c></row><row hidden="1"><c/></row><row hidden="true"><c/><c t="b"><v>1</v></c></row>"#,
            "B2 n 2; F2 n 6; H2 n 8; hidden 4; B4 b true",
        ),
        (
            "names with a prefix, and signs in values",
            r#"<x:row r="1"><x:c r="A1" x:note="a>b" t="str"><x:v>a&gt;b </x:v></x:c><x:c r="B1" t='inlineStr'><x:is><x:t>uno</x:t></x:is></x:c></x:row>"#,
            "A1 t \"a>b \"; B1 t \"uno\"",
        ),
        (
            "a text number that is not in the book",
            r#"<row r="1"><c r="A1"><v>1</v></c><c r="B1" t="s"><v>77</v></c><c r="C1"><v>1</v></c></row>"#,
            "A1 n 1; error damaged-file Some(\"B1\") El archivo está dañado o incompleto: hay celdas cuyo texto no está en el archivo.",
        ),
        (
            "cells and rows that do not tell their place",
            r#"<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>"#,
            "A1 n 1; B1 n 2; A2 n 3",
        ),
    ] {
        let told = told.replace("-1e300", &format!("{}", -1e300));
        assert_eq!(
            cells(&book(sheet(rows).as_bytes(), WORKBOOK)),
            told,
            "{fact}"
        );
    }
}

#[test]
fn hidden_rows_and_merged_areas() {
    let text = r#"<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="3" hidden="1"><c r="A3"><v>3</v></c></row><row r="4"><c r="A4"><v>4</v></c></row></sheetData><mergeCells count="1"><mergeCell ref="A3:B4"/></mergeCells></worksheet>"#;
    assert_eq!(
        cells(&book(text.as_bytes(), WORKBOOK)),
        "A1 n 1; hidden 3; A3 n 3; A4 n 4; merged A3:B4"
    );
}

/// Every place where the stretch of bytes that a scan sees can end.
#[test]
fn what_is_found_does_not_depend_on_where_a_stretch_ends() {
    let cell = r#"<c r="A1" t="inlineStr"><is><t>x</t></is></c>"#;
    for padding in 0..90 {
        let rows: String = (0..40)
            .map(|n| {
                let row = n + 1;
                let space = if n == 0 {
                    " ".repeat(padding)
                } else {
                    String::new()
                };
                format!(
                    "<row r=\"{row}\">{space}{}<c r=\"B{row}\"><v>{n}</v><f>1</f></c></row>",
                    cell.replace("A1", &format!("A{row}"))
                )
            })
            .collect();
        let told = cells(&book(sheet(&rows).as_bytes(), WORKBOOK));
        assert_eq!(told.matches(" t \"x\"").count(), 40);
        assert!(told.ends_with("B40 n 39"), "{padding}");
    }
}

#[test]
fn a_sheet_in_utf_16() {
    let text = sheet(r#"<row r="1"><c r="A1" t="inlineStr"><is><t>ñandú</t></is></c></row>"#);
    let wide: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    assert_eq!(cells(&book(&wide, WORKBOOK)), "A1 t \"ñandú\"");
}

#[test]
fn two_sheets_of_one_name_are_not_the_same_sheet_twice() {
    let workbook = WORKBOOK.replace(
        "</sheets>",
        r#"<sheet name="H" sheetId="2" r:id="r1"/></sheets>"#,
    );
    let told = dump(&book(sheet("").as_bytes(), &workbook));
    assert!(
        told.contains("dos hojas con el mismo nombre, «H»"),
        "{told}"
    );
}

#[test]
fn a_part_that_is_damaged_is_told() {
    let rows = r#"<row r="1"><c r="A1"><v>1</v></c></row>"#;
    let mut bytes = book(sheet(rows).as_bytes(), WORKBOOK);
    let name = b"xl/worksheets/s.xml";
    let at = bytes.windows(name.len()).position(|w| w == name).unwrap() + name.len() + 8;
    bytes[at] ^= 0xFF;
    assert!(
        cells(&bytes).contains("error damaged-file"),
        "{}",
        cells(&bytes)
    );
}
