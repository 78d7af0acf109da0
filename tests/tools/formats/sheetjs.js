// node sheetjs.js FILE STEM: writes STEM.xlsx, .xlsb, .xls and .ods with SheetJS.
const xlsx = require("xlsx");
const [file, stem] = process.argv.slice(2);
const book = xlsx.readFile(file, { cellNF: true, cellStyles: true });
for (const [suffix, bookType] of [["xlsx", "xlsx"], ["xlsb", "xlsb"], ["xls", "biff8"], ["ods", "ods"]]) {
  xlsx.writeFile(book, `${stem}.${suffix}`, { bookType, bookSST: true, compression: true });
}
