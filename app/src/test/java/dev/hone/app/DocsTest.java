package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.config.Yaml;
import dev.hone.method.MethodConfig;
import dev.hone.recipe.Arms;
import dev.hone.recipe.Recipe;
import dev.hone.train.preference.PreferenceConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What README and docs say is what the program does. */
class DocsTest {
  private static final Path ROOT = Path.of(System.getProperty("hone.root", "."));
  private static final Path METHODS = ROOT.resolve("docs/methods");
  private static final Pattern RECIPE = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL);
  private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final Pattern COMMAND = Pattern.compile("(?m)^    \\./hone (.*?)(?: +#.*)?$");
  private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");
  private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)#]+)");
  private static final Pattern CLASS = Pattern.compile("`(dev\\.hone(?:\\.\\w+)*\\.[A-Z]\\w*)`");
  private static final Pattern KEY = Pattern.compile("(?m)^([a-zA-Z0-9]+): (.*)$");

  @TempDir Path folder;

  private final Map<Path, String> pages = new LinkedHashMap<>();

  @BeforeEach
  void read() throws IOException {
    Assumptions.assumeTrue(Files.isDirectory(METHODS), "no docs here");
    pages.put(ROOT.resolve("README.md"), Files.readString(ROOT.resolve("README.md")));
    try (Stream<Path> files = Files.walk(ROOT.resolve("docs"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".md")).sorted().toList()) {
        pages.put(file, Files.readString(file));
      }
    }
  }

  private static List<String> all(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(m -> m.group(1)).toList();
  }

  private Path recipe(String text) throws IOException {
    return Files.writeString(folder.resolve("recipe.yaml"), text);
  }

  private String page(String name) {
    String text = pages.get(METHODS.resolve(name + ".md"));
    if (text == null) {
      throw new AssertionError("no page docs/methods/" + name + ".md");
    }
    return text;
  }

  @Test
  void everyRecipeBinds() throws IOException {
    for (Map.Entry<Path, String> page : pages.entrySet()) {
      for (String text : all(RECIPE, page.getValue())) {
        Path file = recipe(text);
        assertDoesNotThrow(
            () -> Yaml.read(file, Recipe.class, List.of()), page.getKey() + ":\n" + text);
      }
    }
  }

  /** Recipes that are named are there, keys bind, and commands have their options. */
  @Test
  void everyCommandIsTaken() throws IOException {
    Map<String, CommandLine> commands = new LinkedHashMap<>();
    for (Object command : Main.commands(new TestConsole(false).console)) {
      CommandLine line = new CommandLine(command);
      commands.put(line.getCommandName(), line);
    }
    for (Map.Entry<Path, String> page : pages.entrySet()) {
      for (String line : all(COMMAND, page.getValue())) {
        String where = page.getKey() + ": ./hone " + line;
        List<String> words = words(line);
        CommandLine command = commands.get(words.getFirst());
        assertTrue(command != null, where);
        List<String> changes = new ArrayList<>();
        List<Path> files = new ArrayList<>();
        for (String word : words.subList(1, words.size())) {
          if (word.startsWith("-") || word.startsWith("[-")) { // in brackets: may be left out
            String option = word.replace("[", "");
            assertTrue(command.getCommandSpec().optionsMap().containsKey(option), where);
          } else if (word.startsWith("recipes/")) {
            files.add(ROOT.resolve(word));
          } else if (words.getFirst().equals("combine")) {
            assertTrue(word.matches("\\S+(=-?[0-9.]+)?"), where); // a weight, not a key
          } else if (word.contains("=") && !word.contains(" ") || word.contains("={")) {
            changes.add(word);
          }
        }
        if (files.isEmpty()) {
          files.add(recipe(""));
        }
        boolean arms = words.getFirst().equals("compare") && files.size() == 1;
        for (Path file : files) {
          Class<? extends Record> type = arms ? Arms.class : Recipe.class;
          List<String> of = arms ? List.of() : changes; // those of the recipe that the arms share
          assertDoesNotThrow(() -> Yaml.read(file, type, of), where);
        }
      }
    }
  }

  private static List<String> words(String line) {
    return WORD.matcher(line).results().map(DocsTest::word).toList();
  }

  private static String word(MatchResult match) {
    return match.group(1) == null ? match.group(2) : match.group(1);
  }

  @Test
  void everyLinkAndClassIsThere() {
    pages.forEach(
        (page, text) -> {
          for (String link : all(LINK, text)) {
            assertTrue(Files.exists(page.resolveSibling(link)), page + ": " + link);
          }
          for (String name : all(CLASS, text)) {
            assertDoesNotThrow(() -> Class.forName(name), page + ": " + name);
          }
        });
  }

  /** The family that is shown to whoever adds one is the one that is there. */
  @Test
  void theFamilyIsTheOneThatIsThere() throws IOException {
    String text = Files.readString(ROOT.resolve("CONTRIBUTING.md"));
    Path family = ROOT.resolve("core/src/main/java/dev/hone/model/family/Qwen2.java");
    assertTrue(Files.readString(family).endsWith("\n" + all(JAVA, text).getFirst()), text);
  }

  /** A method's page, or the table of common keys, has each key beside its default. */
  @Test
  void everyKeyHasItsDefault() {
    String common = page("README");
    Yaml.choices(MethodConfig.class)
        .forEach(
            (name, config) -> {
              assertTrue(common.contains("[" + name + "](" + name + ".md)"), name);
              requireKeys(name, (Record) config, page(name), common);
            });
    String preferences = page("preference-tuning");
    Yaml.choices(PreferenceConfig.class)
        .forEach(
            (name, config) -> {
              String section = preferences.split("\n## `" + name + "`\n", -1)[1];
              requireKeys(name, (Record) config, section.split("\n## ", -1)[0], "");
            });
  }

  private static void requireKeys(String name, Record config, String page, String common) {
    List<MatchResult> keys = KEY.matcher(Yaml.write(config)).results().toList();
    assertFalse(keys.isEmpty(), name);
    for (MatchResult key : keys) {
      String value = key.group(2).equals("null") ? "absent" : "`" + key.group(2) + "`";
      String row = "| `" + key.group(1) + "` | " + value + " |";
      boolean own = page.contains("| `" + key.group(1) + "` | ");
      assertTrue((own ? page : common).contains(row), name + ": no row " + row);
    }
  }

  /** The table of costs is what the command prints. */
  @Test
  void theCostsAreThoseOfTheCommand() {
    Path base = ROOT.resolve("models/hone-base");
    Assumptions.assumeTrue(Files.exists(base.resolve("model.safetensors")), "no base model here");
    TestConsole console = new TestConsole(false);
    new Main(console.console, folder, Main.commands(console.console))
        .run("methods", base.toString());
    String page = page("README");
    assertTrue(console.out().contains("lora"), console.err());
    assertTrue(page.contains("```\n" + console.out() + "```\n"), console.out());
  }
}
