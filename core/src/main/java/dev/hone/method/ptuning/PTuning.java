package dev.hone.method.ptuning;

import dev.hone.method.Dense;
import dev.hone.method.Leaves;
import dev.hone.method.SoftPromptConfig;
import dev.hone.method.SoftVectors;
import dev.hone.model.Model;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * P-tuning (arXiv:2103.10385): a table of vectors goes through a network, which trains with it. The
 * file keeps what comes out.
 */
public final class PTuning extends SoftVectors {
  private final PTuningConfig config;

  public PTuning(PTuningConfig config, Model model, Leaves leaves, int[] text) {
    super(config, model, leaves, text, config.numTransformerSubmodules());
    this.config = config;
  }

  private long inner() {
    return config.encoderHiddenSize() == 0 ? width() : config.encoderHiddenSize();
  }

  @Override
  protected Maker network(Leaves own) {
    Tensor embedding =
        own.trained(
            "embedding.weight", () -> Tensors.normal(0, 1, rows(), width()), rows(), width());
    return switch (config.encoderReparameterizationType()) {
      case MLP -> mlp(embedding, own);
      case LSTM -> lstm(embedding, own);
    };
  }

  private Maker mlp(Tensor embedding, Leaves own) {
    Dense first = Dense.of(own, "mlp_head.0", width(), inner());
    Dense second = Dense.of(own, "mlp_head.2", inner(), inner());
    Maker inside =
        training -> Functional.relu(second.apply(Functional.relu(first.apply(embedding))));
    return behind(inside, own, "mlp_head.4", inner());
  }

  private Maker lstm(Tensor embedding, Leaves own) {
    Lstm lstm =
        Lstm.of(
            own.under("lstm_head."),
            width(),
            inner(),
            config.encoderNumLayers(),
            config.encoderDropout());
    Dense first = Dense.of(own, "mlp_head.0", 2 * inner(), 2 * inner());
    Maker inside = training -> Functional.relu(first.apply(lstm.forward(embedding, training)));
    return behind(inside, own, "mlp_head.2", 2 * inner());
  }

  /** The last linear, which can be chosen so that real tokens come out at first. */
  private Maker behind(Maker inside, Leaves own, String name, long in) {
    boolean real = !own.loaded() && config.start() != SoftPromptConfig.Start.RANDOM;
    Dense last =
        real
            ? Dense.of(
                own, name, lastLinear(inside.table(false), firstVectors()), Tensors.zeros(width()))
            : Dense.of(own, name, in, width());
    return training -> last.apply(inside.table(training));
  }

  @Override
  protected Tensor begun() {
    throw new IllegalStateException("a network makes the vectors");
  }

  @Override
  protected Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>(super.fields());
    fields.put("encoder_hidden_size", inner());
    return fields;
  }
}
