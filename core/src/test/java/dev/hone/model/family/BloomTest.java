package dev.hone.model.family;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyDecoders;
import dev.hone.TinyModels;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import org.junit.jupiter.api.Test;

class BloomTest {

  /**
   * How much the logits move when everything that the first layer is given is three times as large.
   */
  private static double moved(boolean ontoNormed) {
    String config =
        TinyModels.merged(
            TinyDecoders.of("Bloom"),
            "{'apply_residual_connection_post_layernorm': " + ontoNormed + "}");
    try (Model model = TinyModels.random(config);
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      float[] before = logits(model);
      for (Parameter parameter : model.parameters()) {
        if (parameter.name().startsWith("transformer.word_embeddings_layernorm.")) {
          parameter.value().mulInPlace(3);
        }
      }
      return TinyModels.distance(before, logits(model));
    }
  }

  private static float[] logits(Model model) {
    return model.logits(TinyModels.inputs(5, 6, 7, 8), Pass.plain()).toFloats();
  }

  /** A norm forgets how large its input is, and what is added to the norm knows nothing else. */
  @Test
  void partsAreAddedToTheNormWhereTheConfigSaysSo() {
    assertEquals(0, moved(true), 1e-3);
    assertTrue(moved(false) > 0.1, () -> "without it they move by " + moved(false));
  }
}
