package dev.hone.run;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What one of several {@link Trials} gave.
 *
 * @param labels rows that were learned from; 0 for as many as the recipe says
 * @param scores null where it failed
 * @param error why it failed, or null
 */
public record Trial(
    String arm, int labels, long seed, @Nullable Scores scores, @Nullable String error) {

  /**
   * What was measured.
   *
   * @param forgetting rise of the mean loss a token of general text, in nats; null where the recipe
   *     names no such text
   * @param trainable parameters that trained
   * @param seconds of training alone
   * @param memory most bytes that the process occupied
   * @param file bytes of the weights that were written
   */
  public record Scores(
      double accuracy,
      double macroF1,
      @Nullable Double forgetting,
      long trainable,
      double seconds,
      long memory,
      long file) {}

  static Trial failed(String arm, int labels, long seed, String error) {
    return new Trial(arm, labels, seed, null, error);
  }

  /** Reads the result of a finished run. */
  static Trial read(String arm, int labels, long seed, Path run) {
    Path file = run.resolve(RunResult.FILE);
    try {
      JsonNode result = JsonMapper.shared().readTree(Files.readString(file));
      for (JsonNode line : result.path("lines")) {
        if (line.path("name").asString().equals(RunResult.TUNED)) {
          JsonNode forgetting = result.path("forgetting").path("rise");
          Scores scores =
              new Scores(
                  line.path("accuracy").asDouble(),
                  line.path("macro_f1").asDouble(),
                  forgetting.isNumber() ? (Double) forgetting.asDouble() : null,
                  result.path("trainable_parameters").asLong(),
                  result.path("train_seconds").asDouble(),
                  result.path("peak_memory_bytes").asLong(),
                  weights(run));
          return new Trial(arm, labels, seed, scores, null);
        }
      }
      return failed(arm, labels, seed, "tells no labels apart, which is what compare compares");
    } catch (IOException | JacksonException e) {
      throw new HoneException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /** Of an adapter, or of a whole model; without tokenizer and configuration. */
  private static long weights(Path run) throws IOException {
    Path adapter = run.resolve("adapter");
    Path folder = Files.exists(adapter) ? adapter : run.resolve("model");
    try (Stream<Path> files = Files.list(folder)) {
      long bytes = 0;
      for (Path file : files.filter(f -> f.toString().matches(".*\\.(safetensors|bin)")).toList()) {
        bytes += Files.size(file);
      }
      return bytes;
    }
  }
}
