package dev.hone.fuzz;

import dev.hone.store.TorchFile;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * A file of torch's: as raw bytes, with changed bytes, and as a sound archive of a changed pickle.
 */
public final class TorchFuzz {
  private static final Path FOLDER = Oracle.folder("torch");
  private static final Path FILE = FOLDER.resolve("seed.bin");
  private static final byte[] SEED;
  private static final Map<String, byte[]> ENTRIES = new LinkedHashMap<>();

  static {
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("a.weight", Tensors.ones(2, 3));
      tensors.put("b", Tensors.arange(4));
      TorchFile.write(FILE, tensors);
      SEED = Files.readAllBytes(FILE);
      try (ZipFile zip = new ZipFile(FILE.toFile())) {
        for (ZipEntry entry : zip.stream().toList()) {
          ENTRIES.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private TorchFuzz() {}

  /** Called by the fuzzer. */
  public static void fuzzerTestOneInput(byte[] input) {
    Edits edits = new Edits(input, 0);
    switch (edits.next() % 4) {
      case 0 -> Oracle.write(FILE, edits.rest());
      case 1 -> Oracle.write(FILE, changed(SEED, edits));
      case 2 -> Oracle.write(FILE, archive(edits.rest()));
      default -> Oracle.write(FILE, archive(changed(pickle(), edits)));
    }
    boolean ignored = Oracle.holds(TorchFuzz::read);
  }

  private static byte[] pickle() {
    return ENTRIES.entrySet().stream()
        .filter(e -> e.getKey().endsWith("data.pkl"))
        .findFirst()
        .orElseThrow()
        .getValue();
  }

  /** Up to six bytes become others, or go, or come twice. */
  private static byte[] changed(byte[] sound, Edits edits) {
    byte[] bytes = sound.clone();
    for (int i = 0; i < 6 && edits.more() && bytes.length > 0; i++) {
      int at = (edits.next() << 8 | edits.next()) % bytes.length;
      switch (edits.next() % 4) {
        case 0 -> bytes = Arrays.copyOf(bytes, at);
        case 1 -> {
          byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
          System.arraycopy(bytes, at, longer, at + 1, bytes.length - at);
          bytes = longer;
        }
        default -> bytes[at] = (byte) edits.next();
      }
    }
    return bytes;
  }

  private static byte[] archive(byte[] pickle) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> named : ENTRIES.entrySet()) {
        byte[] content = named.getKey().endsWith("data.pkl") ? pickle : named.getValue();
        ZipEntry entry = new ZipEntry(named.getKey());
        CRC32 crc = new CRC32();
        crc.update(content);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void read() {
    try (Scope scope = Scope.open()) {
      TorchFile.read(FILE)
          .forEach(
              (name, tensor) -> {
                if (tensor.numel() > 4096) {
                  throw new AssertionError(name + " has more numbers than the file");
                }
              });
    }
  }
}
