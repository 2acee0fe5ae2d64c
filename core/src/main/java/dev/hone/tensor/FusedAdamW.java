package dev.hone.tensor;

import java.util.List;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.TensorType;
import org.bytedeco.pytorch.Type;

/**
 * AdamW's update (arXiv:1711.05101) in one pass over memory: libtorch's fused kernel, which the
 * Java presets do not map and the dispatcher reaches.
 */
public final class FusedAdamW {
  private FusedAdamW() {}

  /**
   * Updates parameters and moments in place.
   *
   * @param parameters F32, any shapes
   * @param gradients of the same shapes
   * @param means first moments
   * @param variances second moments
   * @param steps F32 scalars: the number of this step, counted from 1
   * @param decay decoupled weight decay, multiplied by the rate
   */
  public static void update(
      List<Tensor> parameters,
      List<Tensor> gradients,
      List<Tensor> means,
      List<Tensor> variances,
      List<Tensor> steps,
      double rate,
      double beta1,
      double beta2,
      double decay,
      double eps) {
    if (parameters.isEmpty()) {
      return;
    }
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      OperatorHandle kernel = Dispatcher.singleton().findSchemaOrThrow("aten::_fused_adamw_", "");
      kernel.callBoxed(
          new IValueVector(
              list(parameters),
              list(gradients),
              list(means),
              list(variances),
              list(List.of()),
              list(steps),
              new IValue(rate),
              new IValue(beta1),
              new IValue(beta2),
              new IValue(decay),
              new IValue(eps),
              new IValue(false), // amsgrad
              new IValue(false), // maximize
              new IValue(), // grad_scale
              new IValue())); // found_inf
    }
  }

  private static IValue list(List<Tensor> tensors) {
    GenericList list = new GenericList(new Type.TypePtr(TensorType.get()));
    tensors.forEach(t -> list.push_back(new IValue(t.handle())));
    return new IValue(list);
  }
}
