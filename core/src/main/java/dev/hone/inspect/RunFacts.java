package dev.hone.inspect;

import dev.hone.config.Place;
import dev.hone.config.Yaml;
import dev.hone.data.DataConfig;
import dev.hone.error.HoneException;
import dev.hone.method.MethodConfig;
import dev.hone.recipe.Recipe;
import dev.hone.recipe.Stage;
import dev.hone.train.Checkpoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a run's folder holds.
 *
 * @param model the base that the recipe names, or {@code new}
 * @param method for example {@code lora}; of a run in stages one for each
 * @param data files or repositories of rows, of all stages
 * @param checkpoint step of the last checkpoint, 0 where there is none
 * @param result the content of {@code result.json}; null for a run that is not finished
 */
public record RunFacts(
    String name,
    String model,
    String method,
    List<String> data,
    long seed,
    int checkpoint,
    @Nullable JsonNode result) {
  static final String RECIPE = "recipe.yaml";

  static RunFacts of(Path folder) {
    Recipe recipe = Yaml.read(folder.resolve(RECIPE), Recipe.class, List.of());
    boolean staged = !recipe.stages().isEmpty();
    List<MethodConfig> methods =
        staged ? recipe.stages().stream().map(Stage::method).toList() : List.of(recipe.method());
    List<DataConfig> data =
        staged ? recipe.stages().stream().map(Stage::data).toList() : List.of(recipe.data());
    return new RunFacts(
        recipe.name(),
        recipe.model() == null ? "new" : recipe.model().name(),
        methods.stream().map(RunFacts::word).collect(Collectors.joining(", ")),
        data.stream().flatMap(d -> d.path().stream()).map(Place::name).distinct().toList(),
        recipe.seed(),
        new Checkpoints(folder.resolve("checkpoints")).lastStep(),
        result(folder.resolve("result.json")));
  }

  private static String word(MethodConfig method) {
    return method.getClass().getSimpleName().replaceFirst("Config$", "").toLowerCase(Locale.ROOT);
  }

  private static @Nullable JsonNode result(Path file) {
    try {
      return Files.exists(file) ? JsonMapper.shared().readTree(Files.readString(file)) : null;
    } catch (IOException | JacksonException e) {
      throw new HoneException(file + " cannot be read: " + e.getMessage(), e);
    }
  }
}
