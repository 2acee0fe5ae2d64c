package dev.hone.method;

import dev.hone.model.Adapter;
import dev.hone.tensor.Tensor;
import java.util.Map;

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
   */
  Map<String, Tensor> merged();

  default long trainableCount() {
    return trainable().values().stream().mapToLong(Tensor::numel).sum();
  }

  @Override
  default void close() {
    trainable().values().forEach(Tensor::close);
  }
}
