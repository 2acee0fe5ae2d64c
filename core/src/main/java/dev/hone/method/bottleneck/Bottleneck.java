package dev.hone.method.bottleneck;

import dev.hone.error.HoneException;
import dev.hone.method.Leaves;
import dev.hone.method.Method;
import dev.hone.model.Junction;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.util.Map;
import java.util.function.Function;

/**
 * Bottleneck adapters (arXiv:1902.00751, arXiv:2005.00247, arXiv:2110.04366) at a model's layers.
 */
public final class Bottleneck implements Method {
  private final BnConfig config;
  private final String name;
  private final Leaves leaves;
  private final Bottlenecks bottlenecks;
  private final TrainedHead head;

  private Bottleneck(
      BnConfig config, String name, Leaves leaves, Bottlenecks bottlenecks, TrainedHead head) {
    this.config = config;
    this.name = name;
    this.leaves = leaves;
    this.bottlenecks = bottlenecks;
    this.head = head;
  }

  /** Begins a new adapter. */
  public static Bottleneck attach(BottleneckConfig config, Model model) {
    return of(
        config.settled(),
        config.name(),
        model,
        Leaves.fresh(),
        own -> TrainedHead.of(config.modulesToSave(), model, own));
  }

  /**
   * Makes or takes every tensor; frees all of them again when one is refused.
   *
   * @param name what AdapterHub calls it
   * @param head takes the head's tensors
   */
  static Bottleneck of(
      BnConfig config,
      String name,
      Model model,
      Leaves leaves,
      Function<Leaves, TrainedHead> head) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Bottlenecks bottlenecks = Bottlenecks.of(config, name, model, leaves);
      TrainedHead trained = head.apply(leaves);
      leaves.requireEmpty(model.architecture());
      return new Bottleneck(config, name, leaves, bottlenecks, trained);
    } catch (RuntimeException e) {
      leaves.close();
      throw e;
    }
  }

  // Computing

  @Override
  public Tensor junction(Junction at, Tensor entry, Tensor made, Pass pass) {
    return bottlenecks
        .at(at)
        .map(own -> own.forward(at, entry, made, pass))
        .orElseGet(() -> at.base(entry, made, pass));
  }

  @Override
  public Tensor value(Parameter parameter) {
    return head.value(parameter);
  }

  /** Refuses: there is no weight that a bottleneck could be folded into. */
  @Override
  public Map<String, Tensor> merged() {
    throw new HoneException(
        "bottleneck adapters cannot be merged: they stand between the parts of a layer, not in a"
            + " weight; use the adapter beside its base");
  }

  // What it has

  @Override
  public BnConfig config() {
    return config;
  }

  /** What AdapterHub calls it. */
  String name() {
    return name;
  }

  Bottlenecks bottlenecks() {
    return bottlenecks;
  }

  /** What trains beside the bottlenecks. */
  TrainedHead head() {
    return head;
  }

  @Override
  public Map<String, Tensor> trainable() {
    return leaves.trainable();
  }

  /** A factor that decays switches off what it scales. */
  @Override
  public boolean decays(String tensor) {
    return !tensor.endsWith(".scaling");
  }

  @Override
  public void close() {
    leaves.close();
  }
}
