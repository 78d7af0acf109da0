use super::{cells, dump, zipped};

fn book(tables: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    );
    // As PHP libraries write it: no entry for the type, spaces between cells.
    zipped(&[
        ("META-INF/manifest.xml", b"<manifest:manifest/>"),
        ("content.xml", content.as_bytes()),
    ])
}

fn sheet(rows: &str) -> Vec<u8> {
    book(&format!(
        "<table:table table:name=\"H\">{rows}</table:table>"
    ))
}

#[test]
fn what_calamine_does_not_tell_of_a_sheet() {
    let cell = |attributes: &str, text: &str| {
        format!("<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>\n ")
    };
    let float = |n: &str| {
        cell(
            &format!("office:value-type=\"float\" office:value=\"{n}\""),
            n,
        )
    };
    let row =
        |cells: &[String]| format!("<table:table-row>\n {}</table:table-row>\n", cells.concat());
    for (fact, rows, told) in [
        (
            "percents",
            row(&[cell("office:value-type=\"percentage\" office:value=\"0.5\"", "50 %"), float("2")]),
            "A1 % 0.5; B1 n 2",
        ),
        (
            "dates, with a zone too, times and durations",
            row(&[
                cell("office:value-type=\"date\" office:date-value=\"2025-03-14\"", "x"),
                cell("office:value-type=\"date\" office:date-value=\"2025-03-14T00:00:00-06:00\"", "x"),
                cell("office:value-type=\"time\" office:time-value=\"PT12H00M00S\"", "x"),
                cell("office:value-type=\"time\" office:time-value=\"PT36H00M00S\"", "x"),
            ]),
            "A1 d 45730; B1 i \"2025-03-14T00:00:00-06:00\"; C1 d 0.5; D1 h 1.5",
        ),
        (
            "errors, and formulas without result",
            row(&[
                cell("table:formula=\"of:=1/0\" office:value-type=\"string\" office:string-value=\"\" calcext:value-type=\"error\"", "#DIV/0!"),
                cell("table:formula=\"of:=1/0\" office:value-type=\"float\" office:value=\"0\"", "Err:502"),
                "<table:table-cell table:formula=\"of:=1+1\"/>".to_owned(),
            ]),
            "A1 e \"#DIV/0!\"; B1 e \"Err:502\"; C1 x",
        ),
        (
            "a text without a type, a type without its value",
            row(&[cell("", "suelto"), cell("office:value-type=\"float\"", "12"), cell("office:value-type=\"float\" office:value=\"1,5\"", "1,5")]),
            "A1 t \"suelto\"; B1 t \"12\"; C1 t \"1,5\"",
        ),
        (
            "a text's own paragraphs, and no comment's, drawing's or inner table's",
            row(&[
                "<table:table-cell office:value-type=\"string\"><office:annotation><text:p>nota</text:p></office:annotation><text:p>a<text:s text:c=\"2\"/>b &amp; c</text:p><text:p>d</text:p><draw:frame><text:p>dibujo</text:p></draw:frame><table:table><table:table-row/></table:table></table:table-cell>".to_owned(),
                float("1"),
            ]),
            "A1 t \"a  b & c\\nd\"; B1 n 1",
        ),
        (
            "repeated rows and cells",
            format!(
                "<table:table-row table:number-rows-repeated=\"3\"><table:table-cell table:number-columns-repeated=\"2\"/></table:table-row><table:table-row table:number-rows-repeated=\"2\">{}</table:table-row>",
                cell("table:number-columns-repeated=\"2\" office:value-type=\"float\" office:value=\"7\"", "7")
            ),
            "A4 n 7; B4 n 7; A5 n 7; B5 n 7",
        ),
        (
            "hidden rows and merged areas",
            format!(
                "<table:table-row table:visibility=\"collapse\">{}</table:table-row>",
                cell("office:value-type=\"float\" office:value=\"7\" table:number-rows-spanned=\"2\" table:number-columns-spanned=\"2\"", "7")
            ),
            "hidden 1; A1 n 7; merged A1:B2",
        ),
        (
            "rows beyond the sheet are not dropped",
            format!("<table:table-row table:number-rows-repeated=\"1048576\"/>{}", row(&[float("1")])),
            "error damaged-file Some(\"B1048578\") El archivo está dañado o incompleto: tiene renglones con datos más allá del final de la hoja.",
        ),
        (
            "other prefixes",
            "<t:table-row><t:table-cell o:value-type=\"float\" o:value=\"7\"/></t:table-row>".to_owned(),
            "A1 n 7",
        ),
    ] {
        assert_eq!(cells(&sheet(&rows)), told, "{fact}");
    }
}

#[test]
fn a_document_cut_off_inside_a_table_ends() {
    let content = "<office:document-content><office:body><office:spreadsheet><table:table table:name=\"H\"><table:table-row>";
    let told = dump(&zipped(&[("content.xml", content.as_bytes())]));
    assert!(told.starts_with("error damaged-file"), "{told}");
}

#[test]
fn two_sheets_of_one_name_are_two() {
    let table = |n: u8| {
        format!(
            "<table:table table:name=\"H\"><table:table-row><table:table-cell office:value-type=\"float\" office:value=\"{n}\"/></table:table-row></table:table>"
        )
    };
    let told = dump(&book(&(table(1) + &table(2))));
    assert!(
        told.contains("A1 n 1\n") && told.contains("A1 n 2\n"),
        "{told}"
    );
}
