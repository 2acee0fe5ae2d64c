package dev.hone.method.prefixtuning;

import dev.hone.method.Dense;
import dev.hone.method.Leaves;
import dev.hone.method.SoftPrompt;
import dev.hone.method.SoftPromptConfig;
import dev.hone.model.EncoderDecoder;
import dev.hone.model.Model;
import dev.hone.model.VirtualTokens;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Prefix tuning (arXiv:2101.00190): the keys and values themselves train, or a network that makes
 * them. A row of the table holds L times a position's keys, then its values.
 */
public final class PrefixTuning extends SoftPrompt {
  private final PrefixTuningConfig config;
  private final LayerShape shape;

  public PrefixTuning(PrefixTuningConfig config, Model model, Leaves leaves, int[] text) {
    super(config, model, leaves, text);
    this.config = config;
    this.shape = LayerShape.of(model);
  }

  @Override
  protected long width() {
    return 2L * shape.layers() * shape.width();
  }

  private long inner() {
    return config.encoderHiddenSize() == 0 ? shape.width() : config.encoderHiddenSize();
  }

  @Override
  protected @Nullable Maker network(Leaves own) {
    if (!config.prefixProjection()) {
      return null;
    }
    long count = config.numVirtualTokens();
    Tensor embedding =
        own.trained(
            "embedding.weight",
            () -> Tensors.normal(0, 1, count, shape.width()),
            count,
            shape.width());
    Dense first = Dense.of(own, "transform.0", shape.width(), inner());
    Maker inside = training -> first.apply(embedding).tanh();
    boolean real = !own.loaded() && config.start() != SoftPromptConfig.Start.RANDOM;
    Dense last =
        real
            ? Dense.of(
                own,
                "transform.2",
                lastLinear(inside.table(false), begun()),
                Tensors.zeros(width()))
            : Dense.of(own, "transform.2", inner(), width());
    return training -> last.apply(inside.table(training));
  }

  /** The keys and values of real tokens, or numbers of their size. */
  @Override
  protected Tensor begun() {
    long[] layers = LongStream.range(0, shape.layers()).toArray();
    for (int layer = shape.layers() - 1; layer >= 0; layer--) {
      layers[part(layer)] = layer;
    }
    Tensor real = parts(LayerShape.read(model, realTokens()), layers).reshape(rows(), width());
    return config.start() == SoftPromptConfig.Start.RANDOM
        ? Tensors.normal(0, real.square().mean().sqrt().item(), real.shape())
        : real;
  }

  @Override
  protected VirtualTokens tokens(Maker maker) {
    long[] order = IntStream.range(0, shape.layers()).mapToLong(this::part).toArray();
    return new VirtualTokens.Prefix(rows(), pass -> parts(maker.table(pass.training()), order));
  }

  /**
   * Which part of the table a layer takes: its own, but PEFT deals out an encoder-decoder's table
   * in steps of two and begins anew at its end, so that layers share.
   */
  private int part(int layer) {
    return model.backbone() instanceof EncoderDecoder ? 2 * layer % shape.layers() : layer;
  }

  /** Keys and values [P, 2L, H, D] of these layers in this order, from as many numbers. */
  private Tensor parts(Tensor all, long[] layers) {
    return all.reshape(rows(), shape.layers(), 2L * shape.width())
        .indexSelect(1, Tensors.of(layers, layers.length))
        .view(rows(), 2L * shape.layers(), shape.heads(), shape.headWidth());
  }

  @Override
  public double rateFactor(String name) {
    return name.equals(TABLE) ? config.rateFactor() : 1;
  }

  @Override
  protected Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>(super.fields());
    fields.put("encoder_hidden_size", inner());
    fields.put("num_attention_heads", shape.heads());
    // PEFT asks an encoder-decoder for both, and fills its decoder.
    fields.put("num_transformer_submodules", model.backbone() instanceof EncoderDecoder ? 2 : 1);
    fields.put("token_dim", shape.width());
    return fields;
  }
}
