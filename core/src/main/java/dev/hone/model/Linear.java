package dev.hone.model;

import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A place in a model where a matrix multiplies: the point at which methods attach.
 *
 * @param name module path, for example {@code model.layers.0.self_attn.q_proj}
 * @param weight [out, in], or [in, out] where {@code transposed} (GPT-2's Conv1D)
 * @param bias [out], or null
 */
public record Linear(String name, Parameter weight, @Nullable Parameter bias, boolean transposed) {

  public long in() {
    return weight.value().size(transposed ? 0 : 1);
  }

  public long out() {
    return weight.value().size(transposed ? 1 : 0);
  }

  /** Its weight, and its bias where it has one. */
  public List<Parameter> parameters() {
    return bias == null ? List.of(weight) : List.of(weight, bias);
  }

  /** x [..., in] to [..., out], through the adapter of this pass. */
  public Tensor forward(Tensor x, Pass pass) {
    return pass.adapter().linear(this, x, pass);
  }

  /** The same without the adapter's product; a weight that the adapter replaces is respected. */
  public Tensor base(Tensor x, Pass pass) {
    Tensor w = pass.value(weight);
    return Functional.linear(x, transposed ? w.t() : w, bias == null ? null : pass.value(bias));
  }
}
