package dev.hone.train.preference;

import dev.hone.data.Batch;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;

/** How likely a model finds the answers of a batch. */
public final class AnswerLogs {
  private AnswerLogs() {}

  /**
   * What a model makes of each row's answer, without dropout.
   *
   * @param reference what the untrained model makes of them
   */
  public static Answer[] of(Model model, Adapter adapter, Batch batch, double[] reference) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Pass pass = Pass.plain().with(adapter);
      Places places = Places.answers(batch);
      double[] logs =
          new Head(model, pass).logs(places.states(model, pass, batch), places.tokens(batch));
      return places.answers(logs, reference);
    }
  }

  /** The sum of the log-probabilities of each row's answer. */
  static double[] sums(Model model, Adapter adapter, Batch batch) {
    Answer[] answers = of(model, adapter, batch, new double[batch.rows()]);
    double[] sums = new double[answers.length];
    java.util.Arrays.setAll(sums, r -> answers[r].logs());
    return sums;
  }
}
