package dev.hone.method;

import dev.hone.model.Adapter;
import dev.hone.model.Linear;
import dev.hone.model.Parameter;
import dev.hone.model.Pass;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import java.util.Map;

/**
 * A model whose parameters are replaced by merged ones: what a merged checkpoint will compute.
 *
 * @param values by parameter name; a tied head with a value of its own is untied
 */
public record Merged(Map<String, Tensor> values) implements Adapter, AutoCloseable {

  public static Merged of(Method method) {
    return new Merged(method.merged());
  }

  @Override
  public Tensor linear(Linear at, Tensor x, Pass pass) {
    Tensor own = values.get(at.name() + ".weight");
    Tensor w = own != null ? own : value(at.weight());
    return Functional.linear(
        x, at.transposed() ? w.t() : w, at.bias() == null ? null : value(at.bias()));
  }

  @Override
  public Tensor value(Parameter parameter) {
    Tensor own = values.get(parameter.name());
    return own == null ? parameter.value() : own;
  }

  @Override
  public void close() {
    values.values().forEach(Tensor::close);
  }
}
