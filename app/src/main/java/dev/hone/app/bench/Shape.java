package dev.hone.app.bench;

import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import dev.hone.store.Config;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Sizes of well-known models; their weights are drawn, for speed does not depend on them. */
enum Shape {
  SMOLLM2_135M,
  GPT2_124M,
  BERT_BASE,
  QWEN2_5_0_5B;

  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static Shape named(String name) {
    List<String> known = Arrays.stream(values()).map(Shape::label).toList();
    return Arrays.stream(values())
        .filter(s -> s.label().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new HoneException(
                    "no shape '" + name + "'" + Nearest.hint(name, known) + ": " + known));
  }

  Config config() {
    String file = label() + ".json";
    try (InputStream in = Shape.class.getResourceAsStream(file)) {
      return Config.of(Path.of(file), (ObjectNode) JsonMapper.shared().readTree(in));
    } catch (IOException e) {
      throw new IllegalStateException(file, e);
    }
  }
}
