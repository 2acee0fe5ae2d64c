package dev.hone.run;

import dev.hone.data.Example;
import dev.hone.data.Splits;
import dev.hone.error.HoneException;
import dev.hone.recipe.Recipe;
import dev.hone.store.AtomicFiles;
import dev.hone.store.Folders;
import dev.hone.tensor.DType;
import dev.hone.train.StopSignal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Does the stages of a recipe one after the other, each from the model that the one before has
 * left. A stage is a run with a folder of its own, {@code runs/NAME/NUMBER-STAGE}, and is taken up
 * like one; a stage that is done is not done again.
 *
 * <p>What a later stage is measured on, an earlier one does not learn from, not even as plain text.
 */
public final class StagedRun {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final Recipe recipe;
  private final RunListener listener;
  private final StopSignal stop;

  public StagedRun(Recipe recipe, RunListener listener, StopSignal stop) {
    this.recipe = recipe;
    this.listener = listener;
    this.stop = stop;
  }

  /**
   * What came of it.
   *
   * @param folder of the whole run
   * @param stages folders of the stages, in their order
   */
  public record Result(Recipe recipe, Path folder, List<Path> stages) {

    /** The content of a stage's {@code result.json}. */
    public JsonNode of(Path stage) {
      return result(stage);
    }
  }

  /**
   * @return empty when it was asked to stop: the same recipe takes it up again
   */
  public Optional<Result> execute() {
    List<List<Example>> held = held();
    try (RunFolder folder = RunFolder.open(recipe)) {
      List<Path> done = new ArrayList<>();
      Path model = null;
      for (int i = 0; i < recipe.stages().size(); i++) {
        Recipe own = recipe.stage(i, folder.path(), model);
        Path stage = folder.file(own.name());
        listener.stage(own.name(), i + 1, recipe.stages().size());
        if (!Files.exists(stage.resolve(RunResult.FILE))) {
          Optional<RunResult> result =
              stop.isRequested()
                  ? Optional.empty()
                  : new Run(own, listener, stop, held.get(i)).execute();
          if (result.isEmpty()) {
            return Optional.empty();
          }
          listener.finished(result.get());
        }
        done.add(stage);
        model = i + 1 < recipe.stages().size() ? whole(stage) : null;
      }
      AtomicFiles.write(folder.file(RunResult.FILE), JSON.writeValueAsString(json(done)));
      return Optional.of(new Result(recipe, folder.path(), done));
    }
  }

  /** For each stage, the test rows of all later ones; broken rows of any are told at once. */
  private List<List<Example>> held() {
    List<List<Example>> held = new ArrayList<>();
    List<Example> later = List.of();
    for (int i = recipe.stages().size() - 1; i >= 0; i--) {
      held.addFirst(later);
      List<Example> both = new ArrayList<>(later);
      both.addAll(Splits.read(Located.rows(recipe.stages().get(i).data(), listener)).test());
      later = both;
    }
    return held;
  }

  /** The folder of the whole model that a stage has left; an adapter is folded into its base. */
  private static Path whole(Path stage) {
    Path model = stage.resolve("model");
    if (Files.isDirectory(model)) {
      return model;
    }
    Path merged = stage.resolve("merged");
    if (!Files.isDirectory(merged)) {
      Path part = stage.resolve("merged.part");
      try (Tuned tuned = Tuned.open(stage, null)) {
        Folders.delete(part);
        Merging.write(tuned, part, DType.F32);
        Files.move(part, merged);
      } catch (IOException e) {
        throw new HoneException("cannot write " + merged + ": " + e.getMessage(), e);
      }
    }
    return merged;
  }

  private Map<String, Object> json(List<Path> stages) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", recipe.name());
    json.put("seed", recipe.seed());
    json.put("stages", stages.stream().map(StagedRun::result).toList());
    return json;
  }

  private static JsonNode result(Path stage) {
    Path file = stage.resolve(RunResult.FILE);
    try {
      return JSON.readTree(Files.readString(file));
    } catch (IOException | JacksonException e) {
      throw new HoneException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /** The folder to ask: of a run in stages the last stage's, otherwise the one that was given. */
  static Path last(Path folder) {
    Path file = folder.resolve(RunResult.FILE);
    if (!Files.exists(file) || !result(folder).has("stages")) {
      return folder;
    }
    JsonNode stages = result(folder).path("stages");
    return folder.resolve(stages.path(stages.size() - 1).path("name").asString());
  }
}
