package dev.hone.method.lora;

import dev.hone.error.HoneException;
import dev.hone.method.Method;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import dev.hone.model.Pass;
import dev.hone.tensor.DType;
import dev.hone.tensor.Engine;
import dev.hone.tensor.Functional;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * LoRA (arXiv:2106.09685): y = W x + s B (A x), as two small products; W + s B A is never made
 * while training.
 */
public final class Lora implements Method {
  /** What PEFT puts before every name in its files. */
  public static final String PREFIX = "base_model.model.";

  /**
   * @param a [r, in]
   * @param b [out, r]
   * @param scale alpha / r, or alpha / sqrt(r)
   */
  private record Pair(Tensor a, Tensor b, double scale, double dropout) {
    Tensor delta(Tensor x, boolean training) {
      Tensor input = Functional.dropout(x, dropout, training);
      return Functional.linear(Functional.linear(input, a, null), b, null);
    }
  }

  private final LoraConfig config;
  private final Model model;
  private final Map<String, Pair> pairs = new LinkedHashMap<>();
  private final Map<String, Tensor> replaced = new LinkedHashMap<>();
  private final Map<String, Tensor> trainable = new LinkedHashMap<>();

  private Lora(LoraConfig config, Model model) {
    this.config = config;
    this.model = model;
  }

  /**
   * A fresh adapter: A from Kaiming's uniform distribution, B zero, so that nothing changes yet. A
   * head that the base's files do not hold trains with it and is saved with it.
   */
  public static Lora attach(LoraConfig given, Model model) {
    LoraConfig config = Targets.withNewModules(given, model);
    Lora lora = new Lora(config, model);
    try (Scope scope = Scope.open()) {
      for (Linear linear : Targets.linears(config, model)) {
        int rank = Targets.byPattern(config.rankPattern(), linear.name(), config.rank());
        double bound = 1 / Math.sqrt(linear.in());
        lora.add(
            linear,
            rank,
            Tensors.uniform(-bound, bound, rank, linear.in()),
            Tensors.zeros(linear.out(), rank));
      }
      for (String name : Targets.saved(config, model)) {
        lora.replace(name, lora.baseValue(name).copy());
      }
    } catch (HoneException e) {
      lora.close();
      throw e;
    }
    return lora;
  }

  /**
   * An adapter from a file's tensors.
   *
   * @param tensors by PEFT's names; each must fit the model, and none may be missing or left over
   * @param origin the file, for messages
   */
  public static Lora of(
      LoraConfig config, Model model, Map<String, Tensor> tensors, String origin) {
    Lora lora = new Lora(config, model);
    Map<String, Tensor> left = new LinkedHashMap<>(tensors);
    try (Scope scope = Scope.open()) {
      for (Linear linear : Targets.linears(config, model)) {
        int rank = Targets.byPattern(config.rankPattern(), linear.name(), config.rank());
        String at = PREFIX + linear.name();
        Tensor a = taken(left, at + ".lora_A.weight", origin, rank, linear.in());
        Tensor b = taken(left, at + ".lora_B.weight", origin, linear.out(), rank);
        lora.add(linear, rank, a, b);
      }
      for (String name : Targets.saved(config, model)) {
        lora.replace(name, taken(left, PREFIX + name, origin, lora.baseValue(name).shape()));
      }
      for (String name : model.made()) {
        if (!lora.replaced.containsKey(name)) {
          throw new HoneException(
              origin
                  + ": neither this adapter nor its base model holds '"
                  + name
                  + "'; the adapter must bring it (modules_to_save), or its answers are random");
        }
      }
    } catch (HoneException e) {
      lora.close();
      throw e;
    }
    if (!left.isEmpty()) {
      lora.close();
      throw new HoneException(
          origin
              + ": tensor '"
              + left.keySet().iterator().next()
              + "' has no place in "
              + model.architecture()
              + " ("
              + left.size()
              + " such tensors); the adapter was made for another base model");
    }
    return lora;
  }

  private static Tensor taken(Map<String, Tensor> left, String name, String origin, long... shape) {
    Tensor tensor = left.remove(name);
    if (tensor == null) {
      throw new HoneException(
          origin
              + ": tensor '"
              + name
              + "' is missing; the adapter is damaged or was made for another base model");
    }
    if (!java.util.Arrays.equals(tensor.shape(), shape)) {
      throw new HoneException(
          origin
              + ": tensor '"
              + name
              + "' has shape "
              + java.util.Arrays.toString(tensor.shape())
              + ", the base model needs "
              + java.util.Arrays.toString(shape));
    }
    if (!tensor.isFinite()) {
      throw new HoneException(
          origin
              + ": tensor '"
              + name
              + "' holds NaN or infinity; the file is damaged or was saved by a failed run");
    }
    return tensor.to(DType.F32).to(Engine.device()).copy();
  }

