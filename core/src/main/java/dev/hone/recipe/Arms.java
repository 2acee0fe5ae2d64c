package dev.hone.recipe;

import dev.hone.config.Doc;
import dev.hone.config.Yaml;
import dev.hone.error.HoneException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One recipe and the ways in which it is changed, to be compared with each other. */
@Doc("A comparison: one recipe, changed in several ways")
public record Arms(
    @Doc("Name of the comparison; its folder lies among the recipe's runs") String name,
    @Doc("The recipe that is changed, relative to this file") @Nullable Path recipe,
    @Doc("What is changed in every arm: KEY=VALUE, as on the command line") List<String> changes,
    @Doc("What is changed in each arm, by the arm's name") Map<String, List<String>> arms) {

  private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]*";

  public Arms {
    List<String> names = new ArrayList<>(arms.keySet());
    names.add(name);
    for (String each : names) {
      if (!each.matches(NAME)) {
        throw new IllegalArgumentException(
            "'" + each + "' names a folder, expected letters, digits, '.', '_' and '-'");
      }
    }
  }

  public static Arms defaults() {
    return new Arms("compare", null, List.of(), Map.of());
  }

  /**
   * Arms as recipes of their own.
   *
   * @param chosen names of those that are meant
   * @param more changed in all of them; these count most
   * @throws HoneException that names the arm whose change the recipe does not take
   */
  public List<Recipe> recipes(Collection<String> chosen, List<String> more) {
    Path file = recipe;
    if (file == null) {
      throw new HoneException(name + ": set 'recipe' to the recipe that the arms change");
    }
    List<Recipe> recipes = new ArrayList<>();
    arms.forEach(
        (arm, own) -> {
          if (chosen.contains(arm)) {
            recipes.add(changed(file, arm, own, more));
          }
        });
    return recipes;
  }

  private Recipe changed(Path file, String arm, List<String> own, List<String> more) {
    List<String> all = new ArrayList<>(changes);
    all.addAll(own);
    all.addAll(more);
    all.add("name=" + arm);
    try {
      return Yaml.read(file, Recipe.class, all);
    } catch (HoneException e) {
      throw new HoneException("arm " + arm + ": " + e.getMessage(), e);
    }
  }
}
