package dev.hone.method;

import dev.hone.error.HoneException;
import dev.hone.model.Adapter;
import dev.hone.model.Embedding;
import dev.hone.model.Linear;
import dev.hone.model.Pass;
import dev.hone.tensor.Tensor;
import java.util.List;

/**
 * Several adapters at once: the sum of what each of them adds.
 *
 * @param methods whose changes are all {@link Delta deltas}; still to be closed by their owners
 */
public record Stacked(List<? extends PeftMethod> methods) implements Adapter {

  public Stacked {
    methods = List.copyOf(methods);
    for (PeftMethod method : methods) {
      if (method.virtualTokens() != null) {
        throw new HoneException(
            "an adapter of type "
                + method.config().peftType()
                + " puts virtual tokens before every row, which cannot be added up with others");
      }
      boolean adds = method.targetPaths().stream().allMatch(path -> adds(method, path));
      if (!adds || method.replaces()) {
        throw new HoneException(
            "an adapter of type "
                + method.config().peftType()
                + " that scales or replaces weights cannot be added up with others");
      }
    }
  }

  private static boolean adds(PeftMethod method, String path) {
    TableChange table = method.changeAtTable(path);
    return table == null ? method.changeAt(path) instanceof Delta : table.adds();
  }

  @Override
  public Tensor linear(Linear at, Tensor x, Pass pass) {
    Tensor y = at.base(x, pass);
    for (PeftMethod method : methods) {
      if (method.changeAt(at.name()) instanceof Delta delta) {
        y = y.add(delta.product(x, pass.training()), delta.scale());
      }
    }
    return y;
  }

  @Override
  public Tensor embedding(Embedding at, Tensor ids, Pass pass) {
    Tensor vectors = at.base(ids, pass);
    for (PeftMethod method : methods) {
      TableChange change = method.changeAtTable(at.name());
      if (change != null) {
        vectors = change.forward(vectors, at.weight().value(), ids);
      }
    }
    return vectors;
  }
}
