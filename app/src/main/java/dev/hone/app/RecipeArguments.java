package dev.hone.app;

import dev.hone.config.Yaml;
import dev.hone.recipe.Recipe;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Parameters;

/** A recipe and changes to it, as every command takes them that works on a recipe. */
@SuppressWarnings("NullAway.Init") // picocli fills the fields before a command runs
final class RecipeArguments {
  @Parameters(index = "0", paramLabel = "RECIPE", description = "The recipe, a YAML file.")
  private Path file;

  @Parameters(
      index = "1..*",
      paramLabel = "KEY=VALUE",
      description = "Keys of the recipe changed for this run, for example train.rate=1e-4.")
  private List<String> overrides = new ArrayList<>();

  /**
   * Reads the recipe.
   *
   * @throws dev.hone.error.HoneException that names the line or the override at fault
   */
  Recipe recipe() {
    return Yaml.read(file, Recipe.class, overrides);
  }
}
