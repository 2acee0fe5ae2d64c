package dev.hone.inspect;

import dev.hone.error.HoneException;
import dev.hone.method.AdapterFiles;
import dev.hone.method.Full;
import dev.hone.method.FullConfig;
import dev.hone.method.Method;
import dev.hone.method.MethodConfig;
import dev.hone.method.Methods;
import dev.hone.method.SoftPromptConfig;
import dev.hone.model.Model;
import dev.hone.model.Storage;
import dev.hone.run.ScratchFolder;
import dev.hone.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What a way of adapting a model costs before anything runs.
 *
 * @param trainable parameters that train
 * @param fileBytes of what a run would write: the adapter's files, or the whole model
 */
public record MethodCost(long trainable, long fileBytes, MemoryEstimate memory) {
  /**
   * Attaches the method to the outline, counts, and writes its files to see how large they are.
   *
   * @param storage how the base is kept
   * @param outline of {@code Families.outline}, whose numbers do not matter
   * @throws HoneException where the model has nothing that the method could change
   */
  public static MethodCost of(
      MethodConfig config, Storage storage, Model outline, MemoryEstimate.Load load) {
    if (config instanceof FullConfig full) {
      return full(full, outline, load);
    }
    int before = config instanceof SoftPromptConfig prompt ? prompt.numVirtualTokens() : 0;
    MemoryEstimate.Load longer =
        new MemoryEstimate.Load(load.batch(), load.tokens() + before, load.rank());
    try (Method method = Methods.attach(config, outline)) {
      long trainable = method.trainableCount();
      long frozen = method.state().values().stream().mapToLong(Tensor::numel).sum();
      return new MethodCost(
          trainable,
          written(method, outline),
          MemoryEstimate.training(
              "adapter", storage, outline, longer, trainable + frozen, trainable));
    }
  }

  /** Without the copies that training makes, which can be as large as memory. */
  private static MethodCost full(FullConfig config, Model outline, MemoryEstimate.Load load) {
    long trainable = Full.chosen(config, outline).stream().mapToLong(p -> p.value().numel()).sum();
    return new MethodCost(
        trainable,
        outline.parameterCount() * config.stored().type().bytes(),
        MemoryEstimate.training("full", Storage.FLOAT32, outline, load, 0, trainable));
  }

  private static long written(Method method, Model outline) {
    try (ScratchFolder folder = new ScratchFolder()) {
      AdapterFiles.write(folder.path(), method, outline, "", null);
      try (Stream<Path> files = Files.walk(folder.path())) {
        return files.filter(Files::isRegularFile).mapToLong(MethodCost::size).sum();
      }
    } catch (IOException e) {
      throw new HoneException("cannot write a temporary file: " + e.getMessage(), e);
    }
  }

  private static long size(Path file) {
    return file.toFile().length();
  }
}
