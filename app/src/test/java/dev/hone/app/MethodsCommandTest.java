package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.config.Yaml;
import dev.hone.method.Method;
import dev.hone.method.MethodConfig;
import dev.hone.method.Methods;
import dev.hone.model.Model;
import dev.hone.model.family.Families;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code hone methods} says. */
class MethodsCommandTest {
  @TempDir Path folder;

  /** The cells of a method's line. */
  private static List<String> cells(String out, String method) {
    return out.lines()
        .filter(line -> line.startsWith(method + "  "))
        .map(line -> List.of(line.split(" {2,}")))
        .findFirst()
        .orElseThrow(() -> new AssertionError(method + " in: " + out));
  }

  private static long number(String text) {
    return Long.parseLong(text.replace(",", ""));
  }

  @Test
  void everyMethodHasALine() {
    String out = new TinyWorld(folder).hone("methods").succeeded().out();
    for (String name : Yaml.choices(MethodConfig.class).keySet()) {
      assertEquals("docs/methods/" + name + ".md", cells(out, name).getLast());
    }
  }

  /** Counted on an outline, it is what the model itself would train. */
  @Test
  void whatTrainsIsCounted() {
    TinyWorld world = new TinyWorld(folder);
    String out = world.hone("methods", world.at("base"), "--batch", "2").succeeded().out();
    assertTrue(out.contains("2 rows of 64 tokens"), out);
    try (Model model = Families.load(folder.resolve("base"))) {
      for (Map.Entry<String, MethodConfig> e : Yaml.choices(MethodConfig.class).entrySet()) {
        if (out.contains("not " + e.getKey() + ": ")) {
          // A Llama has no biases, and adapters to fuse are none by default.
          assertTrue(List.of("bitfit", "adapter-fusion").contains(e.getKey()), out);
          continue;
        }
        try (Method method = Methods.attach(e.getValue(), model)) {
          assertEquals(method.trainableCount(), number(cells(out, e.getKey()).get(1)), e.getKey());
        }
      }
    }
    assertEquals(cells(out, "lora").get(1), cells(out, "lora, dtype nf4").get(1));
  }

  /** The size is that of the folder which training leaves. */
  @Test
  void whatIsWrittenIsMeasured() throws IOException {
    TinyWorld world = new TinyWorld(folder);
    String size = cells(world.hone("methods", world.at("base")).succeeded().out(), "lora").get(3);
    world.train("train.steps=2", "method.alpha=16").succeeded();
    long tensors = Files.size(folder.resolve("runs/tiny/adapter/adapter_model.safetensors"));
    double kib = Double.parseDouble(size.replace(" KiB", ""));
    double written = tensors / 1024.0;
    assertTrue(kib >= written - 0.1 && kib < written + 2, size + " for " + written);
  }

  @Test
  void speedIsMeasured() {
    TinyWorld world = new TinyWorld(folder);
    String out =
        world
            .hone("methods", world.at("base"), "--batch", "2", "--tokens", "64", "--measure")
            .succeeded()
            .out();
    for (String method : List.of("full", "lora", "lora, dtype int8", "p-tuning")) {
      assertTrue(cells(out, method).getLast().matches("[1-9][0-9,.]* tokens/s"), out);
    }
  }

  @Test
  void refusals() {
    TinyWorld world = new TinyWorld(folder);
    assertTrue(world.hone("methods", world.at("none")).refusal().contains("none"));
    assertTrue(world.hone("methods", "--measure").refusal().contains("hone methods MODEL"));
    assertTrue(
        world.hone("methods", world.at("base"), "--batch", "0").refusal().contains("--batch"));
  }
}
