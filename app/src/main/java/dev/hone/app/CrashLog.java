package dev.hone.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Keeps the stack trace of a bug, so that the terminal shows one line and nothing is lost. */
final class CrashLog {
  private CrashLog() {}

  /** Writes a new file below {@code folder/.hone} and returns its path. */
  static Path write(Path folder, List<String> args, Throwable thrown) throws IOException {
    Path logs = Files.createDirectories(folder.resolve(".hone"));
    StringWriter text = new StringWriter();
    try (PrintWriter out = new PrintWriter(text)) {
      out.println(new Version().getVersion()[0]);
      out.println("hone " + String.join(" ", args));
      thrown.printStackTrace(out);
    }
    return Files.writeString(Files.createTempFile(logs, "crash-", ".log"), text.toString());
  }
}
