import java.io.*;
import java.util.*;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.*;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.*;
import org.verapdf.pdfa.validation.profiles.*;

/** Validates PDF files against PDF/A-3a and PDF/UA-1 with veraPDF. */
public class VeraCheck {
    public static void main(String[] args) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        boolean ok = true;
        for (String file : args) {
            for (PDFAFlavour flavour : List.of(PDFAFlavour.PDFA_3_A, PDFAFlavour.PDFUA_1)) {
                try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(file), flavour)) {
                    PDFAValidator v = Foundries.defaultInstance().createValidator(flavour, false);
                    ValidationResult r = v.validate(parser);
                    System.out.println(file + " " + flavour + " " + (r.isCompliant() ? "ok" : "FAILED"));
                    if (!r.isCompliant()) {
                        ok = false;
                        Set<String> seen = new LinkedHashSet<>();
                        for (TestAssertion a : r.getTestAssertions()) {
                            if (a.getStatus() == TestAssertion.Status.FAILED)
                                seen.add("  " + a.getRuleId().getClause() + "-" + a.getRuleId().getTestNumber() + ": " + a.getMessage() + " @ " + a.getLocation().getContext());
                        }
                        seen.stream().limit(12).forEach(System.out::println);
                    }
                }
            }
        }
        System.exit(ok ? 0 : 1);
    }
}
