package dev.hone.tensor;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * x Wᵀ + b for the {@link Tape}. Nothing is saved but x where W trains, and nothing but W where it
 * does not; a weight kept in another type is brought to x's for each product and forgotten again.
 */
final class Linears {
  private Linears() {}

  static Tensor recorded(Tensor x, Tensor weight, @Nullable Tensor bias) {
    Tensor result;
    try (GradMode off = GradMode.off()) {
      result = DenseProduct.linear(x, weight, bias);
    }
    boolean ofX = x.requiresGrad();
    boolean ofWeight = weight.requiresGrad();
    List<Tensor> inputs = new ArrayList<>();
    List<Tensor> saved = new ArrayList<>();
    if (ofX) {
      inputs.add(x);
      saved.add(weight);
    }
    if (ofWeight) {
      inputs.add(weight);
      saved.add(x);
    }
    if (bias != null && bias.requiresGrad()) {
      inputs.add(bias);
    }
    return Tape.cut(inputs, saved, result, gradient -> backward(gradient, x, weight, inputs));
  }

  private static List<Tensor> backward(
      Tensor gradient, Tensor x, Tensor weight, List<Tensor> inputs) {
    List<Tensor> gradients = new ArrayList<>();
    try (Profile.Stretch stretch = Profile.of(Profile.Phase.PRODUCTS)) {
      for (Tensor input : inputs) {
        if (input == x) {
          gradients.add(DenseProduct.linear(gradient, weight.t(), null));
        } else if (input == weight) {
          gradients.add(DenseProduct.matmul(rows(gradient).t(), rows(x)));
        } else {
          gradients.add(new Tensor(torch.sum(rows(gradient.wide()).handle(), 0)));
        }
      }
    }
    return gradients;
  }

  private static Tensor rows(Tensor x) {
    return x.rank() == 2 ? x : x.reshape(-1, x.size(-1));
  }
}
