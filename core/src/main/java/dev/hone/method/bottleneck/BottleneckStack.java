package dev.hone.method.bottleneck;

import dev.hone.error.HoneException;
import dev.hone.model.Adapter;
import dev.hone.model.Junction;
import dev.hone.model.Parameter;
import dev.hone.model.Pass;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import java.util.List;

/**
 * Bottleneck adapters one behind the other, as AdapterHub's Stack: at each place every one is given
 * what the one before it made, and the last says how the layer goes on. The head is the last one's.
 *
 * @param adapters from the first to the last; still to be closed by their owners
 */
public record BottleneckStack(List<Bottleneck> adapters) implements Adapter {

  public BottleneckStack {
    adapters = List.copyOf(adapters);
    if (adapters.isEmpty()) {
      throw new HoneException("a stack of bottleneck adapters needs at least one");
    }
    for (Bottleneck adapter : adapters) {
      if (adapter.config().isParallel() && adapters.size() > 1) {
        throw new HoneException(
            "adapter '"
                + adapter.name()
                + "' is parallel: it reads what a part was given, not what the adapter before it"
                + " made, and cannot be stacked");
      }
    }
  }

  @Override
  public Tensor junction(Junction at, Tensor entry, Tensor given, Pass pass) {
    List<Bn> here = adapters.stream().flatMap(a -> a.bottlenecks().at(at).stream()).toList();
    if (here.isEmpty()) {
      return at.base(entry, given, pass);
    }
    Tensor made = Tape.boundary(given);
    Tensor came = made;
    for (Bn bottleneck : here) {
      came = bottleneck.through(bottleneck.ways(at, entry, came, pass), pass);
    }
    return here.getLast().left(at, entry, made, came, pass);
  }

  @Override
  public Tensor value(Parameter parameter) {
    return adapters.getLast().value(parameter);
  }
}
