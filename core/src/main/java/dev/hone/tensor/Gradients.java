package dev.hone.tensor;

import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.global.torch;

/** Operations over the gradients of many parameters at once. */
public final class Gradients {
  private Gradients() {}

  /** The global norm: the root of the sum of squares of all collected gradients. */
  public static double norm(Collection<Tensor> parameters) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      List<Tensor> norms =
          parameters.stream()
              .map(Tensor::grad)
              .filter(Objects::nonNull)
              .map(g -> new Tensor(torch.linalg_vector_norm(g.handle())))
              .toList();
      if (norms.isEmpty()) {
        return 0;
      }
      return new Tensor(torch.linalg_vector_norm(Tensors.stack(norms, 0).handle())).item();
    }
  }

  /** Multiplies every collected gradient. */
  public static void scale(Collection<Tensor> parameters, double factor) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      for (Tensor parameter : parameters) {
        Tensor gradient = parameter.grad();
        if (gradient != null) {
          gradient.mulInPlace(factor);
        }
      }
    }
  }
}
