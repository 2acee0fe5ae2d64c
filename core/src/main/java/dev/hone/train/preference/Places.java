package dev.hone.train.preference;

import dev.hone.data.Batch;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.stream.IntStream;

/**
 * The N tokens of a batch whose log-probabilities are asked for.
 *
 * @param places where they stand among B*T
 * @param rows the row of each
 * @param answer whether each belongs to an answer; the others belong to a prompt
 */
record Places(int[] places, int[] rows, boolean[] answer) {

  /** The answers alone. */
  static Places answers(Batch batch) {
    return of(batch, IntStream.range(0, batch.labels().length).filter(i -> answer(batch, i)));
  }

  /** All tokens of the better rows, but their first, and the answers of the worse ones. */
  static Places withPrompts(Batch batch) {
    return of(
        batch,
        IntStream.range(0, batch.labels().length)
            .filter(
                i ->
                    answer(batch, i)
                        || (better(i / batch.width())
                            && batch.mask()[i] == 1
                            && i % batch.width() > 0)));
  }

  /** Of a pair the first row is the better one. */
  static boolean better(int row) {
    return row % 2 == 0;
  }

  private static boolean answer(Batch batch, int at) {
    return batch.labels()[at] != Batch.IGNORE;
  }

  private static Places of(Batch batch, IntStream chosen) {
    int[] places = chosen.toArray();
    boolean[] answer = new boolean[places.length];
    int[] rows = new int[places.length];
    for (int n = 0; n < places.length; n++) {
      answer[n] = answer(batch, places[n]);
      rows[n] = places[n] / batch.width();
    }
    return new Places(places, rows, answer);
  }

  /** The states that predict the tokens: [N, C]. */
  Tensor states(Model model, Pass pass, Batch batch) {
    // The state that predicts position t stands at t-1; a row's first token is never asked for.
    long[] before = IntStream.of(places).mapToLong(i -> i - 1).toArray();
    return model
        .backbone()
        .forward(Inputs.of(batch), pass)
        .reshape(-1, model.backbone().hiddenSize())
        .indexSelect(0, Tensors.of(before, before.length));
  }

  /** The tokens themselves: I64[N]. */
  Tensor tokens(Batch batch) {
    return Tensors.of(IntStream.of(places).mapToLong(i -> batch.ids()[i]).toArray(), places.length);
  }

  /** What becomes of each row's answer. */
  Answer[] answers(double[] logs, double[] reference) {
    double[] sums = new double[reference.length];
    int[] tokens = new int[reference.length];
    for (int n = 0; n < places.length; n++) {
      if (answer[n]) {
        sums[rows[n]] += logs[n];
        tokens[rows[n]]++;
      }
    }
    Answer[] answers = new Answer[reference.length];
    java.util.Arrays.setAll(answers, r -> new Answer(sums[r], reference[r], tokens[r]));
    return answers;
  }
}
