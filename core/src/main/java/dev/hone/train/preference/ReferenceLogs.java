package dev.hone.train.preference;

import dev.hone.data.Batch;
import dev.hone.error.HoneException;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.store.AtomicFiles;
import dev.hone.store.Hashes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * What the untrained model makes of answers, worked out once for each row: it never changes. The
 * base is the reference as it is, with no adapter on; there is no second model.
 */
public final class ReferenceLogs {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, Double> known = new LinkedHashMap<>();

  /** The sums of log-probabilities of a batch's answers; those of new rows are computed. */
  public double[] of(Model base, Batch batch) {
    double[] sums = new double[batch.rows()];
    String[] keys = new String[sums.length];
    boolean all = true;
    for (int row = 0; row < keys.length; row++) {
      keys[row] = key(batch, row);
      Double sum = known.get(keys[row]);
      all &= sum != null;
      sums[row] = sum == null ? 0 : sum;
    }
    if (all) {
      return sums;
    }
    double[] computed = AnswerLogs.sums(base, Adapter.NONE, batch);
    for (int row = 0; row < keys.length; row++) {
      Double sum = known.putIfAbsent(keys[row], computed[row]);
      sums[row] = sum == null ? computed[row] : sum;
    }
    return sums;
  }

  /** Over the ids of a row and which of them are its answer. */
  private static String key(Batch batch, int row) {
    ByteBuffer bytes = ByteBuffer.allocate(batch.width() * 2 * Long.BYTES);
    for (int i = row * batch.width(); i < (row + 1) * batch.width(); i++) {
      if (batch.mask()[i] == 1) {
        bytes.putLong(batch.ids()[i]).putLong(batch.labels()[i]);
      }
    }
    MessageDigest digest = Hashes.sha256();
    digest.update(bytes.flip());
    return Hashes.hex(digest);
  }

  /**
   * Writes them for a run that is taken up.
   *
   * @param base fingerprint of the model
   */
  public void save(Path file, String base) {
    AtomicFiles.write(file, JSON.writeValueAsString(Map.of("base", base, "log_probs", known)));
  }

  /** Takes up what the same base has left in a file, if anything. */
  public void load(Path file, String base) {
    try {
      if (!Files.exists(file)) {
        return;
      }
      JsonNode saved = JSON.readTree(Files.readString(file));
      if (saved.path("base").asString("").equals(base)) {
        saved
            .path("log_probs")
            .properties()
            .forEach(e -> known.put(e.getKey(), e.getValue().asDouble()));
      }
    } catch (IOException | JacksonException e) {
      throw new HoneException(
          "cannot read " + file + ": " + e.getMessage() + "; remove it, it is made again", e);
    }
  }
}
