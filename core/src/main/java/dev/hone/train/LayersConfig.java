package dev.hone.train;

import dev.hone.config.Doc;
import dev.hone.config.Range;

/** What is different from layer to layer. */
public record LayersConfig(
    @Doc(
            "Groups of like size that the blocks between embeddings and head are joined to; 0 makes"
                + " each block a group")
        @Range(min = 0)
        int blockGroups,
    @Doc("How the rate falls from the top to the bottom") LayerRates rates,
    @Doc("Which groups train when") Unfreezing unfreezing) {

  public static LayersConfig defaults() {
    return new LayersConfig(0, new LayerRates.Uniform(), new Unfreezing.AtOnce());
  }

  /** Whether all layers are treated alike. */
  boolean plain() {
    return rates instanceof LayerRates.Uniform && unfreezing instanceof Unfreezing.AtOnce;
  }
}
