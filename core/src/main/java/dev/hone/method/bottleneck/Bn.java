package dev.hone.method.bottleneck;

import dev.hone.method.Affine;
import dev.hone.method.Leaves;
import dev.hone.method.bottleneck.BnConfig.Residual;
import dev.hone.method.bottleneck.BnConfig.Start;
import dev.hone.model.Activation;
import dev.hone.model.Junction;
import dev.hone.model.Pass;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One bottleneck: x to s up(f(down(x))), and the way around it.
 *
 * @param before the norm that it begins with, or null
 * @param down [M, C] with bias
 * @param up [C, M] with bias
 * @param scale [1] or [C], trained; null where it is a fixed number
 * @param after the norm that it ends with, or null
 */
record Bn(
    BnConfig config,
    @Nullable LayerNorm before,
    Affine down,
    Activation activation,
    Affine up,
    @Nullable Tensor scale,
    @Nullable LayerNorm after) {
  /** A norm as PyTorch's LayerNorm begins. */
  private record LayerNorm(Tensor weight, Tensor bias) {
    static LayerNorm of(Leaves own, String name, long width) {
      return new LayerNorm(
          own.trained(name + ".weight", () -> Tensors.ones(width), width),
          own.trained(name + ".bias", () -> Tensors.zeros(width), width));
    }

    Tensor forward(Tensor x) {
      return Functional.layerNorm(x, weight, bias, 1e-5);
    }
  }

  /**
   * @param own its tensors under AdapterHub's names
   * @param width C
   * @param middle M
   */
  static Bn of(BnConfig config, Leaves own, long width, long middle) {
    LayerNorm before = null;
    if (config.lnBefore()) {
      before = LayerNorm.of(own, NORM_BEFORE, width);
      own.skip(NORM_TWICE + ".weight");
      own.skip(NORM_TWICE + ".bias");
    }
    boolean still = config.initWeights() == Start.MAM_ADAPTER;
    return new Bn(
        config,
        before,
        affine(
            own,
            "adapter_down." + (config.lnBefore() ? 1 : 0),
            middle,
            width,
            () -> still ? Tensors.kaiming(middle, width) : normal(middle, width)),
        Activation.find(config.nonLinearity()).orElseThrow(),
        affine(
            own,
            "adapter_up",
            width,
            middle,
            () -> still ? Tensors.zeros(width, middle) : normal(width, middle)),
        switch (config.scaling()) {
          case FIXED -> null;
          case LEARNED -> own.trained("scaling", () -> Tensors.ones(1), 1);
          case CHANNEL -> own.trained("scaling", () -> Tensors.ones(width), width);
        },
        config.lnAfter() ? LayerNorm.of(own, "adapter_norm_after", width) : null);
  }

  /** AdapterHub's files hold the norm at the beginning under two names. */
  static final String NORM_BEFORE = "adapter_norm_before";

  static final String NORM_TWICE = "adapter_down.0";

  static Tensor normal(long out, long in) {
    return Tensors.normal(0, 0.02, out, in);
  }

  /** A linear of an adapter's own: [out, in] with a bias of zeros. */
  static Affine affine(Leaves own, String name, long out, long in, Supplier<Tensor> start) {
    return new Affine(
        own.trained(name + ".weight", start, out, in),
        own.trained(name + ".bias", () -> Tensors.zeros(out), out));
  }

  /**
   * The two ways through a bottleneck.
   *
   * @param x what it is given
   * @param around what it adds to
   */
  record Ways(Tensor x, Tensor around) {}

  /** What the layer goes on with, from what a part of it was given and what that made of it. */
  Tensor forward(Junction at, Tensor entry, Tensor given, Pass pass) {
    Tensor made = Tape.boundary(given);
    return left(at, entry, made, through(ways(at, entry, made, pass), pass), pass);
  }

  /** Where both ways begin. */
  Ways ways(Junction at, Tensor entry, Tensor made, Pass pass) {
    if (config.isParallel()) {
      return new Ways(entry, entry);
    }
    Tensor x = made;
    Tensor around = made;
    if (config.originalLnBefore()) {
      x = made.add(entry);
      around = config.residualBeforeLn() == Residual.POST_ADD ? x : around;
      x = Tape.boundary(at.normed(x, pass));
    }
    return new Ways(x, config.residualBeforeLn() == Residual.FALSE ? x : around);
  }

  /** Where both meet again; a parallel bottleneck has no way around within. */
  Tensor through(Ways ways, Pass pass) {
    Tensor added = Functional.dropout(added(ways.x()), config.dropout(), pass.training());
    if (config.isParallel()) {
      return after == null ? added : after.forward(added);
    }
    if (after == null) {
      return added.add(ways.around());
    }
    return config.adapterResidualBeforeLn()
        ? after.forward(added.add(ways.around()))
        : after.forward(added).add(ways.around());
  }

  /** s up(f(down(x))). */
  Tensor added(Tensor x) {
    Tensor begun = before == null ? x : before.forward(x);
    Tensor wide = up.apply(activation.apply(down.apply(begun)));
    return scale != null
        ? wide.mul(scale)
        : config.factor() == 1 ? wide : wide.mul(config.factor());
  }

  /** What the layer goes on with, from what came through. */
  Tensor left(Junction at, Tensor entry, Tensor made, Tensor came, Pass pass) {
    Tensor out = config.isParallel() ? made.add(came) : came;
    return config.originalLnAfter() ? at.normed(out.add(entry), pass) : out;
  }
}
