package dev.hone.method.bottleneck;

import dev.hone.error.HoneException;
import dev.hone.method.Leaves;
import dev.hone.method.Method;
import dev.hone.model.Block;
import dev.hone.model.Junction;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import dev.hone.model.Pass;
import dev.hone.tensor.Functional;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * AdapterFusion (arXiv:2005.00247): trained bottleneck adapters side by side, and at each of their
 * places a layer that learns what to take from which. As in AdapterHub, the last adapter's options
 * say what all of them are given and where the ways around begin and end.
 */
public final class Fusion implements Method {
  /** Bottlenecks that stand side by side, the last adapter's last. */
  private record Place(FusionLayer layer, List<Bn> bottlenecks) {}

  private static final double HOTTEST = 50;
  private static final double COOLED_BY_STEP = HOTTEST / 1000;

  private final FusionConfig config;
  private final Map<String, Bottleneck> adapters;
  private final Leaves leaves;
  private final Map<String, Place> places;
  private final TrainedHead head;
  private final @Nullable Tensor temperature;
  private final double modelsDropout;

  private Fusion(
      FusionConfig config,
      Map<String, Bottleneck> adapters,
      Leaves leaves,
      Map<String, Place> places,
      TrainedHead head,
      @Nullable Tensor temperature,
      double modelsDropout) {
    this.config = config;
    this.adapters = adapters;
    this.leaves = leaves;
    this.places = places;
    this.head = head;
    this.temperature = temperature;
    this.modelsDropout = modelsDropout;
  }

  /** Begins a new fusion of the adapters that the configuration names. */
  public static Fusion attach(FusionConfig config, Model model) {
    if (config.adapters().size() < 2) {
      throw new HoneException("method.adapters: name two or more runs of bottleneck adapters");
    }
    Map<String, Path> folders = new LinkedHashMap<>();
    for (int i = 0; i < config.adapters().size(); i++) {
      String called = String.valueOf(config.adapters().get(i).getFileName());
      String name = AdapterHubFiles.requireName(called, "method.adapters");
      if (folders.put(name, config.folders().get(i)) != null) {
        throw new HoneException(
            "method.adapters: two folders are called '" + name + "'; rename one of them");
      }
    }
    return of(config, folders, model, Leaves.fresh(), HOTTEST);
  }

