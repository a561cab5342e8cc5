import java.security.Security;
import javax.net.ssl.SSLSocketFactory;

/** Prints every cipher suite that the JDK implements, also those that its configuration disables. */
public class CipherSuites {
    public static void main(String[] none) {
        Security.setProperty("jdk.tls.disabledAlgorithms", "");
        SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
        for (String name : factory.getSupportedCipherSuites()) {
            System.out.println(name);
        }
    }
}