  private void add(Linear linear, int rank, Tensor a, Tensor b) {
    double alpha = Targets.byPattern(config.alphaPattern(), linear.name(), config.alpha());
    double scale = config.rankStabilized() ? alpha / Math.sqrt(rank) : alpha / rank;
    a.requiresGrad(true).keep();
    b.requiresGrad(true).keep();
    pairs.put(linear.name(), new Pair(a, b, scale, config.dropout()));
    trainable.put(PREFIX + linear.name() + ".lora_A.weight", a);
    trainable.put(PREFIX + linear.name() + ".lora_B.weight", b);
  }

  private void replace(String name, Tensor value) {
    value.requiresGrad(true).keep();
    replaced.put(name, value);
    trainable.put(PREFIX + name, value);
  }

  private Tensor baseValue(String name) {
    for (Parameter parameter : model.parameters()) {
      if (parameter.name().equals(name)) {
        return parameter.value();
      }
    }
    return ownWeight(name);
  }

  /** The weight of a tied linear, which is a parameter under another name. */
  private Tensor ownWeight(String name) {
    Linear linear = model.linears().get(name.substring(0, name.lastIndexOf('.')));
    if (linear == null) {
      throw new IllegalArgumentException("no parameter " + name);
    }
    return linear.weight().value();
  }

  @Override
  public Tensor linear(Linear at, Tensor x, Pass pass) {
    Tensor w = weight(at);
    Tensor weight = at.transposed() ? w.t() : w;
    Tensor bias = at.bias() == null ? null : value(at.bias());
    Pair pair = pairs.get(at.name());
    if (pair == null) {
      return Functional.linear(x, weight, bias);
    }
    if (pass.training() && pair.dropout() > 0) {
      return Functional.linear(x, weight, bias).add(pair.delta(x, true), pair.scale());
    }
    return Functional.lowRank(x, weight, bias, pair.a(), pair.b(), pair.scale());
  }

  /** A tied head keeps the base's matrix while the embedding trains, and the other way round. */
  private Tensor weight(Linear at) {
    Tensor own = replaced.get(at.name() + ".weight");
    return own != null ? own : at.weight().value();
  }

  @Override
  public Tensor value(Parameter parameter) {
    Tensor own = replaced.get(parameter.name());
    return own == null ? parameter.value() : own;
  }

  @Override
  public Map<String, Tensor> trainable() {
    return trainable;
  }

  @Override
  public LoraConfig config() {
    return config;
  }

  /** Whether one of the adapted modules stores its matrix as [in, out]. */
  public boolean fanInFanOut() {
    return pairs.keySet().stream().anyMatch(n -> linearNamed(n).transposed());
  }

  /**
   * The adapted modules as target_modules lists them: by the endings of their paths where these
   * mean exactly the adapted modules, otherwise by whole paths.
   */
  List<String> targetNames() {
    Set<String> endings = new TreeSet<>();
    pairs.keySet().forEach(n -> endings.add(n.substring(n.lastIndexOf('.') + 1)));
    boolean exact =
        model.linears().keySet().stream()
            .allMatch(
                n -> pairs.containsKey(n) == endings.stream().anyMatch(e -> Targets.matches(n, e)));
    return exact ? List.copyOf(endings) : List.copyOf(pairs.keySet());
  }

  private Linear linearNamed(String name) {
    Linear linear = model.linears().get(name);
    if (linear == null) {
      throw new IllegalArgumentException("no linear " + name);
    }
    return linear;
  }

  @Override
  public Map<String, Tensor> merged() {
    Map<String, Tensor> values = new LinkedHashMap<>();
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      replaced.forEach((name, value) -> values.put(name, value.detach().keep()));
      for (Linear linear : model.linears().values()) {
        String own = linear.name() + ".weight";
        // The head stays what it was although its table has changed: from here on it is untied.
        if (replaced.containsKey(linear.weight().name()) && !values.containsKey(own)) {
          values.put(own, weight(linear).detach().keep());
        }
      }
      pairs.forEach(
          (name, pair) -> {
            Linear linear = linearNamed(name);
            Tensor product = pair.b().matmul(pair.a());
            Tensor untied =
                values.put(
                    name + ".weight",
                    weight(linear)
                        .add(linear.transposed() ? product.t() : product, pair.scale())
                        .contiguous()
                        .keep());
            if (untied != null) {
              untied.close();
            }
          });
    }
    return values;
  }
}
