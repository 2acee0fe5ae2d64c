package dev.hone.app.bench;

import dev.hone.config.Yaml;
import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import dev.hone.method.Method;
import dev.hone.method.MethodConfig;
import dev.hone.method.Methods;
import dev.hone.model.EncoderDecoder;
import dev.hone.model.Model;
import dev.hone.model.head.LmHead;
import dev.hone.tensor.Engine;
import dev.hone.tensor.Profile;
import dev.hone.train.BatchPlan;
import dev.hone.train.CausalLmObjective;
import dev.hone.train.ClassificationObjective;
import dev.hone.train.FrozenCache;
import dev.hone.train.StopSignal;
import dev.hone.train.TrainConfig;
import dev.hone.train.Trainer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Steps of training, timed. */
public final class TimedSteps {
  private static final int STEPS = 4;

  private TimedSteps() {}

  /**
   * How many tokens a second a method learns from, on drawn rows, after one step that warms up.
   *
   * @param width tokens of a row
   */
  public static double tokensPerSecond(MethodConfig method, Model model, int batch, int width) {
    if (model.backbone() instanceof EncoderDecoder) {
      throw new HoneException(
          "speed is measured for models that write or classify, and "
              + model.architecture()
              + " is an encoder-decoder; leave --measure out");
    }
    List<TokenRow> rows =
        BenchRows.random(STEPS * batch, width, model.config().intValue("vocab_size"), 2);
    TrainConfig config = config(STEPS, batch, List.of());
    Engine.seed(1);
    try (Method attached = Methods.attach(method, model)) {
      return run(model, attached, config, inOrder(rows, batch), null).tokensPerSecond();
    }
  }

  static Laps run(
      Model model,
      Method method,
      TrainConfig config,
      BatchPlan plan,
      @Nullable FrozenCache frozen) {
    boolean speaks = model.head() instanceof LmHead;
    try (Profile profile = Profile.open()) {
      Laps laps = new Laps(profile);
      new Trainer(
              model,
              method,
              speaks ? new CausalLmObjective() : new ClassificationObjective(),
              config,
              plan,
              List.of(),
              0,
              1,
              null,
              laps,
              new StopSignal(),
              frozen)
          .run();
      return laps;
    }
  }

  /** What a recipe has under this key. */
  private record Training(TrainConfig train) {
    static Training defaults() {
      return new Training(TrainConfig.defaults());
    }
  }

  /**
   * A recipe's defaults without what makes steps unlike each other.
   *
   * @param changes as on the command line of a run, {@code train.clip=0}
   */
  static TrainConfig config(int steps, int batch, List<String> changes) {
    List<String> all = new ArrayList<>();
    all.addAll(List.of("train.steps=" + steps, "train.batch=" + batch, "train.rate=1e-4"));
    all.addAll(List.of("train.schedule=constant", "train.warmup=0", "train.dropout=0"));
    all.addAll(changes);
    return Yaml.read(Training.class, all).train();
  }

  /** Rows as they stand, again from the first after the last. */
  static BatchPlan inOrder(List<TokenRow> all, int batch) {
    return new BatchPlan() {
      @Override
      public int stepsPerEpoch() {
        return Math.max(1, all.size() / batch);
      }

      @Override
      public List<TokenRow> rows(int step) {
        int from = step * batch % all.size();
        return all.subList(from, Math.min(all.size(), from + batch));
      }
    };
  }
}
