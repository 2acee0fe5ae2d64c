package dev.hone.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.method.lora.LoraConfig;
import dev.hone.recipe.Recipe;
import java.io.IOException;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class YamlRoundTripTest {
  private static final List<String> TEXTS =
      List.of(
          "",
          " ",
          "null",
          "~",
          "true",
          "No",
          "12",
          "1e5",
          "- a",
          "a: b",
          "# c",
          "q_proj",
          "{text}",
          "\n",
          "a\r\n\tb",
          "\"quoted\" 'single' \\back",
          "Grüße",
          "漢字",
          "👍🏽",
          "\u2028",
          "\ufeff",
          "\u0000\u0007\u0085",
          "\ud83d",
          "@x",
          "%y",
          "&z",
          "*w",
          "!t",
          "a, b]",
          "trailing ");

  @TempDir private Path folder;

  @Test
  void aWrittenRecipeReadsEqual() throws IOException {
    Random random = new Random(1);
    for (int i = 0; i < 100; i++) {
      Recipe recipe = (Recipe) record(Recipe.class, random);
      String yaml = Yaml.write(recipe);
      Path file = Files.writeString(folder.resolve("r.yaml"), yaml);
      Recipe again = Yaml.read(file, Recipe.class, List.of());
      assertEquals(recipe, again, yaml);
      assertEquals(yaml, Yaml.write(again));
    }
  }

  @Test
  void theTextShowsEveryKeyWithItsMeaning() {
    String yaml = Yaml.write(Recipe.defaults());
    assertTrue(yaml.contains("\n# How the model is adapted\nmethod:\n  type: lora\n"), yaml);
    assertTrue(yaml.contains("\n  # Inner size r of the product\n  rank: 8\n"), yaml);
    assertTrue(yaml.contains("\n  rate: 0.001\n"), yaml);
    assertTrue(yaml.contains("\n  epsilon: 1.0e-8\n"), yaml);
    assertTrue(yaml.contains("\n  baselines: [majority, zero-shot, few-shot, random-weights]\n"));
    assertTrue(yaml.contains("\nruns: " + Path.of("runs").toAbsolutePath() + "\n"), yaml);
  }

  @Test
  void longListsGetALineForEachItem() {
    String name = "a".repeat(60);
    LoraConfig lora =
        new LoraConfig(8, 16, 0, List.of(name, name), false, List.of(), Map.of(), Map.of());
    assertTrue(Yaml.write(lora).contains("\ntargetModules:\n  - " + name + "\n  - " + name + "\n"));
  }

  @Test
  void infinityIsNotWritten() {
    LoraConfig lora =
        new LoraConfig(
            8, Double.POSITIVE_INFINITY, 0, List.of(), false, List.of(), Map.of(), Map.of());
    assertThrows(IllegalArgumentException.class, () -> Yaml.write(lora));
  }

  /** A record whose own check refuses what was drawn is drawn again. */
  private static Object record(Class<?> type, Random random) {
    for (int attempt = 0; attempt < 2000; attempt++) {
      try {
        return drawn(type, random);
      } catch (IllegalArgumentException e) {
        continue;
      }
    }
    throw new AssertionError(type + " refuses everything");
  }

  private static Object drawn(Class<?> type, Random random) {
    RecordComponent[] components = type.getRecordComponents();
    @Nullable Object[] values = new Object[components.length];
    for (int i = 0; i < values.length; i++) {
      Range range = components[i].getAnnotation(Range.class);
      values[i] =
          components[i].getType() == String.class && random.nextBoolean()
              ? usual(type, components[i]) // few texts are one of the words that a key takes
              : value(components[i].getAnnotatedType(), range, random);
    }
    return Shape.create(type, values);
  }

  private static @Nullable Object usual(Class<?> type, RecordComponent component) {
    try {
      return component.getAccessor().invoke(type.getMethod("defaults").invoke(null));
    } catch (ReflectiveOperationException e) {
      return null; // a record without defaults
    }
  }

  private static @Nullable Object value(AnnotatedType type, @Nullable Range range, Random random) {
    Class<?> raw = Shape.raw(type.getType());
    if (Shape.nullable(type) && random.nextInt(3) == 0) {
      return null;
    }
    if (raw == List.class) {
      List<@Nullable Object> list = new ArrayList<>();
      for (int i = random.nextInt(4); i > 0; i--) {
        list.add(value(Shape.argument(type, 0), range, random)); // a range is that of its elements
      }
      return list;
    }
    if (raw == Map.class) {
      Map<String, @Nullable Object> map = new LinkedHashMap<>();
      for (int i = random.nextInt(4); i > 0; i--) {
        map.put(text(random), value(Shape.argument(type, 1), null, random));
      }
      return map;
    }
    if (raw.isRecord()) {
      return record(raw, random);
    }
    if (Shape.isFamily(raw)) {
      return record(pick(List.copyOf(Shape.choices(raw).values()), random), random);
    }
    if (raw.isEnum()) {
      return pick(List.copyOf(Shape.words(raw).values()), random);
    }
    if (raw == String.class) {
      return text(random);
    }
    if (raw == Place.class) {
      return pick(
          List.of(
              Place.of(Path.of("/", "folder " + random.nextInt(9), "ä: y")),
              Place.read("hf://datasets/a/b@main/x.parquet", Path.of("/")),
              Place.read("owner/name-0.5B@v" + random.nextInt(9), Path.of("/"))),
          random);
    }
    if (raw == ByteSize.class) {
      return ByteSize.of(pick(List.of(4L << 30, 1536L << 20, 1_500_000_000L, 7L), random));
    }
    if (raw == Path.class) {
      return Path.of("/", "folder " + random.nextInt(9), pick(List.of("ä", "a'b", "x: y"), random));
    }
    if (raw == boolean.class) {
      return random.nextBoolean();
    }
    double low = range == null ? Integer.MIN_VALUE : Math.max(range.min(), Integer.MIN_VALUE);
    double high = range == null ? Integer.MAX_VALUE : Math.min(range.max(), Integer.MAX_VALUE);
    double number = low + random.nextDouble() * (high - low);
    if (Scalars.isFraction(raw)) {
      double tiny = number * Math.pow(10, -random.nextInt(300));
      return tiny >= low && tiny <= high ? tiny : number;
    }
    if (raw == long.class) {
      return range == null ? random.nextLong() : (long) number;
    }
    return (int) number;
  }

  private static String text(Random random) {
    return pick(TEXTS, random) + (random.nextBoolean() ? pick(TEXTS, random) : "");
  }

  private static <T> T pick(List<T> list, Random random) {
    return list.get(random.nextInt(list.size()));
  }
}
