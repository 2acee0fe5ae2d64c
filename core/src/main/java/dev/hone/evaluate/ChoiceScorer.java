package dev.hone.evaluate;

import dev.hone.model.Adapter;
import dev.hone.model.Inputs;
import dev.hone.model.KeyValueCache;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.model.head.TextHead;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.List;

/**
 * Chooses among answers by the log-likelihood that a model gives them after a prompt. The prompt is
 * read once and its cache shared by all answers.
 *
 * @param perToken divides each log-likelihood by the answer's length in tokens
 */
public record ChoiceScorer(Model model, Adapter adapter, boolean perToken) {

  /** Log-likelihoods of the answers, in nats. */
  public double[] scores(int[] prompt, List<int[]> answers) {
    int longest = answers.stream().mapToInt(a -> a.length).max().orElse(0);
    double[] scores = new double[answers.size()];
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off();
        KeyValueCache cache = new KeyValueCache(adapter.taken() + prompt.length)) {
      Pass pass = Pass.plain().with(adapter).with(cache);
      Tensor hidden = model.backbone().forward(Inputs.of(ids(prompt, 1)), pass);
      float[] first = logProbabilities(hidden.narrow(1, hidden.size(1) - 1, 1), pass).toFloats();
      for (int i = 0; i < scores.length; i++) {
        scores[i] = first[answers.get(i)[0]];
      }
      if (longest > 1) {
        addRest(cache, answers, longest - 1, scores);
      }
    }
    if (perToken) {
      for (int i = 0; i < scores.length; i++) {
        scores[i] /= answers.get(i).length;
      }
    }
    return scores;
  }

  /** All answers but their last tokens go through the model side by side. */
  private void addRest(KeyValueCache prompt, List<int[]> answers, int width, double[] scores) {
    int count = answers.size();
    int[] fed = new int[count * width];
    for (int i = 0; i < count; i++) {
      System.arraycopy(answers.get(i), 0, fed, i * width, answers.get(i).length - 1);
    }
    try (KeyValueCache cache = prompt.repeated(count, width)) {
      Pass pass = Pass.plain().with(adapter).with(cache);
      Tensor hidden = model.backbone().next(ids(fed, count), pass);
      Tensor logs = logProbabilities(hidden, pass);
      long[] next = new long[count * width];
      for (int i = 0; i < count; i++) {
        for (int t = 1; t < answers.get(i).length; t++) {
          next[i * width + t - 1] = answers.get(i)[t];
        }
      }
      float[] picked =
          logs.gather(2, Tensors.of(next, count, width).unsqueeze(2)).squeeze(2).toFloats();
      for (int i = 0; i < count; i++) {
        for (int t = 1; t < answers.get(i).length; t++) {
          scores[i] += picked[i * width + t - 1];
        }
      }
    }
  }

  private Tensor logProbabilities(Tensor hidden, Pass pass) {
    return ((TextHead) model.head()).logits(hidden, pass).logSoftmax(-1);
  }

  private static Tensor ids(int[] ids, int rows) {
    long[] wide = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      wide[i] = ids[i];
    }
    return Tensors.of(wide, rows, ids.length / rows);
  }

  /** Index of the likeliest answer; the first of equals. */
  public int best(int[] prompt, List<int[]> answers) {
    double[] scores = scores(prompt, answers);
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      if (scores[i] > scores[best]) {
        best = i;
      }
    }
    return best;
  }
}
