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
import java.util.ArrayList;
import java.util.HashMap;
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
    try (Arena arena = Arena.ofConfined()) {
      List<TensorEntry> entries = entries(file, arena);
      long bytes = entries.stream().mapToLong(entry -> entry.data().byteSize()).sum();
      if (bytes > 2 * file.toFile().length()) { // a norm may stand under two names
        throw tooMuch(file);
      }
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (TensorEntry entry : entries) {
        Tensor own = Tensors.over(entry.data(), entry.dtype(), entry.shape());
        tensors.put(entry.name(), own.copy());
      }
      return tensors;
    }
  }

  /** The same in memory of the arena, where tensors that share their numbers share them too. */
  static List<TensorEntry> entries(Path file, Arena arena) {
    if (!Files.isRegularFile(file)) {
      throw new HoneException(file + " does not exist or is no file");
    }
    try (ZipFile zip = new ZipFile(file.toFile())) {
      return new TorchFile(file, zip).entries(arena);
    } catch (IOException e) {
      throw new HoneException(
          file
              + " cannot be read as a zip archive, in which torch saves since version 1.6: "
              + e.getMessage()
              + "; load and save it anew with torch, or as safetensors",
          e);
    }
  }

  private List<TensorEntry> entries(Arena arena) throws IOException {
    requireLittleEndian();
    Map<String, View> views = StateDictPickle.read(file, small(entry(PICKLE), MOST_PICKLE_BYTES));
    Map<String, MemorySegment> storages = new HashMap<>();
    List<TensorEntry> entries = new ArrayList<>();
    long left = Files.size(file);
    for (Map.Entry<String, View> named : views.entrySet()) {
      View view = named.getValue();
      Storage storage = view.storage();
      ZipEntry entry = sound(named.getKey(), storage);
      MemorySegment numbers = storages.get(storage.key());
      if (numbers == null) {
        left -= entry.getSize();
        if (left < 0) {
          throw tooMuch(file); // entries lie over each other
        }
        numbers = numbers(entry, arena);
        storages.put(storage.key(), numbers);
      }
      MemorySegment own = numbers.asSlice(view.offset() * storage.dtype().bytes(), view.bytes());
      entries.add(new TensorEntry(named.getKey(), storage.dtype(), view.shape(), own));
    }
    return entries;
  }

  private static HoneException tooMuch(Path file) {
    return new HoneException(
        file
            + ": its tensors take more room than the file has; it is damaged, or made to fill"
            + " memory");
  }

  private void requireLittleEndian() throws IOException {
    ZipEntry order = zip.getEntry(root + "byteorder");
    if (order != null
        && !new String(small(order, 16), StandardCharsets.US_ASCII).equals("little")) {
      throw new HoneException(
          file + ": written on a big-endian machine; load and save it anew on another");
    }
  }

  /** The entry of a storage, as large as the pickle says. */
  private ZipEntry sound(String name, Storage storage) {
    ZipEntry entry = entry("data/" + storage.key());
    if (entry.getSize() / storage.dtype().bytes() != storage.elements()
        || entry.getSize() % storage.dtype().bytes() != 0) {
      throw new HoneException(
          String.format(
              "%s: tensor '%s': %d numbers of %s were promised, entry %s has %d bytes; the file is"
                  + " damaged, download it again",
              file, name, storage.elements(), storage.dtype(), entry.getName(), entry.getSize()));
    }
    return entry;
  }

  private ZipEntry entry(String name) {
    ZipEntry entry = zip.getEntry(root + name);
    if (entry == null) {
      throw new HoneException(
          file + ": has no entry " + root + name + "; the file is damaged, download it again");
    }
    return entry;
  }

  private byte[] small(ZipEntry entry, long most) throws IOException {
    if (entry.getSize() > most) {
      throw new HoneException(
          file
              + ": entry "
              + entry.getName()
              + " has "
              + entry.getSize()
              + " bytes, at most "
              + most);
    }
    try (Arena arena = Arena.ofConfined()) {
      return numbers(entry, arena).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  /** What an entry holds; torch compresses nothing, so that it cannot be more than the file. */
  private MemorySegment numbers(ZipEntry entry, Arena arena) throws IOException {
    long size = entry.getSize();
    if (entry.getMethod() != ZipEntry.STORED || size < 0 || size > Files.size(file)) {
      throw new HoneException(
          file + ": entry " + entry.getName() + " is compressed, which torch never does");
    }
    MemorySegment memory = arena.allocate(size, Long.BYTES);
    CRC32 crc = new CRC32();
    long at = 0;
    try (InputStream in = zip.getInputStream(entry)) {
      byte[] chunk = new byte[1 << 16];
      for (int n = in.read(chunk); n > 0 && n <= size - at; n = in.read(chunk)) {
        MemorySegment.copy(chunk, 0, memory, ValueLayout.JAVA_BYTE, at, n);
        crc.update(chunk, 0, n);
        at += n;
      }
    }
    if (at != size || crc.getValue() != entry.getCrc()) {
      throw new HoneException(
          file + ": entry " + entry.getName() + " is damaged; download the file again");
    }
    return memory;
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
