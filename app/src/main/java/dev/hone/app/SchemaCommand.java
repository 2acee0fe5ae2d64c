package dev.hone.app;

import dev.hone.config.JsonSchema;
import dev.hone.recipe.Recipe;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code hone schema}: the recipe's JSON Schema, for editors. */
@Command(name = "schema", description = "Prints the JSON Schema of recipes, for editors.")
@Example(
    line = "hone schema > recipe.schema.json",
    does = "lets an editor complete and check recipes")
final class SchemaCommand implements Callable<Integer> {
  private final Console console;

  SchemaCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    console.out().print(JsonSchema.of(Recipe.class));
    return 0;
  }
}
