package dev.hone.train;

import dev.hone.method.Method;
import dev.hone.tensor.FusedAdamW;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.nio.file.Path;
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
  /**
   * @param steps F32 scalar: steps in which it had a gradient, by which its moments are corrected;
   *     a parameter that begins late begins as one that begins at once
   */
  private record Slot(
      Tensor parameter, Tensor mean, Tensor variance, Tensor steps, double decay, double factor) {

    /** Tensors that one call of the kernel may update. */
    List<Double> group() {
      return List.of(decay, factor);
    }
  }

  private final TrainConfig config;
  private final @Nullable DiskTensors disk;
  private final Map<String, Slot> slots = new LinkedHashMap<>();

  /** With weight decay on matrices only. */
  public AdamW(TrainConfig config, Map<String, Tensor> parameters) {
    this(config, parameters, AdamW::decays);
  }

  /** With the rates and the decay that a method wants for its tensors. */
  public AdamW(TrainConfig config, Method method) {
    this(config, method, name -> 1, null);
  }

  /**
   * @param factors by which the rates that the method wants are multiplied, by name
   * @param file scratch that the moments lie in while this object lasts; null keeps them in memory
   */
  AdamW(TrainConfig config, Method method, ToDoubleFunction<String> factors, @Nullable Path file) {
    this(
        config,
        method.trainable(),
        (name, p) -> decays(name, p) && method.decays(name),
        name -> method.rateFactor(name) * factors.applyAsDouble(name),
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
                      Tensors.full(0).keep(),
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

  /** One step with the collected gradients, which stay; what has none stays as it is. */
  public void step(double rate) {
    if (disk != null) { // one by one, so that the moments of one are in memory
      slots.values().forEach(slot -> step(slot, rate));
      return;
    }
    slots.values().stream()
        .map(Slot::group)
        .distinct()
        .forEach(g -> update(slots.values().stream().filter(s -> s.group().equals(g)), rate));
  }

  /** One step of one parameter, whose gradient goes. */
  void step(String name, double rate) {
    Slot slot = Objects.requireNonNull(slots.get(name), name);
    step(slot, rate);
    slot.parameter.clearGrad();
  }

  private void step(Slot slot, double rate) {
    update(Stream.of(slot), rate);
    if (disk != null) {
      disk.unload();
    }
  }

  private void update(Stream<Slot> group, double rate) {
    try (Scope scope = Scope.open()) {
      List<Slot> moved = group.filter(s -> s.parameter.grad() != null).toList();
      moved.forEach(s -> s.steps.addInPlace(Tensors.full(1), 1));
      FusedAdamW.update(
          moved.stream().map(Slot::parameter).toList(),
          moved.stream().map(s -> Objects.requireNonNull(s.parameter.grad())).toList(),
          moved.stream().map(Slot::mean).toList(),
          moved.stream().map(Slot::variance).toList(),
          moved.stream().map(Slot::steps).toList(),
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

  /**
   * Both moments of every parameter and the number of its steps, as {@code NAME.mean}, {@code
   * NAME.variance} and {@code NAME.steps}; what is written into them is taken up.
   */
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    slots.forEach(
        (name, s) -> {
          state.put(name + ".mean", s.mean);
          state.put(name + ".variance", s.variance);
          state.put(name + ".steps", s.steps);
        });
    return state;
  }

  @Override
  public void close() {
    slots
        .values()
        .forEach(
            s -> {
              s.mean.close();
              s.variance.close();
              s.steps.close();
            });
    if (disk != null) {
      disk.close();
    }
  }
}
