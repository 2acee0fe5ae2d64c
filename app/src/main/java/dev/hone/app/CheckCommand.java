package dev.hone.app;

import dev.hone.config.Yaml;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code hone check}: what a recipe means, before anything runs. */
@Command(name = "check", description = "Checks a recipe and prints it with every key.")
@Example(
    line = "hone check recipe.yaml train.rate=1e-4",
    does = "the recipe with all defaults, one key changed")
final class CheckCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final RecipeArguments arguments = new RecipeArguments();

  CheckCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    console.out().print(Yaml.write(arguments.recipe()));
    return 0;
  }
}
