package dev.hone.golden;

import dev.hone.method.PeftFiles;
import dev.hone.method.Routed;
import dev.hone.method.lora.Combination;
import dev.hone.method.lora.Lora;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.family.Families;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Two LoRA adapters at once: each alone, off, mixed in one batch, and combined into one. */
final class SeveralAdapters {
  private SeveralAdapters() {}

  static List<Difference> differences(Path found, Path base, Reference reference) {
    try (Model model = Families.load(base);
        Lora a = (Lora) PeftFiles.read(found.resolve("a"), model);
        Lora b = (Lora) PeftFiles.read(found.resolve("b"), model)) {
      Comparison comparison = new Comparison(model, reference);
      Map<String, Adapter> named = Map.of("a", a, "b", b, "__base__", Adapter.NONE);
      comparison.logits("a", "output.logits_a", a);
      comparison.logits("b", "output.logits_b", b);
      comparison.logits("base", "output.logits_base", Adapter.NONE);
      List<Adapter> rows =
          reference
              .json()
              .path("mixed_batch")
              .valueStream()
              .map(row -> named.getOrDefault(row.asString(), Adapter.NONE))
              .toList();
      comparison.logits("mixed_batch", "output.logits_mixed_batch", new Routed(rows, model));
      double[] weights =
          reference.json().path("weights").valueStream().mapToDouble(JsonNode::asDouble).toArray();
      for (Map.Entry<String, JsonNode> entry : reference.json().path("combinations").properties()) {
        Combination combination = combination(entry.getKey(), entry.getValue());
        try (Lora combined = combination.of(List.of(a, b), weights, model)) {
          comparison.logits(entry.getKey(), "output.logits_" + entry.getKey(), combined);
        }
      }
      return comparison.differences();
    }
  }

  private static Combination combination(String type, JsonNode options) {
    return new Combination(
        Combination.Type.valueOf(type.toUpperCase(Locale.ROOT)),
        options.path("svd_rank").asInt(0),
        options.path("density").asDouble(1),
        Combination.MajoritySign.valueOf(
            options.path("majority_sign_method").asString("total").toUpperCase(Locale.ROOT)));
  }
}
