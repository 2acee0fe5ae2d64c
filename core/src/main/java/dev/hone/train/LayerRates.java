package dev.hone.train;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.config.OneOf;
import dev.hone.config.Range;
import dev.hone.method.LayerGroups;

/** How the learning rate differs from layer to layer; the top always learns at the run's rate. */
@OneOf({LayerRates.Uniform.class, LayerRates.Discriminative.class, LayerRates.LayerDecay.class})
public sealed interface LayerRates {

  /** The rate of a trained tensor as a multiple of the run's. */
  double factor(LayerGroups groups, String tensor);

  /** One rate for all. */
  @Name("uniform")
  @Doc("One rate for all layers")
  record Uniform() implements LayerRates {
    public static Uniform defaults() {
      return new Uniform();
    }

    @Override
    public double factor(LayerGroups groups, String tensor) {
      return 1;
    }
  }

  /** Discriminative fine-tuning (arXiv:1801.06146, section 3.2). */
  @Name("discriminative")
  @Doc("Each group of layers learns more slowly than the one above it, as in ULMFiT")
  record Discriminative(
      @Doc("A group's rate divided by that of the group below") @Range(min = 1, max = 1000)
          double factor)
      implements LayerRates {
    public static Discriminative defaults() {
      return new Discriminative(2.6);
    }

    @Override
    public double factor(LayerGroups groups, String tensor) {
      return Math.pow(factor, groups.of(tensor) - groups.count() + 1);
    }
  }

  /** Layer-wise decay of the rate, as in ELECTRA's fine-tuning (arXiv:2003.10555). */
  @Name("layer-decay")
  @Doc("Each single layer learns more slowly than the one above it, whatever the groups")
  record LayerDecay(
      @Doc("A layer's rate as a share of that of the layer above") @Range(min = 0.001, max = 1)
          double decay)
      implements LayerRates {
    public static LayerDecay defaults() {
      return new LayerDecay(0.8);
    }

    @Override
    public double factor(LayerGroups groups, String tensor) {
      return Math.pow(decay, groups.layers() - 1 - groups.layer(tensor));
    }
  }
}
