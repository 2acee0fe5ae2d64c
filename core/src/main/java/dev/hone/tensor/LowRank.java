package dev.hone.tensor;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * x Wᵀ + bias + s (x Aᵀ) Bᵀ for the {@link Tape}, with W and bias frozen: the small products are
 * added to the large one where it lies, and x and x Aᵀ are all that is saved.
 */
final class LowRank {
  private LowRank() {}

  static Tensor recorded(
      Tensor x, Tensor weight, @Nullable Tensor bias, Tensor a, Tensor b, double scale) {
    Tensor result;
    Tensor inner;
    try (GradMode off = GradMode.off();
        Profile.Stretch stretch = Profile.of(Profile.Phase.PRODUCTS)) {
      result = DenseProduct.linear(x, weight, bias);
      inner = DenseProduct.linear(rows(x), a, null);
      inner.mulInPlace(scale);
      DenseProduct.addMatmul(rows(result), inner, b.t());
    }
    List<Tensor> inputs = new ArrayList<>(List.of(a, b));
    if (x.requiresGrad()) {
      inputs.add(x);
    }
    return Tape.cut(
        inputs,
        List.of(x, weight, inner),
        result,
        gradient -> {
          try (Profile.Stretch stretch = Profile.of(Profile.Phase.PRODUCTS)) {
            return backward(gradient, x, weight, inner, a, b, scale);
          }
        });
  }

  private static List<Tensor> backward(
      Tensor gradient, Tensor x, Tensor weight, Tensor inner, Tensor a, Tensor b, double scale) {
    Tensor g = rows(gradient);
    Tensor back = DenseProduct.matmul(g, b);
    back.mulInPlace(scale);
    List<Tensor> gradients =
        new ArrayList<>(
            List.of(DenseProduct.matmul(back.t(), rows(x)), DenseProduct.matmul(g.t(), inner)));
    if (x.requiresGrad()) {
      Tensor ofX = DenseProduct.linear(gradient, weight.t(), null);
      DenseProduct.addMatmul(rows(ofX), back, a);
      gradients.add(ofX);
    }
    return gradients;
  }

  private static Tensor rows(Tensor x) {
    return x.rank() == 2 ? x : x.view(-1, x.size(-1));
  }
}
