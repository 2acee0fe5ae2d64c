package dev.hone.tensor;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.global.torch;

/**
 * x / rms(x) · w for the {@link Tape}: saves x and a number a row, where recording the operations
 * would save x three times.
 */
final class RmsNorm {
  private RmsNorm() {}

  static Tensor recorded(Tensor x, Tensor weight, double eps) {
    Tensor result;
    Tensor scale; // [..., 1]
    try (GradMode off = GradMode.off()) {
      scale = x.square().mean(-1).add(eps).unsqueeze(-1);
      torch.rsqrt_(scale.handle());
      result = x.mul(scale);
      result.mulInPlace(weight);
    }
    List<Tensor> inputs = new ArrayList<>();
    if (x.requiresGrad()) {
      inputs.add(x);
    }
    if (weight.requiresGrad()) {
      inputs.add(weight);
    }
    return Tape.cut(
        inputs,
        List.of(x, weight, scale),
        result,
        gradient -> {
          Tensor normed = x.mul(scale);
          List<Tensor> gradients = new ArrayList<>();
          for (Tensor input : inputs) {
            gradients.add(
                input == x
                    ? ofX(gradient, normed, weight, scale)
                    : new Tensor(
                        torch.sum(gradient.mul(normed).reshape(-1, weight.size(0)).handle(), 0)));
          }
          return gradients;
        });
  }

  /** scale (g - n mean(g n)), where g is the gradient times w and n the normed x. */
  private static Tensor ofX(Tensor gradient, Tensor normed, Tensor weight, Tensor scale) {
    Tensor weighted = gradient.mul(weight);
    Tensor mean = weighted.mul(normed).mean(-1).unsqueeze(-1);
    weighted.addInPlace(normed.mul(mean), -1);
    weighted.mulInPlace(scale);
    return weighted;
  }
}
