package dev.hone.method;

import dev.hone.error.HoneException;
import dev.hone.model.Adapter;
import dev.hone.model.Embedding;
import dev.hone.model.Junction;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import dev.hone.model.Pass;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * Several adapters in one batch, each for rows of its own; for inference, where every activation
 * has the batch's rows as its first axis.
 *
 * <p>Adapters that replace parameters (modules to save, norms, biases) cannot share a batch: such a
 * parameter acts on all rows at once.
 */
public final class Routed implements Adapter {
  private final int rows;
  private final Map<Adapter, Tensor> indices = new LinkedHashMap<>();
  private final Tensor back;

  /**
   * Its small index tensors belong to the open scope.
   *
   * @param adapterOfRow one for each row; {@link Adapter#NONE} is the base
   */
  public Routed(List<Adapter> adapterOfRow, Model model) {
    rows = adapterOfRow.size();
    Map<Adapter, List<Long>> places = new LinkedHashMap<>();
    for (int row = 0; row < rows; row++) {
      places.computeIfAbsent(adapterOfRow.get(row), a -> new ArrayList<>()).add((long) row);
    }
    for (Adapter adapter : places.keySet()) {
      if (adapter.virtualTokens() != null) {
        throw new HoneException(
            "an adapter with virtual tokens makes its rows longer and cannot share a batch with"
                + " others; give it a batch of its own");
      }
      for (Parameter parameter : model.parameters()) {
        if (adapter.value(parameter) != parameter.value()) {
          throw new HoneException(
              "an adapter that replaces '"
                  + parameter.name()
                  + "' cannot share a batch with others; give it a batch of its own");
        }
      }
    }
    long[] order = new long[rows];
    int next = 0;
    for (Map.Entry<Adapter, List<Long>> place : places.entrySet()) {
      long[] own = place.getValue().stream().mapToLong(Long::longValue).toArray();
      for (long row : own) {
        order[(int) row] = next++;
      }
      indices.put(place.getKey(), Tensors.of(own, own.length));
    }
    back = Tensors.of(order, rows);
  }

  @Override
  public Tensor linear(Linear at, Tensor x, Pass pass) {
    return routed(x, (adapter, own) -> adapter.linear(at, own, pass));
  }

  @Override
  public Tensor embedding(Embedding at, Tensor ids, Pass pass) {
    // Positions are often looked up once for all rows; no adapter of a batch changes them apart.
    return ids.rank() < 2 && !isChanged(at)
        ? at.base(ids, pass)
        : routed(ids, (adapter, own) -> adapter.embedding(at, own, pass));
  }

  @Override
  public Tensor junction(Junction at, Tensor entry, Tensor made, Pass pass) {
    // Side by side, so that both are cut into the same rows.
    long width = made.size(-1);
    return routed(
        Tensors.cat(List.of(entry, made), -1),
        (adapter, both) ->
            adapter.junction(at, both.narrow(-1, 0, width), both.narrow(-1, width, width), pass));
  }

  private boolean isChanged(Embedding at) {
    return indices.keySet().stream()
        .anyMatch(a -> a instanceof PeftMethod p && p.changeAtTable(at.name()) != null);
  }

  private Tensor routed(Tensor x, BiFunction<Adapter, Tensor, Tensor> compute) {
    if (x.size(0) != rows) {
      throw new IllegalArgumentException(
          "adapters were given for " + rows + " rows, but this batch is " + x.describe());
    }
    List<Tensor> parts = new ArrayList<>();
    indices.forEach((adapter, own) -> parts.add(compute.apply(adapter, x.indexSelect(0, own))));
    return parts.size() == 1 ? parts.getFirst() : Tensors.cat(parts, 0).indexSelect(0, back);
  }
}
