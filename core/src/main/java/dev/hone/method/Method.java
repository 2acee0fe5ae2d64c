package dev.hone.method;

import dev.hone.model.Adapter;
import dev.hone.tensor.Tensor;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A way to adapt a model, attached to one: an adapter whose own tensors train. The base never
 * changes.
 */
public interface Method extends Adapter, AutoCloseable {
  /**
   * What trains, kept by this method, under the names that its file uses.
   *
   * @return F32 leaves in file order
   */
  Map<String, Tensor> trainable();

  /** The configuration that made it. */
  MethodConfig config();

  /**
   * The model's parameters with this adapter folded in: name to value, kept by the caller from then
   * on. Parameters that stay as they are do not appear.
   *
   * @throws dev.hone.error.HoneException where the adapter is no change of parameters
   */
  Map<String, Tensor> merged();

  /** What a checkpoint must hold beside {@link #trainable()}, so that a run resumes exactly. */
  default Map<String, Tensor> state() {
    return Map.of();
  }

  /** The learning rate of one trained tensor, as a multiple of the run's. */
  default double rateFactor(String name) {
    return 1;
  }

  /** Whether weight decay may pull this tensor towards zero. */
  default boolean decays(String name) {
    return true;
  }

  /** What the loss of a whole step has beside the data's, a scalar; null for nothing. */
  default @Nullable Tensor regularizer() {
    return null;
  }

  /**
   * Told after an optimiser step, while its gradients are still there.
   *
   * @param step of this run, counted from 1
   * @param total steps of the run
   */
  default void stepped(int step, int total) {}

  default long trainableCount() {
    return trainable().values().stream().mapToLong(Tensor::numel).sum();
  }

  @Override
  default void close() {
    trainable().values().forEach(Tensor::close);
  }
}
