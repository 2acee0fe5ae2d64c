package dev.hone.method.lora;

import dev.hone.data.Batch;
import dev.hone.error.HoneException;
import dev.hone.method.Leaves;
import dev.hone.method.Methods;
import dev.hone.method.Targets;
import dev.hone.model.Adapter;
import dev.hone.model.Inputs;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * EVA (arXiv:2410.07170): A begins with the directions in which a linear's inputs spread most, and
 * ranks go to the linears whose directions explain most.
 */
final class Eva implements Adapter {
  /** How alike a direction must stay from one batch to the next (PEFT's tau). */
  private static final double SETTLED = 0.99;

  /** Directions that do not settle after this many times through the batches are taken as found. */
  private static final int ROUNDS = 10;

  private record Share(String linear, double share) {}

  private final LoraConfig config;
  private final List<Linear> targets;
  private final Map<String, Integer> most = new HashMap<>();
  private final Map<String, PrincipalInputs> inputs = new LinkedHashMap<>();
  private final Map<Tensor, String> seenInThisPass = new IdentityHashMap<>();
  private @Nullable Tensor real;

  private Eva(LoraConfig config, Model model) {
    this.config = config;
    this.targets = new Targets(config, model).linears();
    for (Linear linear : targets) {
      int rank = Targets.byPattern(config.rankPattern(), linear.name(), config.rank());
      most.put(linear.name(), (int) Math.min(linear.in(), Math.round(rank * config.evaRho())));
    }
  }

  static Lora attach(LoraConfig config, Model model, List<Batch> batches) {
    Eva eva = new Eva(config, model);
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Map<String, Integer> ranks = eva.looked(model, batches);
      Map<String, Tensor> first = new HashMap<>();
      ranks.forEach(
          (name, rank) -> {
            if (eva.inputs.containsKey(name)) {
              first.put(name, eva.of(name).first(rank));
            }
          });
      return Methods.begun(
          new Lora(eva.redistributed(ranks), model, Leaves.fresh(), Map.copyOf(first)));
    } finally {
      eva.inputs.values().stream().distinct().forEach(PrincipalInputs::close);
    }
  }

  private Map<String, Integer> looked(Model model, List<Batch> batches) {
    Map<String, Integer> ranks = Map.of();
    for (int round = 0; round < ROUNDS; round++) {
      for (Batch batch : batches) {
        try (Scope scope = Scope.open()) {
          real = real(batch);
          model.backbone().forward(Inputs.of(batch), Pass.plain().with(this));
          seenInThisPass.clear();
        }
        ranks = ranks();
        if (!ranks.isEmpty()
            && ranks.entrySet().stream()
                .allMatch(
                    r ->
                        !inputs.containsKey(r.getKey())
                            || of(r.getKey()).settled(r.getValue(), SETTLED))) {
          return ranks;
        }
      }
    }
    if (ranks.isEmpty()) {
      throw new HoneException(
          "method.start: eva needs batches with more tokens than rank * evaRho; raise train.batch or"
              + " lower method.rank");
    }
    return ranks;
  }

  /** Where the tokens are that are no padding, among all of a batch. */
  private static Tensor real(Batch batch) {
    long[] mask = batch.mask();
    long[] places =
        IntStream.range(0, mask.length).filter(i -> mask[i] == 1).asLongStream().toArray();
    return Tensors.of(places, places.length);
  }

  private PrincipalInputs of(String linear) {
    return Objects.requireNonNull(inputs.get(linear), linear);
  }

  @Override
  public Tensor linear(Linear at, Tensor x, Pass pass) {
    Integer wanted = most.get(at.name());
    if (wanted != null && real != null) {
      String first = seenInThisPass.get(x);
      if (first != null) { // another linear was given the very same: once is enough
        inputs.putIfAbsent(at.name(), of(first));
      } else {
        seenInThisPass.put(x, at.name());
        PrincipalInputs own =
            inputs.computeIfAbsent(at.name(), n -> new PrincipalInputs(widest(wanted, x)));
        own.add(x.reshape(-1, x.size(-1)).indexSelect(0, real));
      }
    }
    return at.base(x, pass);
  }

  /** Linears with one input share its directions, so enough must be looked for at once. */
  private int widest(int wanted, Tensor x) {
    int widest = most.values().stream().mapToInt(Integer::intValue).max().orElse(wanted);
    return (int) Math.min(widest, x.size(-1));
  }

  /**
   * As many ranks in all as were asked for, each where it explains most. A head sees no tokens one
   * by one: it keeps its rank, and begins at random.
   */
  private Map<String, Integer> ranks() {
    List<Share> shares = new ArrayList<>();
    Map<String, Integer> ranks = new LinkedHashMap<>();
    int budget = 0;
    for (Linear linear : targets) {
      int rank = Targets.byPattern(config.rankPattern(), linear.name(), config.rank());
      if (!inputs.containsKey(linear.name())) {
        ranks.put(linear.name(), rank);
        continue;
      }
      budget += rank;
      float[] own = of(linear.name()).shares();
      if (own.length == 0) {
        return Map.of();
      }
      for (int i = 0; i < Math.min(own.length, most.getOrDefault(linear.name(), 0)); i++) {
        shares.add(new Share(linear.name(), own[i]));
      }
    }
    shares.sort(Comparator.comparingDouble(Share::share).reversed());
    shares.stream().limit(budget).forEach(s -> ranks.merge(s.linear(), 1, Integer::sum));
    return shares.isEmpty() ? Map.of() : ranks;
  }

  /** A linear that has got another rank keeps its scale. */
  private LoraConfig redistributed(Map<String, Integer> ranks) {
    Map<String, Integer> rankPattern = new LinkedHashMap<>();
    Map<String, Double> alphaPattern = new LinkedHashMap<>();
    ranks.forEach(
        (name, rank) -> {
          int old = Targets.byPattern(config.rankPattern(), name, config.rank());
          double alpha = Targets.byPattern(config.alphaPattern(), name, config.alpha());
          rankPattern.put(name, rank);
          alphaPattern.put(name, alpha * rank / old);
        });
    return config.begun(List.copyOf(ranks.keySet()), rankPattern, alphaPattern);
  }
}
