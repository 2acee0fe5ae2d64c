package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

class MainTest {
  @TempDir private Path folder;
  private final TestConsole plain = new TestConsole(false);

  @Command(name = "throw", description = "Throws what it is told.")
  @Example(line = "hone throw bug", does = "shows how a bug looks")
  static final class Throwing implements Callable<Integer> {
    @Parameters private String what = "";

    @Override
    public Integer call() {
      switch (what) {
        case "refusal" -> throw new HoneException("x.yaml:1: wrong");
        case "bug" -> throw new IllegalStateException("first\nsecond");
        case "error" -> throw new StackOverflowError();
        default -> {
          return 3;
        }
      }
    }
  }

  private int run(TestConsole console, String... args) {
    List<?> commands =
        List.of(
            new Throwing(), new CheckCommand(console.console), new SchemaCommand(console.console));
    return new Main(console.console, folder, commands).run(args);
  }

  @Test
  void helpTeachesByExamples() {
    assertEquals(0, run(plain));
    String bare = plain.out();
    assertTrue(bare.matches("(?s).*\n  hone throw bug +shows how a bug looks\n.*"), bare);
    assertTrue(bare.contains("hone schema > recipe.schema.json"), bare);
    assertTrue(bare.contains("Prints the JSON Schema"), bare);
    TestConsole help = new TestConsole(false);
    assertEquals(0, run(help, "--help"));
    assertEquals(bare, help.out());
  }

  @Test
  void aCommandsHelpShowsItsOwnExamples() {
    assertEquals(0, run(plain, "schema", "--help"));
    assertTrue(plain.out().contains("Usage: hone schema"), plain.out());
    assertTrue(plain.out().contains("\nExamples:\n  hone schema > "), plain.out());
    assertFalse(plain.out().contains("hone throw"), plain.out());
  }

  @Test
  void theVersionIsTheBuilds() {
    assertEquals(0, run(plain, "--version"));
    assertTrue(plain.out().matches("hone \\d+\\.\\d+\\.\\d+\\S* \\(Java .+\\)\\R"), plain.out());
  }

  @Test
  void theSchemaIsPrinted() {
    assertEquals(0, run(plain, "schema"));
    assertTrue(plain.out().contains("\"targetModules\""), plain.out());
    assertEquals("", plain.err());
  }

  @Test
  void checkPrintsTheWholeRecipeOrItsFault() throws IOException {
    Path recipe = Files.writeString(folder.resolve("r.yaml"), "train:\n  batch: 4\n");
    assertEquals(0, run(plain, "check", recipe.toString(), "train.rate=1e-2", "name='@x'"));
    assertTrue(plain.out().contains("\n  batch: 4\n"), plain.out());
    assertTrue(plain.out().contains("\n  rate: 0.01\n"), plain.out());
    assertTrue(plain.out().contains("\nname: \"@x\"\n"), plain.out());

    Files.writeString(recipe, "train:\n  bacth: 4\n");
    assertEquals(1, run(plain, "check", recipe.toString()));
    assertEquals(
        "hone: " + recipe + ":2: unknown key 'bacth' in train (did you mean 'batch'?)\n",
        plain.err());
  }

  @Test
  void aRefusalIsOneLineAndExitStatusOne() throws IOException {
    assertEquals(1, run(plain, "throw", "refusal"));
    assertEquals("hone: x.yaml:1: wrong\n", plain.err());
    TestConsole terminal = new TestConsole(true);
    assertEquals(1, run(terminal, "throw", "refusal"));
    assertEquals("\u001b[31mhone: x.yaml:1: wrong\u001b[0m\n", terminal.err());
    try (var files = Files.list(folder)) {
      assertEquals(0, files.count());
    }
  }

  @Test
  void aBugIsOneLineAndALogFile() throws IOException {
    for (String what : List.of("bug", "error")) {
      TestConsole console = new TestConsole(false);
      assertEquals(70, run(console, "throw", what));
      assertEquals(1, console.err().lines().count(), console.err());
      Path log = Path.of(console.err().strip().replaceFirst(".*details in ", ""));
      assertEquals(folder.resolve(".hone"), log.getParent());
      String text = Files.readString(log);
      assertTrue(text.contains("hone throw " + what), text);
      assertTrue(text.contains("at dev.hone.app.MainTest$Throwing.call"), text);
    }
  }

  @Test
  void badUsageIsOneLineAndExitStatusTwo() {
    assertEquals(2, run(plain, "shcema"));
    assertTrue(plain.err().contains("(did you mean 'schema'?)"), plain.err());
    assertEquals(2, run(plain, "schema", "--nothing"));
    assertEquals(2, run(plain, "check"));
    assertTrue(plain.err().contains("hone check --help shows what it takes"), plain.err());
    assertEquals(3, plain.err().lines().count(), plain.err());
    assertEquals("", plain.out());
  }

  @Test
  void aCommandsOwnExitStatusIsKept() {
    assertEquals(3, run(plain, "throw", "nothing"));
  }
}
