package dev.hone.train;

import dev.hone.data.Batch;
import dev.hone.error.HoneException;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.util.Map;
import java.util.stream.Collectors;

/** Finds where numbers went bad, once they have. */
final class Diagnosis {
  private Diagnosis() {}

  static HoneException of(
      int step, Batch batch, Model model, Pass pass, Map<String, Tensor> trainable, String what) {
    return new HoneException(
        "step "
            + step
            + ": "
            + what
            + " is not finite; first bad value: "
            + firstBad(batch, model, pass, trainable)
            + "; rows: "
            + batch.origins().stream().limit(8).collect(Collectors.joining(", "))
            + (batch.rows() > 8 ? ", ..." : "")
            + ". The last good checkpoint is kept; try a lower train.rate or a longer train.warmup");
  }

  private static String firstBad(
      Batch batch, Model model, Pass pass, Map<String, Tensor> trainable) {
    for (Map.Entry<String, Tensor> entry : trainable.entrySet()) {
      if (!entry.getValue().isFinite()) {
        return "weight " + entry.getKey();
      }
    }
    int[] layer = {0};
    String[] found = {null};
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      model
          .backbone()
          .forward(
              model.backbone().inputs(batch),
              pass.tracing(
                  hidden -> {
                    if (found[0] == null && !hidden.isFinite()) {
                      found[0] = layer[0] == 0 ? "embeddings" : "output of layer " + layer[0];
                    }
                    layer[0]++;
                  }));
      if (found[0] != null) {
        return found[0];
      }
      for (Map.Entry<String, Tensor> entry : trainable.entrySet()) {
        Tensor gradient = entry.getValue().grad();
        if (gradient != null && !gradient.isFinite()) {
          return "gradient of " + entry.getKey();
        }
      }
    }
    return "the loss itself";
  }
}
