package dev.hone.model;

import dev.hone.error.HoneException;
import dev.hone.store.CacheFolder;
import dev.hone.store.Hashes;
import dev.hone.store.ModelFolder;
import dev.hone.store.Safetensors;
import dev.hone.store.TensorEntry;
import dev.hone.store.TensorFile;
import dev.hone.tensor.Engine;
import dev.hone.tensor.Int8;
import dev.hone.tensor.Nf4;
import dev.hone.tensor.Packing;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The quantised matrices of a model, worked out once and kept in the cache folder, from where they
 * are mapped the next time. The file is named after all that its content depends on.
 */
final class QuantisedFile {
  /** Changes when the same name would stand for other numbers. */
  private static final String VERSION = "1";

  private final ModelFolder folder;
  private final Storage storage;
  private final Path path;
  private final Map<String, Packing> made = new LinkedHashMap<>();

  /** The file, mapped for as long as the model's folder is open; null where it is not there yet. */
  private @Nullable Safetensors mapped;

  private QuantisedFile(ModelFolder folder, Storage storage, Path path) {
    this.folder = folder;
    this.storage = storage;
    this.path = path;
  }

  /**
   * @param folder whose weights are quantised
   * @param architecture as which they are read
   * @param tables whether those of tokens are among them; one that grows is not
   */
  static QuantisedFile of(
      ModelFolder folder, String architecture, Storage storage, boolean tables) {
    MessageDigest digest = Hashes.sha256();
    String depends = String.join("|", VERSION, folder.fingerprint(), architecture, storage.word());
    digest.update(depends.getBytes(StandardCharsets.UTF_8));
    if (!tables) {
      digest.update("|without tables".getBytes(StandardCharsets.UTF_8));
    }
    String name = storage.word() + "-" + Hashes.hex(digest).substring(0, 24) + ".safetensors";
    return new QuantisedFile(folder, storage, CacheFolder.of("quantised").resolve(name));
  }

  /**
   * One matrix, in the open scope.
   *
   * @param numbers F32 [R, C], asked for where the file is not there yet
   */
  Packing packing(String name, long rows, long columns, Supplier<Tensor> numbers) {
    if (mapped == null && made.isEmpty() && Files.exists(path)) {
      mapped = Safetensors.open(path);
      folder.closeToo(mapped);
    }
    if (mapped != null) {
      return read(mapped, name, rows, columns);
    }
    Packing packing = storage.pack(numbers.get());
    made.put(name, packing);
    return packing;
  }

  private Packing read(Safetensors file, String name, long rows, long columns) {
    try {
      Packing packing =
          storage == Storage.INT8
              ? new Int8(part(file, name, "codes"), part(file, name, "scales"))
              : new Nf4(
                  rows,
                  columns,
                  part(file, name, "codes"),
                  part(file, name, "largest"),
                  part(file, name, "groups"),
                  part(file, name, "mean"));
      if (packing.rows() == rows && packing.columns() == columns) {
        return packing;
      }
    } catch (IllegalArgumentException | HoneException e) {
      throw new HoneException(damaged(name) + " (" + e.getMessage() + ")", e);
    }
    throw new HoneException(damaged(name));
  }

  private String damaged(String name) {
    return path + " is damaged at '" + name + "'; remove it, and it is made anew";
  }

  private static Tensor part(Safetensors file, String name, String part) {
    TensorEntry entry = file.get(name + "." + part);
    return Tensors.over(entry.data(), entry.dtype(), entry.shape()).to(Engine.device());
  }

  /** Writes what was worked out, once the model is complete. */
  void finish() {
    if (made.isEmpty()) {
      return;
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    made.forEach(
        (name, packing) ->
            packing.parts().forEach((part, tensor) -> tensors.put(name + "." + part, tensor)));
    try (Scope scope = Scope.open()) {
      TensorFile.write(path, tensors);
    } catch (HoneException e) {
      throw new HoneException(
          "cannot keep the quantised weights: "
              + e.getMessage()
              + " (HONE_CACHE names another folder)",
          e);
    }
    made.clear();
  }
}
