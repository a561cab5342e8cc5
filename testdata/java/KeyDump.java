import java.io.FileInputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.Key;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;

/**
 * Opens every key of a key store and prints it, one line an entry:
 * alias TAB kind TAB algorithm TAB sha256-of-encoded-key TAB sha256-of-certificate[,…]
 * A key that the password does not open has `unrecoverable` for algorithm and digest; a certificate `-`.
 *
 * Arguments: file type password key-password.
 */
public class KeyDump {
    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        KeyStore store = KeyStore.getInstance(args[1]);
        try (FileInputStream in = new FileInputStream(args[0])) {
            store.load(in, args[2].toCharArray());
        }
        List<String> aliases = Collections.list(store.aliases());
        Collections.sort(aliases);
        for (String alias : aliases) {
            String kind = "trusted";
            String algorithm = "-";
            String digest = "-";
            if (store.isKeyEntry(alias)) {
                kind = "key";
                try {
                    Key key = store.getKey(alias, args[3].toCharArray());
                    algorithm = key.getAlgorithm();
                    digest = sha256(key.getEncoded());
                } catch (UnrecoverableKeyException e) {
                    algorithm = digest = "unrecoverable";
                }
            }
            List<String> chain = new ArrayList<>();
            Certificate[] certificates = store.getCertificateChain(alias);
            if (certificates == null) {
                Certificate one = store.getCertificate(alias);
                certificates = one == null ? new Certificate[0] : new Certificate[] {one};
            }
            for (Certificate certificate : certificates) {
                chain.add(sha256(certificate.getEncoded()));
            }
            out.println(String.join("\t", alias, kind, algorithm, digest, String.join(",", chain)));
        }
        out.flush();
    }

    private static String sha256(byte[] octets) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(octets));
    }
}
