package dev.hone.store;

import dev.hone.error.HoneException;
import dev.hone.store.StateDictPickle.Storage;
import dev.hone.store.StateDictPickle.View;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Reads tensors that {@code torch.save} wrote: a zip archive with a pickle that names them and an
 * entry for the numbers of each (docs.pytorch.org/docs/stable/notes/serialization.html).
 *
 * <p>The pickle is never run: see {@link StateDictPickle}. Sizes are checked against the archive
 * before memory is taken.
 */
public final class TorchFile {
  private static final String PICKLE = "data.pkl";

  /** A name of a tensor takes about 200 bytes, so that this is enough for any model. */
  private static final long MOST_PICKLE_BYTES = 16 << 20;

  private final Path file;
  private final ZipFile zip;
  private final String root;

  private TorchFile(Path file, ZipFile zip) {
    this.file = file;
    this.zip = zip;
    List<String> pickles =
        zip.stream().map(ZipEntry::getName).filter(n -> n.matches("[^/]*/" + PICKLE)).toList();
    if (pickles.size() != 1) {
      throw new HoneException(
          file + ": a zip archive without one " + PICKLE + ", so no file that torch.save wrote");
    }
    this.root = pickles.getFirst().substring(0, pickles.getFirst().length() - PICKLE.length());
  }

  /**
   * Reads copies that belong to the open scope.
   *
   * @throws HoneException where the file holds anything but a dictionary of tensors, or is damaged
   */
  public static Map<String, Tensor> read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new HoneException(file + " does not exist or is no file");
    }
    try (ZipFile zip = new ZipFile(file.toFile())) {
      return new TorchFile(file, zip).tensors();
    } catch (IOException e) {
      throw new HoneException(
          file
              + " cannot be read as a zip archive, in which torch saves since version 1.6: "
              + e.getMessage()
              + "; load and save it anew with torch, or as safetensors",
          e);
    }
  }

  private Map<String, Tensor> tensors() throws IOException {
    requireLittleEndian();
    byte[] pickle = bytes(entry(PICKLE), MOST_PICKLE_BYTES);
    Map<String, View> views = StateDictPickle.read(file, pickle);
    long left = 2 * Files.size(file); // a norm may stand under two names; a bomb repeats itself
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, View> named : views.entrySet()) {
      View view = named.getValue();
      left -= view.bytes();
      if (left < 0) {
        throw new HoneException(
            file
                + ": its tensors take more room than the file has; it is damaged, or made to fill"
                + " memory");
      }
      tensors.put(named.getKey(), tensor(named.getKey(), view));
    }
    return tensors;
  }

  private void requireLittleEndian() throws IOException {
    ZipEntry order = zip.getEntry(root + "byteorder");
    if (order != null
        && !new String(bytes(order, 16), StandardCharsets.US_ASCII).equals("little")) {
      throw new HoneException(
          file + ": written on a big-endian machine; load and save it anew on another");
    }
  }

  private Tensor tensor(String name, View view) throws IOException {
    Storage storage = view.storage();
    ZipEntry entry = entry("data/" + storage.key());
    if (entry.getSize() / storage.dtype().bytes() != storage.elements()
        || entry.getSize() % storage.dtype().bytes() != 0) {
      throw new HoneException(
          String.format(
              "%s: tensor '%s': %d numbers of %s were promised, entry %s has %d bytes; the file is"
                  + " damaged, download it again",
              file, name, storage.elements(), storage.dtype(), entry.getName(), entry.getSize()));
    }
    byte[] numbers = bytes(entry, Integer.MAX_VALUE - 8);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(numbers.length, Long.BYTES);
      MemorySegment.copy(numbers, 0, memory, ValueLayout.JAVA_BYTE, 0, numbers.length);
      MemorySegment own = memory.asSlice(view.offset() * storage.dtype().bytes(), view.bytes());
      return Tensors.over(own, storage.dtype(), view.shape()).copy();
    }
  }

  private ZipEntry entry(String name) {
    ZipEntry entry = zip.getEntry(root + name);
    if (entry == null) {
      throw new HoneException(
          file + ": has no entry " + root + name + "; the file is damaged, download it again");
    }
    return entry;
  }

  /** What an entry holds; torch compresses nothing, so that it cannot be more than the file. */
  private byte[] bytes(ZipEntry entry, long most) throws IOException {
    long size = entry.getSize();
    if (entry.getMethod() != ZipEntry.STORED || size < 0 || size > Files.size(file)) {
      throw new HoneException(
          file + ": entry " + entry.getName() + " is compressed, which torch never does");
    }
    if (size > most) {
      throw new HoneException(
          file + ": entry " + entry.getName() + " has " + size + " bytes, at most " + most);
    }
    try (InputStream in = zip.getInputStream(entry)) {
      byte[] bytes = in.readNBytes((int) size);
      CRC32 crc = new CRC32();
      crc.update(bytes);
      if (bytes.length != size || crc.getValue() != entry.getCrc()) {
        throw new HoneException(
            file + ": entry " + entry.getName() + " is damaged; download the file again");
      }
      return bytes;
    }
  }

  /**
   * Writes what {@code torch.load} reads, with {@code weights_only} too; see {@link TorchWriter}.
   */
  public static void write(Path file, Map<String, Tensor> tensors) {
    try (Scope scope = Scope.open()) {
      TorchWriter.write(file, TensorFile.entries(tensors));
    }
  }
}