  /**
   * Makes or takes every tensor; frees all of them again when one is refused.
   *
   * @param folders of the adapters, by the names that the fusion has for them
   * @param temperature by which scores are divided, if at all
   */
  static Fusion of(
      FusionConfig config,
      Map<String, Path> folders,
      Model model,
      Leaves leaves,
      double temperature) {
    Map<String, Bottleneck> adapters = new LinkedHashMap<>();
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      folders.forEach((name, folder) -> adapters.put(name, frozen(folder, model)));
      requireSamePlaces(adapters);
      Map<String, Place> places = places(config, adapters, model, leaves);
      TrainedHead head = TrainedHead.of(config.modulesToSave(), model, leaves);
      leaves.requireEmpty(model.architecture());
      return new Fusion(
          config,
          adapters,
          leaves,
          places,
          head,
          config.temperature()
              ? leaves.internal("temperature", () -> Tensors.full(temperature, 1))
              : null,
          model.config().optionalDouble("attention_probs_dropout_prob").orElse(0));
    } catch (RuntimeException e) {
      adapters.values().forEach(Bottleneck::close);
      leaves.close();
      throw e;
    }
  }

  private static Bottleneck frozen(Path folder, Model model) {
    Bottleneck adapter = AdapterHubFiles.withoutHead(folder, model);
    adapter.trainable().values().forEach(tensor -> tensor.requiresGrad(false));
    return adapter;
  }

  private static void requireSamePlaces(Map<String, Bottleneck> adapters) {
    Map.Entry<String, Bottleneck> first = adapters.entrySet().iterator().next();
    Set<String> places = first.getValue().bottlenecks().byEnd().keySet();
    adapters.forEach(
        (name, adapter) -> {
          if (!adapter.bottlenecks().byEnd().keySet().equals(places)) {
            throw new HoneException(
                "adapters '"
                    + first.getKey()
                    + "' and '"
                    + name
                    + "' have bottlenecks at different places and cannot be fused; train them with"
                    + " the same preset and leaveOut");
          }
        });
  }

  private static Map<String, Place> places(
      FusionConfig config, Map<String, Bottleneck> adapters, Model model, Leaves leaves) {
    Map<String, Place> places = new LinkedHashMap<>();
    String name = "adapter_fusion_layer." + String.join(",", adapters.keySet()) + ".";
    for (Block block : Bottlenecks.blocks(model.backbone())) {
      for (Junction at : block.junctions()) {
        List<Bn> here =
            adapters.values().stream().flatMap(a -> a.bottlenecks().at(at).stream()).toList();
        if (!here.isEmpty()) {
          Leaves own = leaves.under(Bottlenecks.path(at) + name);
          FusionLayer layer = FusionLayer.of(config, own, at.end().out());
          places.put(at.end().name(), new Place(layer, here));
        }
      }
    }
    return places;
  }

  // Computing

  @Override
  public Tensor junction(Junction at, Tensor entry, Tensor given, Pass pass) {
    Place place = places.get(at.end().name());
    if (place == null) {
      return at.base(entry, given, pass);
    }
    Bn last = place.bottlenecks().getLast();
    Tensor made = Tape.boundary(given);
    Bn.Ways ways = last.ways(at, entry, made, pass);
    boolean before = config.queryBeforeLn() && !last.config().isParallel();
    Tensor came =
        place
            .layer()
            .forward(
                before ? made : ways.x(),
                place.bottlenecks().stream().map(bn -> bn.added(ways.x())).toList(),
                ways.around(),
                scores -> cooled(dropped(scores, pass)));
    return last.left(at, entry, made, came, pass);
  }

  private Tensor dropped(Tensor scores, Pass pass) {
    return config.dropoutProb() == null
        ? pass.dropout(scores, modelsDropout)
        : Functional.dropout(scores, config.dropoutProb(), pass.training());
  }

  private Tensor cooled(Tensor scores) {
    return temperature == null ? scores : scores.div(temperature);
  }

  @Override
  public Tensor value(Parameter parameter) {
    return head.value(parameter);
  }

  @Override
  public @Nullable Tensor regularizer() {
    return config.regularization() && config.value()
        ? places.values().stream()
            .map(place -> place.layer().distance())
            .reduce(Tensor::add)
            .orElseThrow()
            .mul(0.01)
        : null;
  }

  @Override
  public void stepped(int step, int total) {
    if (temperature != null) {
      try (Scope scope = Scope.open()) {
        temperature.fill(Math.max(1, HOTTEST - COOLED_BY_STEP * step));
      }
    }
  }

  /** Refuses: how much an adapter counts depends on the token. */
  @Override
  public Map<String, Tensor> merged() {
    throw new HoneException(
        "a fusion of bottleneck adapters cannot be merged: it stands between the parts of a layer,"
            + " not in a weight; use it beside its base");
  }

  // What it has

  @Override
  public FusionConfig config() {
    return config;
  }

  /** The adapters, by the names that the fusion has for them. */
  Map<String, Bottleneck> adapters() {
    return adapters;
  }

  /** What trains beside the fusion layers. */
  TrainedHead head() {
    return head;
  }

  /** What scores are divided by now. */
  double temperature() {
    return temperature == null ? 1 : temperature.item();
  }

  @Override
  public Map<String, Tensor> trainable() {
    return leaves.trainable();
  }

  @Override
  public Map<String, Tensor> state() {
    return leaves.state();
  }

  /** What keeps a value near the identity keeps it from zero. */
  @Override
  public boolean decays(String tensor) {
    return !tensor.endsWith(".value.weight");
  }

  @Override
  public void close() {
    adapters.values().forEach(Bottleneck::close);
    leaves.close();
  }
}
