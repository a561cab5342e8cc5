import java.io.FileInputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;

/**
 * Prints what a JVM finds in a key store, one line an entry:
 * alias TAB kind TAB created-ms TAB sha256[,sha256...] [TAB key-usable|key-unusable]
 *
 * Arguments: file type password|- [key-password]. `-` opens the store without a password.
 * In aliases, control characters, backslashes and lone surrogates are written as \\uXXXX.
 */
public class StoreDump {
    public static void main(String[] args) throws Exception {
        if (args.length < 3) {
            System.err.println("usage: StoreDump file type password|- [key-password]");
            System.exit(2);
        }
        char[] password = args[2].equals("-") ? null : args[2].toCharArray();
        char[] keyPassword = args.length > 3 ? args[3].toCharArray() : null;
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);

        KeyStore store = KeyStore.getInstance(args[1]);
        try (FileInputStream in = new FileInputStream(args[0])) {
            store.load(in, password);
        } catch (Exception e) {
            System.err.println(e);
            System.exit(1);
        }
        List<String> aliases = Collections.list(store.aliases());
        Collections.sort(aliases);
        for (String alias : aliases) {
            List<String> line = new ArrayList<>();
            line.add(escape(alias));
            line.add(kind(store, alias));
            line.add(Long.toString(store.getCreationDate(alias).getTime()));
            line.add(fingerprints(store, alias));
            if (keyPassword != null && store.isKeyEntry(alias)) {
                line.add(usable(store, alias, keyPassword) ? "key-usable" : "key-unusable");
            }
            out.println(String.join("\t", line));
        }
        out.flush();
    }

    private static String kind(KeyStore store, String alias) throws Exception {
        if (store.isCertificateEntry(alias)) {
            return "trusted";
        }
        return store.getCertificateChain(alias) != null ? "key" : "secret";
    }

    private static String fingerprints(KeyStore store, String alias) throws Exception {
        Certificate[] chain = store.getCertificateChain(alias);
        if (chain == null) {
            Certificate one = store.getCertificate(alias);
            chain = one == null ? new Certificate[0] : new Certificate[] {one};
        }
        List<String> found = new ArrayList<>();
        for (Certificate certificate : chain) {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
            found.add(HexFormat.of().formatHex(digest));
        }
        return String.join(",", found);
    }

    private static boolean usable(KeyStore store, String alias, char[] password) {
        try {
            return store.getKey(alias, password) != null;
        } catch (Exception e) {
            return false;
        }
    }

    private static String escape(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints().forEach(c -> {
            boolean lone = c >= 0xD800 && c <= 0xDFFF;
            if (lone || c == '\\' || Character.isISOControl(c)) {
                out.append(String.format("\\u%04x", c));
            } else {
                out.appendCodePoint(c);
            }
        });
        return out.toString();
    }
}
