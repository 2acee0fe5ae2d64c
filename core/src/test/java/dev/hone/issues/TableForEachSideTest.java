package dev.hone.issues;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import dev.hone.model.Pass;
import dev.hone.model.family.Families;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A BART that ties nothing has a table of words a side; both sides read the third, unused one. */
class TableForEachSideTest {
  private static final String SHARED = "model.shared.weight";
  private static final String READ = "model.encoder.embed_tokens.weight";
  private static final String WRITTEN = "model.decoder.embed_tokens.weight";
  private static final String UNTIED = "{'tie_word_embeddings': false}";

  @TempDir Path folder;

  private static float[] logits(Path folder) {
    try (Model model = Families.load(folder);
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Inputs inputs =
          new Inputs(
              Tensors.of(new long[] {3, 14, 15}, 1, 3),
              null,
              null,
              null,
              Tensors.of(new long[] {2, 9, 26}, 1, 3));
      return model.logits(inputs, Pass.plain()).toFloats();
    }
  }

  /** The weights of one model with these three tables. */
  private Path with(String name, String config, float shared, float read, float written) {
    try (Model model = TinyModels.random(TinyModels.bartConfig(UNTIED));
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (Parameter parameter : model.parameters()) {
        tensors.put(parameter.name(), parameter.value());
      }
      Tensor table = Objects.requireNonNull(tensors.get(SHARED));
      tensors.put(SHARED, table.mul(shared));
      tensors.put(READ, table.mul(read));
      tensors.put(WRITTEN, table.mul(written));
      return TinyModels.write(folder.resolve(name), config, tensors);
    }
  }

  @Test
  void isReadByThatSide() {
    String untied = TinyModels.bartConfig(UNTIED);
    float[] plain = logits(with("plain", untied, 1, 1, 1));
    assertEquals(0, TinyModels.distance(plain, logits(with("unused", untied, 9, 1, 1))));
    assertTrue(TinyModels.distance(plain, logits(with("read", untied, 1, 2, 1))) > 1e-3);
    assertTrue(TinyModels.distance(plain, logits(with("written", untied, 1, 1, 2))) > 1e-3);
    try (Model model = Families.load(folder.resolve("plain"))) {
      assertEquals(List.of(SHARED), model.surplus());
      assertTrue(model.words().containsAll(Set.of(READ, WRITTEN)), model.words().toString());
    }
  }

  @Test
  void isNotReadWhereAllAreTied() {
    String tied = TinyModels.bartConfig("{'tie_word_embeddings': true}");
    float[] plain = logits(with("plain", tied, 1, 1, 1));
    assertEquals(0, TinyModels.distance(plain, logits(with("others", tied, 1, 5, 7))));
  }
}
