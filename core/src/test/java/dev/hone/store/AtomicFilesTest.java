package dev.hone.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {
  @TempDir Path folder;

  private List<String> files() throws IOException {
    try (Stream<Path> list = Files.list(folder)) {
      return list.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aFileIsMadeAndReplaced() throws IOException {
    Path file = folder.resolve("a.txt");
    AtomicFiles.write(file, "one");
    AtomicFiles.write(file, out -> out.write(new byte[] {'t', 'w', 'o'}));
    assertEquals("two", Files.readString(file));
    assertEquals(List.of("a.txt"), files());
  }

  @Test
  void aFullDiskLeavesTheOldFileAndNothingElse() throws IOException {
    Path file = folder.resolve("a.txt");
    AtomicFiles.write(file, "old");
    String refusal =
        assertThrows(
                HoneException.class,
                () ->
                    AtomicFiles.write(
                        file,
                        12_300_000,
                        out -> {
                          out.write(new byte[200_000]);
                          throw new IOException("No space left on device");
                        }))
            .toString();
    assertTrue(
        refusal.contains("no space left on device while writing " + file + " (needs 13 MB)"),
        refusal);
    assertEquals("old", Files.readString(file));
    assertEquals(List.of("a.txt"), files());
  }

  @Test
  void anyFailureOfTheBodyLeavesTheOldFile() throws IOException {
    Path file = folder.resolve("a.txt");
    AtomicFiles.write(file, "old");
    assertThrows(
        IllegalStateException.class,
        () ->
            AtomicFiles.write(
                file,
                out -> {
                  out.write('x');
                  throw new IllegalStateException("bug");
                }));
    assertEquals("old", Files.readString(file));
    assertEquals(List.of("a.txt"), files());
  }

  @Test
  void aPlaceThatCannotBeWrittenIsNamed() throws IOException {
    Files.writeString(folder.resolve("plain"), "no folder");
    Path file = folder.resolve("plain/a.txt");
    String refusal =
        assertThrows(HoneException.class, () -> AtomicFiles.write(file, "x")).toString();
    assertTrue(refusal.contains("cannot write " + file), refusal);
  }

  @Test
  void aRealFullDiskIsReported() throws Exception {
    Path mount = Files.createDirectory(folder.resolve("small"));
    Assumptions.assumeTrue(
        sh("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", mount.toString()) == 0,
        "mounting a small tmpfs needs root");
    try {
      Path file = mount.resolve("big");
      AtomicFiles.write(file, "old");
      String refusal =
          assertThrows(
                  HoneException.class,
                  () -> AtomicFiles.write(file, 2_000_000, out -> out.write(new byte[2_000_000])))
              .toString();
      assertTrue(refusal.contains("no space left on device while writing"), refusal);
      assertTrue(refusal.contains("(needs 2 MB)"), refusal);
      assertEquals("old", Files.readString(file));
      try (Stream<Path> list = Files.list(mount)) {
        assertEquals(1, list.count());
      }
    } finally {
      sh("umount", mount.toString());
    }
  }

  private static int sh(String... command) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor();
    } catch (IOException e) {
      return -1; // no such command on this system
    }
  }
}
