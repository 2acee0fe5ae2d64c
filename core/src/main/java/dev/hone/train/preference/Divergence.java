package dev.hone.train.preference;

import dev.hone.data.Batch;
import dev.hone.data.TokenRow;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How far a model has moved from the untrained one, by the estimate of arXiv:2402.01306: the mean
 * log-ratio of answers to questions that are not theirs, and at least 0. Each question of a step
 * gets the answer of the row before it.
 */
final class Divergence {
  private Divergence() {}

  static double of(Model model, Adapter adapter, List<TokenRow> rows, int part, long padId) {
    List<TokenRow> crossed = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      TokenRow answer = rows.get(i == 0 ? rows.size() - 1 : i - 1);
      crossed.add(crossed(rows.get(i), answer, model.backbone().maxPositions()));
    }
    double sum = 0;
    for (int from = 0; from < crossed.size(); from += part) {
      Batch batch = Batch.of(crossed.subList(from, Math.min(crossed.size(), from + part)), padId);
      sum +=
          Arrays.stream(AnswerLogs.sums(model, adapter, batch)).sum()
              - Arrays.stream(AnswerLogs.sums(model, Adapter.NONE, batch)).sum();
    }
    return Math.max(0, sum / rows.size());
  }

  /** One row's question, as much of its end as fits, with another's answer. */
  private static TokenRow crossed(TokenRow question, TokenRow answer, int longest) {
    int from = begin(answer);
    int said = answer.ids().length - from;
    int asked = Math.min(begin(question), longest - said);
    int[] ids = new int[asked + said];
    boolean[] learned = new boolean[ids.length];
    System.arraycopy(question.ids(), begin(question) - asked, ids, 0, asked);
    System.arraycopy(answer.ids(), from, ids, asked, said);
    System.arraycopy(answer.learned(), from, learned, asked, said);
    return new TokenRow(ids, learned, answer.label(), question.origin()).ofTask(question.task());
  }

  private static int begin(TokenRow row) {
    int t = 0;
    while (!row.learned()[t]) {
      t++;
    }
    return t;
  }
}
