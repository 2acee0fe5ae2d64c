package dev.hone.model;

import dev.hone.tensor.Engine;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How one pass through a model is made; a value, so that nothing of it stays behind.
 *
 * @param adapter what changes the base model
 * @param training whether dropout is on
 * @param dropout replaces every dropout rate of the model's config; null keeps them
 * @param cache keys and values of earlier positions, or null
 * @param trace is given the hidden states after the embeddings and after each layer, or null
 * @param checkpoints a seed, where each layer keeps only its input and is computed again on the way
 *     back; or null
 * @param prefix what is known of the lowest layers, or null
 * @param packed whether rows go through the layers as one sequence without padding
 */
public record Pass(
    Adapter adapter,
    boolean training,
    @Nullable Double dropout,
    @Nullable KeyValueCache cache,
    @Nullable Consumer<Tensor> trace,
    @Nullable Long checkpoints,
    @Nullable Prefix prefix,
    boolean packed) {

  /** The base model without dropout. */
  public static Pass plain() {
    return new Pass(Adapter.NONE, false, null, null, null, null, null, false);
  }

  public Pass with(Adapter other) {
    return new Pass(other, training, dropout, cache, trace, checkpoints, prefix, packed);
  }

  /** With dropout on; a rate below 0 keeps the rates of the model's config. */
  public Pass train(double rate) {
    return new Pass(
        adapter, true, rate < 0 ? null : rate, cache, trace, checkpoints, prefix, packed);
  }

  public Pass with(KeyValueCache other) {
    return new Pass(adapter, training, dropout, other, trace, checkpoints, prefix, packed);
  }

  public Pass withoutCache() {
    return new Pass(adapter, training, dropout, null, trace, checkpoints, prefix, packed);
  }

  public Pass tracing(Consumer<Tensor> listener) {
    return new Pass(adapter, training, dropout, cache, listener, checkpoints, prefix, packed);
  }

  /** With every layer computed twice; dropout draws from this seed. */
  public Pass checkpointing(long seed) {
    return new Pass(adapter, training, dropout, cache, trace, seed, prefix, packed);
  }

  /** With what is known of the lowest layers. */
  public Pass above(Prefix known) {
    return new Pass(adapter, training, dropout, cache, trace, checkpoints, known, packed);
  }

  /** With rows of unequal length one behind the other in place of side by side with padding. */
  public Pass packing() {
    return new Pass(adapter, training, dropout, cache, trace, checkpoints, prefix, true);
  }

  /** As when the model is used: without dropout, with nothing known beforehand. */
  Pass quiet() {
    return new Pass(adapter, false, dropout, null, null, null, null, false);
  }

  /** The adapter's virtual tokens where rows begin in this pass, or null. */
  @Nullable VirtualTokens virtualTokens() {
    return cache == null || cache.length() == 0 ? adapter.virtualTokens() : null;
  }

  /** What is read, behind the adapter's soft prompt where there is one. */
  Inputs prompted(Inputs given) {
    return virtualTokens() instanceof VirtualTokens.Prompt prompt
        ? given.prompted(prompt.count())
        : given;
  }

  /** Vectors of tokens [B, T, E], behind the adapter's soft prompt where there is one. */
  Tensor behindPrompt(Tensor x, Inputs inputs) {
    return virtualTokens() instanceof VirtualTokens.Prompt prompt
        ? prompt.before(x, inputs, this)
        : x;
  }

  /** One layer of a stack. */
  Tensor layer(int index, Tensor x, UnaryOperator<Tensor> operation) {
    if (checkpoints == null) {
      return operation.apply(x);
    }
    long seed = checkpoints + index;
    return Tape.checkpoint(
        x,
        in -> {
          Engine.seed(seed); // the same dropout both times
          return operation.apply(in);
        });
  }

  /** The value that stands for a parameter in this pass. */
  public Tensor value(Parameter parameter) {
    return adapter.value(parameter);
  }

  /**
   * The dropout rate in force for a place whose config says {@code configured}; 0 outside training.
   */
  double rate(double configured) {
    if (!training) {
      return 0;
    }
    return dropout == null ? configured : dropout;
  }

  /** Dropout at a place whose config says {@code configured}. */
  public Tensor dropout(Tensor x, double configured) {
    return Functional.dropout(x, rate(configured), training);
  }

  void traced(Tensor hidden) {
    if (trace != null) {
      trace.accept(hidden);
    }
  }
}
