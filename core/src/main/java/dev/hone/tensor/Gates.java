package dev.hone.tensor;

import java.util.List;
import org.bytedeco.pytorch.global.torch;

/** Gated activations for the {@link Tape}: the activation is computed again, not saved. */
final class Gates {
  private Gates() {}

  static Tensor silu(Tensor gate, Tensor up) {
    Tensor result;
    try (GradMode off = GradMode.off()) {
      result = Functional.silu(gate);
      result.mulInPlace(up);
    }
    return Tape.cut(
        List.of(gate, up),
        List.of(),
        result,
        gradient -> {
          Tensor ofUp = Functional.silu(gate);
          ofUp.mulInPlace(gradient);
          Tensor inner = gradient.mul(up);
          return List.of(new Tensor(torch.silu_backward(inner.handle(), gate.handle())), ofUp);
        });
  }
}
