import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import java.util.TreeSet;

/**
 * Prints what java.util.Properties makes of the files named on standard input, one a line:
 * encoding TAB file, where the encoding is latin1 (load of an InputStream) or utf8 (load of a Reader).
 *
 * For each: `== encoding TAB file`, then `! reason` if Java refuses the file, else one line a property:
 * key TAB value, each as the hexadecimal digits of its UTF-16 code units.
 */
public class PropertiesDump {
    public static void main(String[] none) throws Exception {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            out.println("== " + line);
            String[] fields = line.split("\t", 2);
            Properties properties = new Properties();
            try (FileInputStream in = new FileInputStream(fields[1])) {
                if (fields[0].equals("latin1")) {
                    properties.load(in);
                } else {
                    properties.load(new InputStreamReader(in, StandardCharsets.UTF_8));
                }
            } catch (IllegalArgumentException refused) {
                out.println("! " + refused.getMessage());
                continue;
            }
            for (String key : new TreeSet<>(properties.stringPropertyNames())) {
                out.println(hex(key) + "\t" + hex(properties.getProperty(key)));
            }
        }
        out.flush();
    }

    private static String hex(String text) {
        StringBuilder digits = new StringBuilder();
        for (char unit : text.toCharArray()) {
            digits.append(String.format("%04x", (int) unit));
        }
        return digits.toString();
    }
}
