package dev.hone.method.multitaskprompttuning;

import dev.hone.error.HoneException;
import dev.hone.store.TensorFile;
import dev.hone.tensor.DType;
import dev.hone.tensor.Engine;
import dev.hone.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What another run learned on several tasks, to begin a new one with.
 *
 * @param table the shared vectors
 * @param cols [1, P, K] and
 * @param rows [1, K, E], the factor of the new task; null where it begins anew
 */
record Source(Tensor table, @Nullable Tensor cols, @Nullable Tensor rows) {
  private static final String FILE = "adapter_model.safetensors";

  /** Reads what the configuration names; belongs to the open scope. */
  static Source read(MultitaskPromptTuningConfig config, int count, long width) {
    Path folder = Objects.requireNonNull(config.source());
    Path ofRun = folder.resolve("adapter").resolve(FILE);
    Path file = Files.exists(ofRun) ? ofRun : folder.resolve(FILE);
    if (!Files.exists(file)) {
      throw new HoneException("method.source: " + folder + " has no " + FILE);
    }
    Map<String, Tensor> all = TensorFile.read(file);
    Tensor table = tensor(all, MultitaskPromptTuning.TABLE, file, count, width);
    if (!config.promptTuningInit().hasSourceFactor()) {
      return new Source(table, null, null);
    }
    int rank = config.numRanks();
    return new Source(
        table,
        ofOne(config, tensor(all, MultitaskPromptTuning.COLS, file, -1, count, rank), file),
        ofOne(config, tensor(all, MultitaskPromptTuning.ROWS, file, -1, rank, width), file));
  }

  private static Tensor ofOne(MultitaskPromptTuningConfig config, Tensor all, Path file) {
    if (config.promptTuningInit() == MultitaskPromptTuningConfig.Start.AVERAGE_SOURCE_TASKS) {
      return all.mean(0).unsqueeze(0);
    }
    if (config.promptTuningInitTask() >= all.size(0)) {
      throw new HoneException(
          "method.promptTuningInitTask is %d, but the tasks of %s are 0 to %d"
              .formatted(config.promptTuningInitTask(), file, all.size(0) - 1));
    }
    return all.narrow(0, config.promptTuningInitTask(), 1);
  }

  /**
   * @param shape -1 for any number
   */
  private static Tensor tensor(Map<String, Tensor> all, String name, Path file, long... shape) {
    Tensor tensor = all.get(name);
    if (tensor == null) {
      throw new HoneException(
          file + ": tensor '" + name + "' is missing; name a run of this method");
    }
    long[] expected = shape.clone();
    if (expected[0] < 0 && tensor.rank() > 0) {
      expected[0] = tensor.size(0);
    }
    if (!Arrays.equals(tensor.shape(), expected)) {
      throw new HoneException(
          "%s: tensor '%s' has shape %s, but numVirtualTokens, numRanks and the model ask for %s"
              .formatted(file, name, Arrays.toString(tensor.shape()), Arrays.toString(expected)));
    }
    return tensor.to(DType.F32).to(Engine.device());
  }
}
