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
import java.util.Arrays;
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
  private final List<Adapter> adapters;
  private final Map<Adapter, long[]> places = new LinkedHashMap<>();

  /** Where each row lies once the rows of each adapter are put together. */
  private final long[] back;

  /**
   * @param adapters one for each row; {@link Adapter#NONE} is the base
   * @throws HoneException for one that cannot share a batch
   */
  public Routed(List<Adapter> adapters, Model model) {
    this(adapters);
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
  }

  private Routed(List<Adapter> adapters) {
    this.adapters = List.copyOf(adapters);
    Map<Adapter, List<Integer>> own = new LinkedHashMap<>();
    for (int row = 0; row < adapters.size(); row++) {
      own.computeIfAbsent(adapters.get(row), a -> new ArrayList<>()).add(row);
    }
    back = new long[adapters.size()];
    int next = 0;
    for (Map.Entry<Adapter, List<Integer>> place : own.entrySet()) {
      for (int row : place.getValue()) {
        back[row] = next++;
      }
      places.put(place.getKey(), place.getValue().stream().mapToLong(Integer::longValue).toArray());
    }
  }

  @Override
  public Adapter ofRows(int[] rows) {
    return new Routed(Arrays.stream(rows).mapToObj(adapters::get).toList());
  }

  @Override
  public Tensor linear(Linear at, Tensor x, Pass pass) {
    return routed(x, (adapter, own) -> adapter.linear(at, own, pass));
  }

  @Override
  public Tensor embedding(Embedding at, Tensor ids, Pass pass) {
    // Positions, and distances of them, are looked up once for all rows.
    return !isChanged(at)
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
    return places.keySet().stream()
        .anyMatch(a -> a instanceof PeftMethod p && p.changeAtTable(at.name()) != null);
  }

  private Tensor routed(Tensor x, BiFunction<Adapter, Tensor, Tensor> compute) {
    if (x.size(0) != adapters.size()) {
      throw new IllegalArgumentException(
          "adapters were given for "
              + adapters.size()
              + " rows, but this batch is "
              + x.describe());
    }
    if (places.size() == 1) {
      return compute.apply(adapters.getFirst(), x);
    }
    List<Tensor> parts = new ArrayList<>();
    places.forEach(
        (adapter, own) ->
            parts.add(compute.apply(adapter, x.indexSelect(0, Tensors.of(own, own.length)))));
    return Tensors.cat(parts, 0).indexSelect(0, Tensors.of(back, back.length));
  }
}
