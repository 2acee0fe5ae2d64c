package dev.hone.train.preference;

import dev.hone.data.Batch;
import dev.hone.data.TokenRow;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import dev.hone.train.Objective;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Answers that are preferred to others.
 *
 * <p>Every loss here is a function of one number a row, the sum of the log-probabilities of its
 * answer. Its derivative by that number weighs the row's cross-entropy, which goes back through the
 * head in chunks; the reference is a number a row as well. So a step costs what a step on the same
 * rows as text costs.
 */
public final class PreferenceObjective implements Objective {
  private final PreferenceConfig config;
  private final ReferenceLogs reference;
  private final double divergence;
  private final double likelihoodTokens;
  private final Tally tally = new Tally();

  public PreferenceObjective(PreferenceConfig config, ReferenceLogs reference) {
    this(config, reference, 0, 0);
  }

  /**
   * @param likelihoodTokens tokens a pair whose likelihood is learned beside the preference; 0
   *     means those of the batch
   */
  private PreferenceObjective(
      PreferenceConfig config,
      ReferenceLogs reference,
      double divergence,
      double likelihoodTokens) {
    this.config = config;
    this.reference = reference;
    this.divergence = divergence;
    this.likelihoodTokens = likelihoodTokens;
  }

  /**
   * @param weights derivatives of the loss by each log-probability
   */
  private record Verdict(double loss, double[] weights) {}

  @Override
  public Objective over(Model model, Adapter adapter, List<TokenRow> rows, int part, long padId) {
    double apart =
        config instanceof KtoConfig kto && kto.usesDivergence()
            ? Divergence.of(model, adapter, rows, part, padId)
            : 0;
    double tokens = rows.stream().mapToInt(r -> r.ids().length - 1).average().orElse(0);
    return new PreferenceObjective(config, reference, apart, tokens);
  }

  @Override
  public Map<String, Double> measures() {
    Map<String, Double> measures = new LinkedHashMap<>(tally.measures());
    if (config instanceof KtoConfig kto && kto.usesDivergence()) {
      measures.put("kl", divergence);
    }
    return measures;
  }

  /** Pairs, or single answers. */
  @Override
  public long count(Batch batch) {
    return config instanceof PairedConfig ? batch.rows() / 2 : batch.rows();
  }

  /** A scalar with this loss and its first derivatives; those of higher order are not its own. */
  @Override
  public Tensor lossSum(Model model, Pass pass, Batch batch, double smoothing) {
    refuse(smoothing);
    Places places = places(batch);
    double[] references = references(model, batch);
    Tensor logs =
        new Head(model, pass)
            .logits(places.states(model, pass, batch))
            .logSoftmax(-1)
            .gather(1, places.tokens(batch).unsqueeze(1))
            .reshape(-1);
    double[] values = doubles(logs.detach().toFloats());
    Verdict verdict = judged(batch, places, values, references);
    double rest = verdict.loss();
    float[] weights = new float[values.length];
    for (int n = 0; n < weights.length; n++) {
      weights[n] = (float) verdict.weights()[n];
      rest -= weights[n] * values[n];
    }
    return logs.mul(Tensors.of(weights, weights.length)).sum().add(rest);
  }

  @Override
  public double value(Model model, Pass pass, Batch batch) {
    Places places = places(batch);
    double[] logs =
        new Head(model, pass).logs(places.states(model, pass, batch), places.tokens(batch));
    return judged(batch, places, logs, references(model, batch)).loss();
  }

  @Override
  public double learn(Model model, Pass pass, Batch batch, double smoothing, double factor) {
    refuse(smoothing);
    double[] references = references(model, batch);
    double[] loss = {0};
    try (Tape tape = Tape.open()) {
      Places places = places(batch);
      Tensor states = places.states(model, pass, batch);
      Tensor cut = states.detach().requiresGrad(true);
      new Head(model, pass)
          .backward(
              cut,
              places.tokens(batch),
              logs -> {
                Verdict verdict = judged(batch, places, logs, references);
                loss[0] = verdict.loss();
                return Arrays.stream(verdict.weights()).map(w -> w * factor).toArray();
              });
      Tensor gradient = cut.grad();
      if (states.requiresGrad() && gradient != null) {
        tape.backward(states, gradient);
      }
    }
    return loss[0];
  }

  private static void refuse(double smoothing) {
    if (smoothing != 0) {
      throw new IllegalArgumentException("a preference has no label smoothing over tokens");
    }
  }

  private Places places(Batch batch) {
    return config instanceof PairedConfig paired && paired.likelihoodWeight() > 0
        ? Places.withPrompts(batch)
        : Places.answers(batch);
  }

  private double[] references(Model model, Batch batch) {
    return config.usesReference() ? reference.of(model, batch) : new double[batch.rows()];
  }

  private Verdict judged(Batch batch, Places places, double[] logs, double[] references) {
    Answer[] answers = places.answers(logs, references);
    double[] byRow = new double[answers.length];
    double loss = 0;
    for (int r = 0; r < answers.length; r += config instanceof PairedConfig ? 2 : 1) {
      loss += judged(batch, answers, r, byRow);
    }
    double[] weights = new double[logs.length];
    for (int n = 0; n < weights.length; n++) {
      weights[n] = places.answer()[n] ? byRow[places.rows()[n]] : 0;
    }
    if (config instanceof PairedConfig paired && paired.likelihoodWeight() > 0) {
      loss += likelihood(paired.likelihoodWeight(), places, logs, weights, answers.length / 2);
    }
    return new Verdict(loss, weights);
  }

  /** The loss of the pair that begins at row r, or of that row's answer. */
  private double judged(Batch batch, Answer[] answers, int r, double[] byRow) {
    return switch (config) {
      case PairedConfig paired -> {
        PairLoss loss = paired.loss(answers[r], answers[r + 1]);
        byRow[r] = loss.byChosen();
        byRow[r + 1] = loss.byRejected();
        tally.pair(paired.reward(answers[r]), paired.reward(answers[r + 1]));
        yield loss.loss();
      }
      case KtoConfig kto -> {
        boolean wanted = batch.classes()[r] == 1;
        PairLoss loss = kto.loss(answers[r], wanted, divergence);
        byRow[r] = loss.byChosen();
        tally.one(kto.reward(answers[r]), wanted);
        yield loss.loss();
      }
    };
  }

  /** Adds the mean negative log-likelihood of the better rows, once for each pair. */
  private double likelihood(
      double weight, Places places, double[] logs, double[] weights, int pairs) {
    int tokens = 0;
    double sum = 0;
    for (int n = 0; n < logs.length; n++) {
      if (Places.better(places.rows()[n])) {
        tokens++;
        sum -= logs[n];
      }
    }
    double each = weight / (likelihoodTokens > 0 ? likelihoodTokens : (double) tokens / pairs);
    for (int n = 0; n < logs.length; n++) {
      weights[n] -= Places.better(places.rows()[n]) ? each : 0;
    }
    return each * sum;
  }

  private static double[] doubles(float[] values) {
    double[] wide = new double[values.length];
    Arrays.setAll(wide, i -> values[i]);
    return wide;
  }
}
