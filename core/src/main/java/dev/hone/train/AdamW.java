package dev.hone.train;

import dev.hone.method.Method;
import dev.hone.tensor.FusedAdamW;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiPredicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** AdamW (arXiv:1711.05101) over named parameters; owns its moments until closed. */
public final class AdamW implements AutoCloseable {
  private record Slot(Tensor parameter, Tensor mean, Tensor variance, double decay, double factor) {

    /** Tensors that one call of the kernel may update. */
    List<Double> group() {
      return List.of(decay, factor);
    }
  }

  private final TrainConfig config;
  private final @Nullable DiskTensors disk;
  private final Map<String, Slot> slots = new LinkedHashMap<>();
  private int steps;

  /** With weight decay on matrices only. */
  public AdamW(TrainConfig config, Map<String, Tensor> parameters) {
    this(config, parameters, AdamW::decays);
  }

  /** With the rates and the decay that a method wants for its tensors. */
  public AdamW(TrainConfig config, Method method) {
    this(config, method, null);
  }

  /**
   * The same with moments in a file.
   *
   * @param file scratch that lasts as long as this object; null keeps them in memory
   */
  AdamW(TrainConfig config, Method method, @Nullable Path file) {
    this(
        config,
        method.trainable(),
        (name, p) -> decays(name, p) && method.decays(name),
        method::rateFactor,
        file == null ? null : new DiskTensors(file));
  }

  /**
   * @param decays which parameters decay, by name and value
   */
  public AdamW(
      TrainConfig config, Map<String, Tensor> parameters, BiPredicate<String, Tensor> decays) {
    this(config, parameters, decays, name -> 1, null);
  }

  private AdamW(
      TrainConfig config,
      Map<String, Tensor> parameters,
      BiPredicate<String, Tensor> decays,
      ToDoubleFunction<String> factors,
      @Nullable DiskTensors disk) {
    this.config = config;
    this.disk = disk;
    try (Scope scope = Scope.open()) {
      parameters.forEach(
          (name, p) ->
              slots.put(
                  name,
                  new Slot(
                      p,
                      zeros(p.shape()),
                      zeros(p.shape()),
                      decays.test(name, p) ? config.weightDecay() : 0,
                      factors.applyAsDouble(name))));
    }
  }

  private Tensor zeros(long[] shape) {
    return disk == null ? Tensors.zeros(shape).keep() : disk.zeros(shape);
  }

  /** Matrices decay; norms, biases and embedding tables do not. */
  static boolean decays(String name, Tensor parameter) {
    return parameter.rank() >= 2
        && !name.contains("embed")
        && !name.contains(".wte.")
        && !name.contains(".wpe.");
  }

  /** One step with the collected gradients, which stay. */
  public void step(double rate) {
    steps++;
    if (disk != null) { // one by one, so that the moments of one are in memory
      for (Slot slot : slots.values()) {
        update(Stream.of(slot), rate);
        disk.unload();
      }
      return;
    }
    slots.values().stream()
        .map(Slot::group)
        .distinct()
        .forEach(g -> update(slots.values().stream().filter(s -> s.group().equals(g)), rate));
  }

  private void update(Stream<Slot> group, double rate) {
    try (Scope scope = Scope.open()) {
      List<Slot> moved = group.filter(s -> s.parameter.grad() != null).toList();
      List<Tensor> counts = new ArrayList<>();
      moved.forEach(s -> counts.add(Tensors.full(steps)));
      FusedAdamW.update(
          moved.stream().map(Slot::parameter).toList(),
          moved.stream().map(s -> Objects.requireNonNull(s.parameter.grad())).toList(),
          moved.stream().map(Slot::mean).toList(),
          moved.stream().map(Slot::variance).toList(),
          counts,
          moved.isEmpty() ? rate : rate * moved.getFirst().factor,
          config.beta1(),
          config.beta2(),
          moved.isEmpty() ? 0 : moved.getFirst().decay,
          config.epsilon());
    }
  }

  public void clearGradients() {
    slots.values().forEach(s -> s.parameter.clearGrad());
  }

  /** Steps taken. */
  public int steps() {
    return steps;
  }

  /** Both moments of every parameter, as {@code NAME.mean} and {@code NAME.variance}. */
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    slots.forEach(
        (name, s) -> {
          state.put(name + ".mean", s.mean);
          state.put(name + ".variance", s.variance);
        });
    return state;
  }

  /** Takes up where {@link #state()} was taken. */
  public void restore(int stepsTaken) {
    steps = stepsTaken;
  }

  @Override
  public void close() {
    slots
        .values()
        .forEach(
            s -> {
              s.mean.close();
              s.variance.close();
            });
    if (disk != null) {
      disk.close();
    }
  }
}
