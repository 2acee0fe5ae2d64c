package dev.hone.train;

import dev.hone.data.Batch;
import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import java.util.List;

/** The loss on rows that are not trained on; memory does not grow with their number. */
public final class Validation {
  private Validation() {}

  /** Mean over all labels of all batches, without dropout or smoothing. */
  public static double loss(
      Model model, Adapter adapter, Objective objective, List<List<TokenRow>> batches, long padId) {
    double sum = 0;
    long count = 0;
    for (List<TokenRow> rows : batches) {
      Batch batch = Batch.of(rows, padId);
      try (Scope scope = Scope.open();
          GradMode off = GradMode.off()) {
        sum += objective.value(model, Pass.plain().with(adapter), batch);
        count += objective.count(batch);
      }
    }
    if (count == 0) {
      throw new HoneException(
          "no token of the validation rows is learned, so they have no loss; first row: "
              + batches.stream()
                  .flatMap(List::stream)
                  .map(TokenRow::origin)
                  .findFirst()
                  .orElse("none"));
    }
    return sum / count;
  }
}
