package dev.hone.train;

import dev.hone.error.HoneException;
import dev.hone.method.Method;
import dev.hone.store.AtomicFiles;
import dev.hone.store.Folders;
import dev.hone.store.TensorFile;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.ObjectMapper;

/**
 * A run's checkpoints: the last, from which it resumes, and the best, which it delivers. A
 * checkpoint's folder appears under its name only when it is whole.
 *
 * @param folder holds {@code step-N} folders and {@code best.safetensors}
 */
public record Checkpoints(Path folder) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TRAINED = "trainable.safetensors";
  private static final String MOMENTS = "optimizer.safetensors";
  private static final String CARRIED = "carried.safetensors";
  private static final String STATE = "state.json";

  /** Writes the last checkpoint, then removes older ones. */
  public void save(Method method, AdamW optimizer, Objective objective, TrainState state) {
    Path whole = folder.resolve("step-" + state.step());
    if (Files.isDirectory(whole)) {
      return;
    }
    Path part = folder.resolve("step-" + state.step() + ".part");
    try {
      Folders.delete(part);
      write(part, method, optimizer, objective, state);
      Files.move(part, whole, StandardCopyOption.ATOMIC_MOVE);
      for (Path older : all()) {
        if (!older.equals(whole)) {
          Folders.delete(older);
        }
      }
    } catch (IOException e) {
      throw new HoneException("cannot write checkpoint " + whole + ": " + e.getMessage(), e);
    }
  }

  private static void write(
      Path part, Method method, AdamW optimizer, Objective objective, TrainState state)
      throws IOException {
    Files.createDirectories(part);
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> carried = objective.state();
      if (!carried.isEmpty()) {
        TensorFile.write(part.resolve(CARRIED), carried);
      }
      TensorFile.write(part.resolve(TRAINED), whole(method));
      TensorFile.write(part.resolve(MOMENTS), optimizer.state());
      AtomicFiles.write(part.resolve(STATE), JSON.writeValueAsString(state));
    } catch (RuntimeException e) { // for example weights that are not finite
      Folders.delete(part);
      throw e;
    }
  }

  /** Takes up the last checkpoint, if there is one. */
  public Optional<TrainState> restore(Method method, AdamW optimizer, Objective objective) {
    List<Path> found = all();
    if (found.isEmpty()) {
      return Optional.empty();
    }
    Path last = found.getLast();
    fill(last.resolve(TRAINED), whole(method));
    fill(last.resolve(MOMENTS), optimizer.state());
    try (Scope scope = Scope.open()) {
      if (Files.exists(last.resolve(CARRIED))) {
        objective.restore(TensorFile.read(last.resolve(CARRIED)));
      }
      TrainState state = JSON.readValue(Files.readString(last.resolve(STATE)), TrainState.class);
      return Optional.of(state);
    } catch (IOException | JacksonException e) {
      throw new HoneException("cannot read checkpoint " + last + ": " + e.getMessage(), e);
    }
  }

  /** Step of the last checkpoint; 0 without one. */
  public int lastStep() {
    List<Path> found = all();
    return found.isEmpty() ? 0 : step(found.getLast());
  }

  /** Removes all checkpoints. */
  public void clear() {
    Folders.delete(folder);
  }

  private static int step(Path checkpoint) {
    return Integer.parseInt(checkpoint.getFileName().toString().substring("step-".length()));
  }

  void saveBest(Method method) {
    TensorFile.write(best(), whole(method));
  }

  /** Puts the best weights in place of the current ones. */
  void restoreBest(Method method) {
    if (Files.exists(best())) {
      fill(best(), whole(method));
    }
  }

  /** What trains, and what the method remembers beside it. */
  private static Map<String, Tensor> whole(Method method) {
    Map<String, Tensor> whole = new LinkedHashMap<>(method.trainable());
    whole.putAll(method.state());
    return whole;
  }

  private Path best() {
    return folder.resolve("best.safetensors");
  }

  private static void fill(Path file, Map<String, Tensor> targets) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Map<String, Tensor> saved = TensorFile.read(file);
      if (!described(saved).equals(described(targets))) {
        throw new HoneException(
            file + " was written by another method or model; remove the run folder to start anew");
      }
      saved.forEach((name, value) -> Objects.requireNonNull(targets.get(name)).copyFrom(value));
    }
  }

  private static Map<String, String> described(Map<String, Tensor> tensors) {
    Map<String, String> described = new HashMap<>();
    tensors.forEach((name, tensor) -> described.put(name, tensor.describe()));
    return described;
  }

  /** Whole checkpoints, the oldest first. */
  private List<Path> all() {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(p -> p.getFileName().toString().matches("step-\\d+"))
          .sorted(Comparator.comparingInt(Checkpoints::step))
          .toList();
    } catch (IOException e) {
      throw new HoneException("cannot list " + folder + ": " + e.getMessage(), e);
    }
  }
}
