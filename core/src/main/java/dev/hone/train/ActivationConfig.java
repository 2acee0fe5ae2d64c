package dev.hone.train;

import dev.hone.config.Doc;
import dev.hone.config.Range;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.model.Recurrent;
import dev.hone.tensor.Penalty;
import dev.hone.tensor.Tensor;

/**
 * Regularisation of what the last layer of a recurrent model gives (Merity et al. 2017,
 * arXiv:1708.01009): large numbers, and changes from one position to the next, are added to the
 * loss that is learned. The loss that is told is without them.
 */
public record ActivationConfig(
    @Doc("AR: on the mean square of the last layer, after dropout; AWD-LSTM's paper has 2")
        @Range(min = 0)
        double alpha,
    @Doc("TAR: on the mean square of its change between positions, before; the paper has 1")
        @Range(min = 0)
        double beta) {

  public static ActivationConfig defaults() {
    return new ActivationConfig(0, 0);
  }

  /** Whether nothing is added. */
  public boolean isOff() {
    return alpha == 0 && beta == 0;
  }

  /**
   * What a recurrent model makes of a stream's rows [B, T, C], with these terms joined to its
   * gradient.
   *
   * @param factor on the loss of a position
   */
  Tensor read(Model model, Inputs inputs, Pass pass, double factor) {
    Recurrent layers = (Recurrent) model.backbone();
    double channel = factor / layers.hiddenSize();
    double pair = channel * inputs.width() / Math.max(1, inputs.width() - 1);
    Tensor out = layers.forward(inputs, pass, raw -> Penalty.changes(raw, beta * pair));
    return Penalty.squares(out, alpha * channel);
  }
}
