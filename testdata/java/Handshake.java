import java.io.FileInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * One TLS handshake over loopback: the server shows the key of a PKCS12 store, the client trusts
 * what this JVM was told to trust (-Djavax.net.ssl.trustStore=... and its password and type).
 *
 * Arguments: key-store password host. The client checks the server's name against `host`;
 * `-` skips that check. Prints `OK` and exits 0, or prints the reason and exits 1.
 */
public class Handshake {
    public static void main(String[] args) throws Exception {
        if (args.length != 3) {
            System.err.println("usage: Handshake key-store.p12 password host|-");
            System.exit(2);
        }
        SSLServerSocket listener = listen(args[0], args[1].toCharArray());
        Thread server = new Thread(() -> serve(listener));
        server.setDaemon(true);
        server.start();
        try {
            connect(listener.getLocalPort(), args[2]);
            System.out.println("OK");
        } catch (Exception e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            System.out.println(e.getMessage() + " [" + cause.getClass().getSimpleName() + "]");
            System.exit(1);
        }
    }

    private static SSLServerSocket listen(String path, char[] password) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (FileInputStream in = new FileInputStream(path)) {
            store.load(in, password);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return (SSLServerSocket) context.getServerSocketFactory()
                .createServerSocket(0, 1, InetAddress.getLoopbackAddress());
    }

    private static void serve(SSLServerSocket listener) {
        try (SSLSocket socket = (SSLSocket) listener.accept()) {
            socket.setSoTimeout(10_000);
            socket.startHandshake();
            socket.getOutputStream().write('!');
            socket.getInputStream().read();
        } catch (Exception e) {
            // The client reports what went wrong.
        }
    }

    private static void connect(int port, String host) throws Exception {
        Socket plain = new Socket();
        plain.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 10_000);
        plain.setSoTimeout(10_000);
        String peer = host.equals("-") ? "localhost" : host;
        SSLSocketFactory factory = SSLContext.getDefault().getSocketFactory();
        try (SSLSocket socket = (SSLSocket) factory.createSocket(plain, peer, port, true)) {
            if (!host.equals("-")) {
                SSLParameters parameters = socket.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                socket.setSSLParameters(parameters);
            }
            socket.startHandshake();
            if (socket.getInputStream().read() != '!') {
                throw new IllegalStateException("the server closed the connection");
            }
        }
    }
}
