import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.DERBMPString;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.pkcs.PKCS12PfxPdu;
import org.bouncycastle.pkcs.PKCS12PfxPduBuilder;
import org.bouncycastle.pkcs.PKCS12SafeBag;
import org.bouncycastle.pkcs.PKCS12SafeBagBuilder;
import org.bouncycastle.pkcs.jcajce.JcePKCS12MacCalculatorBuilder;
import org.bouncycastle.pkcs.jcajce.JcePKCSPBEOutputEncryptorBuilder;
import org.bouncycastle.operator.OutputEncryptor;

/**
 * Writes PKCS#12 with BouncyCastle, whose BER uses indefinite lengths.
 * Arguments: output folder, folder of certificates, list to append a line per store to.
 */
public class MakeBouncy {
    private static final char[] PASSWORD = "changeit".toCharArray();
    private static final ASN1ObjectIdentifier TRUSTED_KEY_USAGE =
            new ASN1ObjectIdentifier("2.16.840.1.113894.746875.1.1");

    private static final BouncyCastleProvider PROVIDER = new BouncyCastleProvider();
    private static Path out;
    private static Path in;
    private static Path list;

    public static void main(String[] args) throws Exception {
        out = Path.of(args[0]);
        in = Path.of(args[1]);
        list = Path.of(args[2]);

        for (String type : new String[] {"PKCS12", "PKCS12-DEF", "PKCS12-3DES-3DES"}) {
            KeyStore keys = KeyStore.getInstance(type, PROVIDER);
            keys.load(null, null);
            PrivateKey key = key();
            keys.setKeyEntry("Server", key, null, new Certificate[] {
                certificate("server"), certificate("issuing"), certificate("corp-root")});
            keys.setCertificateEntry("Root-A", certificate("root-a"));
            String name = "keystore-" + type.toLowerCase() + ".p12";
            try (FileOutputStream stream = new FileOutputStream(out.resolve(name).toFile())) {
                keys.store(stream, PASSWORD);
            }
            record(name, 1, 1, 0, "KeyStore type " + type + ": key with chain, one trusted");
        }
        trusted("trusted-ber.p12", ASN1Encoding.BER, "BER as BouncyCastle writes it, trust attribute");
        trusted("trusted-dl.p12", ASN1Encoding.DL, "definite lengths, trust attribute");
    }

    /** Two trusted certificates: one in the clear, one encrypted with PBES2 AES-256. */
    private static void trusted(String name, String encoding, String note) throws Exception {
        OutputEncryptor encryptor = new JcePKCSPBEOutputEncryptorBuilder(NISTObjectIdentifiers.id_aes256_CBC)
                .setProvider(PROVIDER).build(PASSWORD);
        PKCS12PfxPduBuilder builder = new PKCS12PfxPduBuilder();
        builder.addData(bag("corp-root"));
        builder.addEncryptedData(encryptor, bag("root-a"));
        PKCS12PfxPdu pfx = builder.build(
                new JcePKCS12MacCalculatorBuilder(NISTObjectIdentifiers.id_sha256).setProvider(PROVIDER), PASSWORD);
        Files.write(out.resolve(name), pfx.getEncoded(encoding));
        record(name, 2, 0, 0, note);
    }

    private static PKCS12SafeBag bag(String name) throws Exception {
        PKCS12SafeBagBuilder bag = new PKCS12SafeBagBuilder(
                new JcaX509CertificateHolder((java.security.cert.X509Certificate) certificate(name)));
        bag.addBagAttribute(PKCSObjectIdentifiers.pkcs_9_at_friendlyName, new DERBMPString(name));
        bag.addBagAttribute(TRUSTED_KEY_USAGE, KeyPurposeId.anyExtendedKeyUsage);
        return bag.build();
    }

    private static PrivateKey key() throws Exception {
        KeyStore source = KeyStore.getInstance("PKCS12");
        try (InputStream file = new FileInputStream("stores/openssl/key-chain.p12")) {
            source.load(file, PASSWORD);
        }
        return (PrivateKey) source.getKey("server", PASSWORD);
    }

    private static Certificate certificate(String name) throws Exception {
        try (InputStream file = new FileInputStream(in.resolve(name + ".pem").toFile())) {
            return CertificateFactory.getInstance("X.509").generateCertificate(file);
        }
    }

    private static void record(String file, int trusted, int keys, int untrusted, String note)
            throws Exception {
        String line = String.join("\t", out.resolve(file).toString(), "PKCS12", "changeit", "ok",
                Integer.toString(trusted), Integer.toString(keys), "0", Integer.toString(untrusted),
                "bouncycastle", note);
        Files.writeString(list, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
