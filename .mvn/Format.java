import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Formats every Java file below a folder ("write"), or names those that differ and fails ("check"). */
class Format {
  public static void main(String[] args) throws Exception {
    boolean write = args[0].equals("write");
    Path folder = Path.of(args[1]);
    if (!Files.isDirectory(folder)) {
      return;
    }
    Formatter formatter = new Formatter();
    int differing = 0;
    for (Path file : javaFiles(folder)) {
      String before = Files.readString(file);
      String after = formatted(formatter, file, before);
      if (!after.equals(before)) {
        differing++;
        if (write) {
          Files.writeString(file, after);
        } else {
          System.err.println("not formatted: " + file);
        }
      }
    }
    if (differing > 0 && !write) {
      System.err.println(differing + " files are not formatted; mvn -Pformat process-sources mends them");
      System.exit(1);
    }
  }

  private static List<Path> javaFiles(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      return files.filter(f -> f.toString().endsWith(".java")).sorted().toList();
    }
  }

  private static String formatted(Formatter formatter, Path file, String source) throws Exception {
    try {
      String ordered = ImportOrderer.reorderImports(
          RemoveUnusedImports.removeUnusedImports(source), JavaFormatterOptions.Style.GOOGLE);
      return formatter.formatSource(ordered);
    } catch (com.google.googlejavaformat.java.FormatterException e) {
      throw new IllegalStateException(file + ": " + e.getMessage());
    }
  }
}
