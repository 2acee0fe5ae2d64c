package dev.hone.fuzz;

import dev.hone.store.TorchFile;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
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
 * A file of torch's: as raw bytes, with changed bytes, and as a sound archive of a changed pickle,
 * of a state dict alone or beside what an optimiser left.
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
    Oracle.write(FILE, archive(learners(pickle())));
    if (!Oracle.holds(TorchFuzz::read)) {
      throw new IllegalStateException("what is changed must be sound before");
    }
  }

  private TorchFuzz() {}

  /** Called by the fuzzer. */
  public static void fuzzerTestOneInput(byte[] input) {
    Edits edits = new Edits(input, 0);
    switch (edits.next() % 5) {
      case 0 -> Oracle.write(FILE, edits.rest());
      case 1 -> Oracle.write(FILE, changed(SEED, edits));
      case 2 -> Oracle.write(FILE, archive(edits.rest()));
      case 3 -> Oracle.write(FILE, archive(changed(learners(pickle()), edits)));
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

  /** {'model': what the pickle makes, 'opt': [2.0]}. */
  private static byte[] learners(byte[] pickle) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(ascii("\u0080\u0002}(X\5\0\0\0model"));
    bytes.write(pickle, 2, pickle.length - 3); // without its beginning and its end
    bytes.writeBytes(ascii("X\3\0\0\0opt]G@\0\0\0\0\0\0\0au."));
    return bytes.toByteArray();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
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
      Map<String, Tensor> tensors = TorchFile.read(FILE);
      long bytes = tensors.values().stream().mapToLong(t -> t.numel() * t.dtype().bytes()).sum();
      if (bytes > 2 * FILE.toFile().length()) {
        throw new AssertionError(bytes + " bytes of numbers are more than the file has");
      }
    }
  }
}
