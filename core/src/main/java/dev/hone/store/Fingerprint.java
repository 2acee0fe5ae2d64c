package dev.hone.store;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Says whether two models are the same, however their weights are cut into files.
 *
 * <p>SHA-256 over config.json (keys sorted, without what merely says who saved it) and, by name,
 * over each tensor's name, dtype, shape and the SHA-256 of its bytes. The tensors are hashed in
 * parallel.
 */
public final class Fingerprint {
  /** Differ between two saves of one model. */
  private static final List<String> NO_CONTENT = List.of("transformers_version", "_name_or_path");

  private Fingerprint() {}

  /** Returns 64 hexadecimal digits. */
  public static String of(ModelFolder folder) {
    ObjectNode config = folder.config().json().deepCopy();
    config.remove(NO_CONTENT);
    MessageDigest digest = Hashes.sha256();
    digest.update(sorted(config).toString().getBytes(StandardCharsets.UTF_8));
    digest.update(of(folder.tensors().values()).getBytes(StandardCharsets.UTF_8));
    return Hashes.hex(digest);
  }

  /** The same of tensors alone, in any order. */
  public static String of(Collection<TensorEntry> tensors) {
    MessageDigest digest = Hashes.sha256();
    tensors.parallelStream()
        .sorted(Comparator.comparing(TensorEntry::name))
        .map(Fingerprint::line)
        .forEachOrdered(line -> digest.update(line.getBytes(StandardCharsets.UTF_8)));
    return Hashes.hex(digest);
  }

  private static String line(TensorEntry tensor) {
    MessageDigest digest = Hashes.sha256();
    MemorySegment data = tensor.data();
    byte[] chunk = new byte[(int) Math.min(1 << 20, data.byteSize())];
    for (long at = 0; at < data.byteSize(); at += chunk.length) {
      int n = (int) Math.min(chunk.length, data.byteSize() - at);
      MemorySegment.copy(data, at, MemorySegment.ofArray(chunk), 0, n);
      digest.update(chunk, 0, n);
    }
    return tensor.name()
        + '\0'
        + tensor.dtype()
        + Arrays.toString(tensor.shape())
        + Hashes.hex(digest)
        + '\n';
  }

  private static JsonNode sorted(JsonNode node) {
    if (node instanceof ObjectNode object) {
      TreeMap<String, JsonNode> byKey = new TreeMap<>();
      object.properties().forEach(e -> byKey.put(e.getKey(), sorted(e.getValue())));
      ObjectNode out = object.objectNode();
      byKey.forEach(out::set);
      return out;
    }
    return node;
  }
}
