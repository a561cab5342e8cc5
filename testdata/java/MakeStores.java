import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.List;

/**
 * Writes the stores that keytool does not let one type: odd passwords, odd aliases.
 * Arguments: output folder, folder of certificates, list to append a line per store to.
 */
public class MakeStores {
    private static Path out;
    private static Path in;
    private static Path list;

    public static void main(String[] args) throws Exception {
        out = Path.of(args[0]);
        in = Path.of(args[1]);
        list = Path.of(args[2]);

        String nonAscii = "pässwörd€中🔐";
        one("nonascii-password.jks", "JKS", nonAscii, "corp-root", "SHA-1 over UTF-16BE of the password");
        one("nonascii-password.jceks", "JCEKS", nonAscii, "corp-root", "SHA-1 over UTF-16BE of the password");
        for (String type : List.of("JKS", "JCEKS", "PKCS12")) {
            String ext = type.equals("PKCS12") ? "p12" : type.toLowerCase();
            one("empty-password." + ext, type, "", "corp-root", "empty password");
            one("lone-surrogate." + ext, type, "changeit", "a\ud800b", "alias holds half a surrogate pair");
            one("nul-alias." + ext, type, "changeit", "a\0b", "alias holds U+0000");
            one("empty-alias." + ext, type, "changeit", "", "alias is empty");
        }
        one("null-password.p12", "PKCS12", null, "corp-root",
                "KeyStore.store with a null password: encrypted as with the empty one, MAC");

        KeyStore exact = empty("CaseExactJKS");
        exact.setCertificateEntry("mixed", certificate("corp-root"));
        exact.setCertificateEntry("MiXeD", certificate("root-a"));
        save(exact, "case-exact.jks", "changeit");
        record("case-exact.jks", "CaseExactJKS", "changeit", 2, "aliases mixed and MiXeD in one store");

        int many = 300;
        KeyStore large = empty("PKCS12");
        for (int i = 0; i < many; i++) {
            large.setCertificateEntry(String.format("root-%03d", i), certificate("corp-root"));
        }
        save(large, "many.p12", "changeit");
        record("many.p12", "PKCS12", "changeit", many, "300 entries");
    }

    private static void one(String file, String type, String password, String alias, String note)
            throws Exception {
        KeyStore store = empty(type);
        store.setCertificateEntry(alias, certificate("corp-root"));
        save(store, file, password);
        record(file, type, password, 1, note);
    }

    private static KeyStore empty(String type) throws Exception {
        KeyStore store = KeyStore.getInstance(type);
        store.load(null, null);
        return store;
    }

    private static Certificate certificate(String name) throws Exception {
        try (InputStream file = new FileInputStream(in.resolve(name + ".pem").toFile())) {
            return CertificateFactory.getInstance("X.509").generateCertificate(file);
        }
    }

    private static void save(KeyStore store, String file, String password) throws Exception {
        try (FileOutputStream stream = new FileOutputStream(out.resolve(file).toFile())) {
            store.store(stream, password == null ? null : password.toCharArray());
        }
    }

    private static void record(String file, String type, String password, int trusted, String note)
            throws Exception {
        String shown = password == null || password.isEmpty() ? "<empty>" : password;
        String format = type.equals("CaseExactJKS") ? "JKS" : type;
        String line = String.join("\t", out.resolve(file).toString(), format, shown, "ok",
                Integer.toString(trusted), "0", "0", "0", "java", note);
        Files.writeString(list, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
