package dev.hone.train;

import dev.hone.error.HoneException;
import dev.hone.method.Method;
import dev.hone.model.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where a run remembers what layers that do not train make of its rows.
 *
 * @param folder of this run alone; each phase of a run has a file in it
 * @param fingerprint of the base's configuration and weights
 */
public record FrozenCache(Path folder, String fingerprint) {

  /**
   * The memory of one phase, or null where all layers train.
   *
   * @param phase counted from 0; layers that are frozen now may have trained in an earlier one
   */
  @Nullable FrozenLayers open(Model model, Method method, int phase) {
    int layers = FrozenLayers.count(model, method);
    return layers == 0
        ? null
        : FrozenLayers.open(folder, fingerprint + "|phase " + phase, model, layers);
  }

  /**
   * Removes what no run needs any more that goes on from here.
   *
   * @param current what is still in use, or null
   */
  void keepOnly(@Nullable FrozenLayers current) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> entries = Files.list(folder)) {
      List<Path> files = entries.toList();
      for (Path file : files) {
        if (current == null || !file.equals(current.path())) {
          Files.delete(file);
        }
      }
      if (current == null) {
        Files.delete(folder);
      }
    } catch (IOException e) {
      throw new HoneException(folder + ": cannot remove what frozen layers made: " + e, e);
    }
  }
}
