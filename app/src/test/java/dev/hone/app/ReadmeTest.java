package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.Hone;
import dev.hone.TunedModel;
import dev.hone.recipe.Recipe;
import dev.hone.run.RunResult;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's Java example does what it says. */
class ReadmeTest {
  private static final Path README = Path.of(System.getProperty("hone.root", "."), "README.md");

  @TempDir Path folder;
  TinyWorld world;

  @BeforeEach
  void world() {
    world = new TinyWorld(folder);
  }

  private String example() throws IOException {
    Assumptions.assumeTrue(Files.exists(README), "no README here");
    Matcher block =
        Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(README));
    assertTrue(block.find(), "no Java in the README");
    return block.group(1);
  }

  private static String printed(Runnable body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = System.out;
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      body.run();
    } finally {
      System.setOut(out);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void theSnippet() {
    String said =
        printed(
            () -> {
              Recipe recipe = Hone.recipe(folder.resolve("recipe.yaml"), "train.epochs=2");
              RunResult result = Hone.train(recipe);
              System.out.println(result.line("tuned").accuracy());
              try (TunedModel model = Hone.open(result.folder())) {
                System.out.println(model.classify("The courier was early and good."));
              }
            });
    List<String> lines = said.lines().toList();
    assertTrue(lines.getFirst().matches("[01]\\.\\d{3} ± 0\\.\\d{3}"), said);
    assertTrue(lines.getLast().matches("(negative|neutral|positive) \\(\\d+ %\\)"), said);
  }

  /** The example as it stands, but on a recipe that takes a second. */
  @Test
  void theExampleCompilesAndRuns() throws Exception {
    String recipe = "recipes/feedback.yaml";
    String source = example();
    assertTrue(source.contains('"' + recipe + '"'), source);
    assertTrue(Files.exists(README.resolveSibling(recipe)), recipe);
    Path file =
        Files.writeString(
            folder.resolve("Example.java"), source.replace(recipe, world.at("recipe.yaml")));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    ByteArrayOutputStream complaints = new ByteArrayOutputStream();
    int status =
        compiler.run(
            null,
            null,
            complaints,
            "-proc:none",
            "-Xlint:all,-path",
            "-Werror",
            "-cp",
            System.getProperty("java.class.path"),
            "-d",
            folder.toString(),
            file.toString());
    assertEquals(0, status, complaints.toString(StandardCharsets.UTF_8));
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {folder.toUri().toURL()}, ReadmeTest.class.getClassLoader())) {
      var main = loader.loadClass("Example").getDeclaredMethod("main", String[].class);
      main.setAccessible(true);
      String said =
          printed(
              () -> {
                try {
                  Object ignored = main.invoke(null, (Object) new String[0]);
                } catch (ReflectiveOperationException e) {
                  throw new AssertionError(e);
                }
              });
      assertEquals(2, said.lines().count(), said);
    }
  }
}
