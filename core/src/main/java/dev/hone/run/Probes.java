package dev.hone.run;

import dev.hone.model.Adapter;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.Random;

/** Drawn rows on which two forms of a model are compared, by their logits. */
final class Probes {
  private static final int ROWS = 32;
  private static final int TOKENS = 16;

  private Probes() {}

  /** The largest difference of a logit. */
  static double difference(Model one, Adapter here, Model other, Adapter there) {
    double largest = 0;
    for (int row = 0; row < ROWS; row++) {
      largest = Math.max(largest, difference(row, one, here, other, there));
    }
    return largest;
  }

  /** The same on a single row. */
  static double difference(int row, Model one, Adapter here, Model other, Adapter there) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Inputs inputs = inputs(one, row);
      Tensor expected = one.logits(inputs, Pass.plain().with(here));
      return expected.sub(other.logits(inputs, Pass.plain().with(there))).abs().max().item();
    }
  }

  /** The largest logit of a row. */
  static double largest(Model model, Adapter adapter) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      return model.logits(inputs(model, 0), Pass.plain().with(adapter)).abs().max().item();
    }
  }

  private static Inputs inputs(Model model, int row) {
    Random random = new Random(row);
    int words = (int) model.backbone().tokens().weight().value().size(0);
    int width = Math.min(TOKENS, model.backbone().maxPositions());
    return Inputs.of(Tensors.of(random.longs(width, 0, words).toArray(), 1, width));
  }
}
